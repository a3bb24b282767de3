"""What a change of the catalog does to choices that people have already made, though no policy changed.

Facts are drawn from records by way of the catalog: which categories a field is in, which purposes are direct marketing,
which notice supersedes another. Whoever moves a field to another category makes other people's consent cover it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sidecar.model import instant
from sidecar.model.catalog import Catalog, Field, Notice, Purpose, Service
from sidecar.model.renames import Renames, current_key
from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import FailureMode
from sidecar.policy.analysis.renaming import recent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One such change; *widens* if some choice now lets through what it did not before."""

    widens: bool
    key: str
    text: str  # a sentence, without a capital or a period


def compare_reach(old: Catalog, new: Catalog) -> tuple[Reach, ...]:
    """Every such change from *old* to *new*, those that widen first."""
    names = recent(old, new)
    fields = _both(old.fields, new.fields, names.fields)
    purposes = _both(old.purposes, new.purposes, names.purposes)
    services = _both(old.services, new.services, names.services)
    found = [
        *(each for was, now in fields for each in _field(_recategorised(old.fields[was], names), new.fields[now])),
        *(each for was, now in purposes for each in _purpose(old.purposes[was], new.purposes[now])),
        *(each for was, now in services for each in _service(old.services[was], new.services[now], names)),
        *_notices(old, new, names),
        *_renamed(old, names),
    ]
    return tuple(sorted(found, key=lambda reach: not reach.widens))


def _both(old: Iterable[str], new: Collection[str], renames: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is in both, by its key of then and of now."""
    pairs = [(was, current_key(was, renames)) for was in old]
    return [(was, now) for was, now in pairs if now in new]


def _recategorised(field: Field, names: Renames) -> Field:
    categories = tuple(sorted(current_key(category, names.categories) for category in field.categories))
    return replace(field, categories=categories)


def _renamed(old: Catalog, names: Renames) -> Iterator[Reach]:
    """What people decided about an old key holds for the new one; of two that become one, for what the other was."""
    kinds: tuple[tuple[Mapping[str, str], Collection[str]], ...] = (
        (names.categories, old.categories),
        (names.purposes, old.purposes),
        (names.recipients, old.recipients),
        (names.notices, {key for key, _ in old.notices}),
    )
    for renames, known in kinds:
        became: dict[str, list[str]] = {}
        for was, now in renames.items():
            became.setdefault(now, [now] if now in known else []).append(was)
        for now, keys in became.items():
            if len(keys) > 1:
                text = f"{_names(keys)} become one, `{now}`: consent for one of them now counts for what the other was"
                yield Reach(widens=True, key=now, text=text)
            else:
                yield Reach(
                    widens=False, key=now, text=f"`{now}` was {_names(keys)}: what people decided about it stays"
                )


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
    if _grace(old) != _grace(new):
        text = f"`{key}` is answered from a view of consent up to {_grace(new):g} s older than the bound; before: "
        text += f"{_grace(old):g} s"
        yield Reach(widens=_grace(new) > _grace(old), key=key, text=text)
    if old.cache_for_seconds != new.cache_for_seconds:
        text = f"answers for `{key}` may be reused for {new.cache_for_seconds:g} s; before: {old.cache_for_seconds:g} s"
        yield Reach(widens=new.cache_for_seconds > old.cache_for_seconds, key=key, text=text)


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
