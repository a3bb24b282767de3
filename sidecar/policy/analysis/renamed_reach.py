"""What renames do to choices that people have already made: which records now speak of something else."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sidecar.model.catalog import Catalog, ancestors
from sidecar.model.renames import Renames, current_key
from sidecar.model.scope import at_or_below


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A change of what choices reach; *widens* if some choice now lets through what it did not before."""

    widens: bool
    key: str
    text: str  # a sentence, without a capital or a period


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """The names of one kind: all that the older catalog *knew*, and its renames, those of the newer, and the recent."""

    knew: Collection[str]
    before: Mapping[str, str]
    after: Mapping[str, str]
    names: Mapping[str, str]
    nests: bool = False

    def called(self, key: str, renames: Mapping[str, str]) -> str:
        """What *key* is called by *renames*."""
        return current_key(key, renames) if self.nests else renames.get(key, key)


def compare_names(old: Catalog, new: Catalog, names: Renames) -> Iterator[Reach]:
    """What *new* makes of names in records otherwise than *old*; *names* are its renames of what *old* has."""
    before, after = old.renames, new.renames
    kinds = (
        _Kind(
            knew=old.categories,
            before=before.categories,
            after=after.categories,
            names=names.categories,
            nests=True,
        ),
        _Kind(knew=old.purposes, before=before.purposes, after=after.purposes, names=names.purposes, nests=True),
        _Kind(knew=old.recipients, before=before.recipients, after=after.recipients, names=names.recipients),
        _Kind(knew={key for key, _ in old.notices}, before=before.notices, after=after.notices, names=names.notices),
    )
    for kind in kinds:
        yield from _renamed(kind)
        yield from _below(kind)
        yield from _other(kind)


def _renamed(kind: _Kind) -> Iterator[Reach]:
    """What people decided about an old key holds for the new one; of two that become one, for what the other was."""
    became: dict[str, list[str]] = {}
    for was, now in kind.names.items():
        became.setdefault(now, [now] if now in kind.knew else []).append(was)
    for now, keys in became.items():
        if len(keys) > 1:
            text = f"{_names(keys)} become one, `{now}`: consent for one of them now counts for what the other was"
            yield Reach(widens=True, key=now, text=text)
        else:
            yield Reach(widens=False, key=now, text=f"`{now}` was {_names(keys)}: what people decided about it stays")


def _below(kind: _Kind) -> Iterator[Reach]:
    """What opens is read under its present name only: it now covers what was moved to where it is, or below."""
    if not kind.nests or not kind.names:
        return
    origins: dict[str, list[str]] = {}
    for key in kind.knew:
        origins.setdefault(current_key(key, kind.names), []).append(key)
    told: set[tuple[str, str]] = set()
    for key in sorted(kind.knew):
        now = current_key(key, kind.names)
        for above in (now, *ancestors(now)):
            if all(at_or_below(key, origin) for origin in origins.get(above, ())):
                continue
            told.add((key, above))
            merged = above == now and now in kind.names.values()  # told as several that become one
            if not merged and not any((one, above) in told for one in ancestors(key)):
                was = (
                    f", which was `{key}` and not part of that" if key != now else ", and for what now is part of that"
                )
                text = f"consent for `{above}` now counts for `{now}`{was}"
                yield Reach(widens=True, key=now, text=text)


def _other(kind: _Kind) -> Iterator[Reach]:
    """A name that the older catalog no longer declared, and that records may still have, means something else."""
    for was in sorted({*kind.before, *kind.after}):
        meant, means = kind.called(kind.called(was, kind.before), kind.names), kind.called(was, kind.after)
        if meant == means or any(at_or_below(key, was) if kind.nests else key == was for key in kind.knew):
            continue
        if meant != was:
            text = f"`{meant}` is no longer said to have been `{was}`: what was closed under that name is no longer"
            yield Reach(widens=True, key=meant, text=text)
        if means != was:
            text = f"`{means}` is now said to have been `{was}`: consent for that counts for it"
            yield Reach(widens=True, key=means, text=text)


def _names(keys: Iterable[str]) -> str:
    return " and ".join(f"`{key}`" for key in keys)
