"""What a change of the catalog does to choices that people have already made, though no policy changed.

Facts are drawn from records by way of the catalog: which categories a field is in, which purposes are direct marketing,
which notice supersedes another. Whoever moves a field to another category makes other people's consent cover it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from sidecar.model import instant
from sidecar.model.catalog import Catalog, Field, Notice, Purpose, Service
from sidecar.model.renames import Renames, current_key
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import FailureMode
from sidecar.policy.analysis.renamed_reach import Reach, compare_names
from sidecar.policy.analysis.renaming import recent


def compare_reach(old: Catalog, new: Catalog) -> tuple[Reach, ...]:
    """Every such change from *old* to *new*, those that widen first."""
    names = recent(old, new)
    fields = _both({key: names.fields.get(key, key) for key in old.fields}, new.fields)
    purposes = _both({key: current_key(key, names.purposes) for key in old.purposes}, new.purposes)
    services = _both({key: names.services.get(key, key) for key in old.services}, new.services)
    found = [
        *(each for was, now in fields for each in _field(_recategorised(old.fields[was], names), new.fields[now])),
        *(each for was, now in purposes for each in _purpose(old.purposes[was], new.purposes[now])),
        *(each for was, now in services for each in _service(old.services[was], new.services[now], names)),
        *_gone(old, new, names),
        *_notices(old, new, names),
        *compare_names(old, new, names),
    ]
    return tuple(sorted(found, key=lambda reach: not reach.widens))


def _both(old: Mapping[str, str], new: Collection[str]) -> list[tuple[str, str]]:
    """What is in both, by its key of then and of now."""
    return [(was, now) for was, now in old.items() if now in new]


def _recategorised(field: Field, names: Renames) -> Field:
    categories = tuple(sorted(current_key(category, names.categories) for category in field.categories))
    return replace(field, categories=categories)


def _field(old: Field, new: Field) -> Iterator[Reach]:
    """Consent must cover every category of a field, so it reaches further exactly if one need no longer be covered."""
    if old.categories == new.categories:
        return
    freed = [one for one in old.categories if not any(at_or_below(one, other) for other in new.categories)]
    added = [one for one in new.categories if not any(at_or_below(one, other) for other in old.categories)]
    key, moved = new.key, f"from {_names(old.categories)} to {_names(new.categories)}"
    if freed:
        text = f"`{key}` moves {moved}: consent for {_names(new.categories)} now covers it, also where {_names(freed)} "
        text += "was refused or never asked for"
        yield Reach(widens=True, key=key, text=text)
    if added:
        text = f"`{key}` moves {moved}: consent must now also cover {_names(added)}, and a no to that stops it"
        yield Reach(widens=False, key=key, text=text)


def _purpose(old: Purpose, new: Purpose) -> Iterator[Reach]:
    key = new.key
    if old.direct_marketing != new.direct_marketing:
        stops = "now stop it too" if new.direct_marketing else "no longer stop it"
        text = (
            f"`{key}` is {'now' if new.direct_marketing else 'no longer'} direct marketing: objections to that {stops}"
        )
        yield Reach(widens=not new.direct_marketing, key=key, text=text)
    if old.channels != new.channels and not (old.channels and new.channels):
        text = f"`{key}` {'now has' if new.channels else 'no longer has'} channels: a choice for one channel "
        text += "now counts for that channel" if new.channels else "no longer covers it"
        yield Reach(widens=bool(new.channels), key=key, text=text)
    if old.direct_marketing and new.direct_marketing and _tied(old) != _tied(new):
        text = f"`{key}` is {'now' if _tied(new) else 'no longer'} tied to one channel: an objection to it "
        text += "no longer stops other direct marketing" if _tied(new) else "now stops all direct marketing"
        yield Reach(widens=_tied(new), key=key, text=text)
    if _grace(old) != _grace(new):
        text = f"`{key}` is answered from a view of consent up to {_grace(new):g} s older than the bound; before: "
        text += f"{_grace(old):g} s"
        yield Reach(widens=_grace(new) > _grace(old), key=key, text=text)
    if old.cache_for_seconds != new.cache_for_seconds:
        text = f"answers for `{key}` may be reused for {new.cache_for_seconds:g} s; before: {old.cache_for_seconds:g} s"
        yield Reach(widens=new.cache_for_seconds > old.cache_for_seconds, key=key, text=text)


def _tied(purpose: Purpose) -> bool:
    return len(purpose.channels) == 1


def _gone(old: Catalog, new: Catalog, names: Renames) -> Iterator[Reach]:
    """An objection to direct marketing counts for all of it as long as what it was made to is still known as that."""
    if not new.direct_marketing():
        return
    for was, then in old.renames.purposes.items():
        if new.renames.purposes.get(was) != then:
            text = f"`{was}` no longer stands for `{then}`: objections to it may no longer stop other marketing"
            yield Reach(widens=True, key=then, text=text)
    for was in old.direct_marketing():
        if not _tied(old.purposes[was]) and current_key(was, names.purposes) not in new.purposes:
            text = f"`{was}` is gone: objections to it no longer stop other direct marketing"
            yield Reach(widens=True, key=was, text=text)


def _grace(purpose: Purpose) -> float:
    return purpose.serve_last_known_seconds if purpose.failure_mode is FailureMode.SERVE_LAST_KNOWN else 0.0


def _service(old: Service, new: Service, names: Renames) -> Iterator[Reach]:
    before = {names.services.get(other, other) for other in old.may_ask_for}
    for other in sorted(new.may_ask_for - before):
        yield Reach(widens=True, key=new.key, text=f"`{new.key}` may now ask questions as `{other}`")
    for other in sorted(before - new.may_ask_for):
        yield Reach(widens=False, key=new.key, text=f"`{new.key}` may no longer ask questions as `{other}`")


def _notices(old: Catalog, new: Catalog, names: Renames) -> Iterator[Reach]:
    """A version that asks again ends what was agreed to under the earlier ones, from its day on."""
    known = {(names.notices.get(key, key), version): notice for (key, version), notice in old.notices.items()}
    for key, version in sorted({*known, *new.notices}):
        before, after = _ends(known.get((key, version))), _ends(new.notices.get((key, version)))
        if before == after:
            continue
        name = f"{key}@{version}"
        if after is None or (before is not None and after > before):
            until = "for good" if after is None else f"until {instant.show(after)}"
            text = f"`{name}` no longer ends what people agreed to under earlier versions: that counts again, {until}"
            yield Reach(widens=True, key=name, text=text)
        else:
            text = f"`{name}` ends what people agreed to under earlier versions, from {instant.show(after)} on"
            yield Reach(widens=False, key=name, text=text)


def _ends(notice: Notice | None) -> instant.Instant | None:
    return notice.valid_from if notice is not None and notice.reconsent else None


def _names(keys: Iterable[str]) -> str:
    return " and ".join(f"`{key}`" for key in keys)
