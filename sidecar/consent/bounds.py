"""How much a record holds, and what becomes of what does not fit: noes get broader, grants are refused."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from msgspec import structs

from sidecar.consent.record import Entry, Kind, Record, with_entries
from sidecar.errors import RecordFullError
from sidecar.model.instant import Instant
from sidecar.model.scope import EVERYTHING, Atom, Scope
from sidecar.model.vocabulary import ANY

MAX_OPENING: Final = 448
"""Grants and liftings that a record may hold; the other places are kept for noes."""

MAX_ENTRIES: Final = 512
"""Entries that a record may hold in all."""

MAX_COMBINATIONS: Final = 256
"""Combinations of a scope that are spelt out; more than an event keeps, so that a notice can cut them first."""

OPENING: Final = frozenset({Kind.GIVEN, Kind.LIFTED})
"""The kinds that open something; all others close."""


def bounded(record: Record, delta: Record, *, at: Instant) -> Record:
    """*record*, which has just taken *delta* in, within its bounds: noes become broader, none is lost.

    Raises ``RecordFullError`` if *delta* has a grant or lifting that does not fit.
    """
    opening = [entry for entry in record.entries if entry.kind in OPENING]
    fits = len(record.entries) <= MAX_ENTRIES
    if has(delta, opening=True) and (len(opening) > MAX_OPENING or not (fits or has(delta, opening=False))):
        raise RecordFullError("event", "the record holds too many choices for another grant; withdraw or erase first")
    if fits:
        return record
    closing = [entry for entry in record.entries if entry.kind not in OPENING]
    return with_entries(record, (*opening, *broadened(closing, room=MAX_ENTRIES - MAX_OPENING, at=at)))


_BROADER: Final[tuple[Callable[[Atom], Atom], ...]] = (
    lambda atom: atom._replace(recipient=ANY),
    lambda atom: atom._replace(recipient=ANY, channel=ANY),
    lambda atom: atom._replace(recipient=ANY, channel=ANY, category=ANY),
    lambda _: EVERYTHING,
)


def broadened(noes: Iterable[Entry], *, room: int, at: Instant) -> tuple[Entry, ...]:
    """*noes* as they are if they fit into *room*, else as broader ones: at most one per kind in the end.

    A broadened no counts from *at*, which must not be before any grant of the record: it must not be lifted by a grant
    that was too broad to lift what it stands for.
    """
    kept = tuple(noes)
    for broader in _BROADER:
        if len(kept) <= room:
            break
        latest: dict[tuple[Kind, Atom], Entry] = {}
        for no in sorted(kept, key=lambda entry: entry.at):
            latest[no.kind, broader(no.atom)] = no
        kept = tuple(structs.replace(no, atom=atom, at=at, broadened=True) for (_, atom), no in latest.items())
    return kept


def manageable(scope: Scope) -> tuple[Scope, bool]:
    """The scope of a no, broader if it has more combinations than are worth spelling out, and whether it is."""
    manageable = scope
    for dimension in ("recipients", "channels", "categories", "purposes"):
        if manageable.size() > MAX_COMBINATIONS:
            manageable = replace(manageable, **{dimension: ()})
    return manageable, manageable is not scope


def has(record: Record, *, opening: bool) -> bool:
    """Whether *record* has an entry that opens something, or one that closes something."""
    return any((entry.kind in OPENING) is opening for entry in record.entries)
