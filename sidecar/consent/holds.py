"""Holds: restrictions on everyone, for the day a breach is found (ADR-0028).

They are restrictions and liftings of one reserved subject, ``EVERYONE``, by an operator, in the log like any other: so
every sidecar and every consumer hears of them, and only a release ends one. What people choose is not in that record.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final, TypeVar

from sidecar.consent.ledger import Ledger, Recorded
from sidecar.consent.limits import EVERYONE
from sidecar.consent.lineage import Lineage
from sidecar.consent.log import LogEntry
from sidecar.consent.profile import Profile, ProfileEntry
from sidecar.consent.record import EMPTY, Entry, Kind, Record
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Event, Lifting, Restriction
from sidecar.model.instant import Instant
from sidecar.model.renames import Renames
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import Actor

_PAGE: Final = 1_000
_E = TypeVar("_E", Entry, ProfileEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What one restriction on everyone still holds; *id* is that of its event."""

    id: str
    since: Instant
    atoms: tuple[Atom, ...]  # never empty
    why: str = ""  # in words of whoever placed it


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A hold that is durable and in the cache."""

    recorded: Recorded
    replaced: tuple[Hold, ...]  # what was held before of the same, now by this one; of a repeated one, the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A release that is durable and in the cache."""

    recorded: Recorded
    released: tuple[Hold, ...]  # what it ended; of a repeated one, what it ended the first time
    standing: tuple[Hold, ...]  # what was still held after it


class Holds:
    """Places, releases and lists holds, through *ledger*. Safe for any number of threads.

    Every method may raise ``ConsentLogError``; what places and releases raises as ``Ledger.record`` does too.
    """

    def __init__(self, ledger: Ledger, catalog: Callable[[], Catalog]) -> None:
        self._ledger = ledger
        self._catalog = catalog

    def place(self, event_id: str, scope: Scope, *, why: str) -> Placed:
        """Hold whatever *scope* touches; an empty dimension means all, but not every one may be empty."""
        if not why:
            raise RequestError("why", "empty; say why, for those who will ask whether it can be released")
        _require_named(scope)
        event = Event(id=event_id, act=Restriction(scope=scope), actor=Actor.OPERATOR, note=why)
        recorded = self._record(event)
        ended, _ = self._changed(event_id)
        return Placed(recorded=recorded, replaced=ended)

    def release(self, event_id: str, *, hold_id: str = "", scope: Scope | None = None, why: str = "") -> Released:
        """Release the hold *hold_id*, or every hold at or below *scope*: exactly one is given.

        By its id a hold is released as of when it was placed, so that no later one goes with it.
        """
        act, occurred_at = Lifting(scope=scope or Scope()), None
        if scope is None:
            entry = self._placed(hold_id)
            assert isinstance(entry.event.act, Restriction)
            act, occurred_at = Lifting(scope=entry.event.act.scope), entry.effective_at + 1
            self._check_release(event_id, hold_id)
        else:
            _require_named(scope)
        event = Event(id=event_id, act=act, actor=Actor.OPERATOR, occurred_at=occurred_at, note=why)
        recorded = self._record(event)
        ended, left = self._changed(event_id)
        return Released(recorded=recorded, released=ended, standing=left)

    def standing(self) -> tuple[Hold, ...]:
        """The holds that stand, the oldest first, each with its reason."""
        _, record = self._ledger.record_of(EVERYONE)
        found = standing(record, self._catalog().renames)
        return _with_reasons(found, self._ledger.notes(EVERYONE, record)) if found else ()

    def _record(self, event: Event) -> Recorded:
        try:
            return self._ledger.record_for_everyone(event)
        except RequestError as error:
            raise type(error)(_in_request(error.field), error.detail) from error

    def _placed(self, hold_id: str) -> LogEntry:
        for entry in self._entries():
            if entry.event.id == hold_id and isinstance(entry.event.act, Restriction):
                return entry
        raise RequestError("hold_id", f"there is no hold `{hold_id}`")

    def _check_release(self, event_id: str, hold_id: str) -> None:
        """Raise unless the hold stands and no older one goes with it; or *event_id* has released it already."""
        if any(entry.event.id == event_id for entry in self._entries()):
            return
        holds = self.standing()
        hold = next((one for one in holds if one.id == hold_id), None)
        if hold is None:
            raise RequestError("hold_id", f"hold `{hold_id}` does not stand any more")
        lineage = Lineage(self._catalog().renames)
        for other in holds:
            older = other is not hold and other.since <= hold.since
            if older and any(lineage.lifts(wide, narrow) for wide in hold.atoms for narrow in other.atoms):
                raise RequestError(
                    "hold_id",
                    f"older hold `{other.id}` lies at or below it and would go with it;"
                    " place that one again under another id first, or release both by their scope",
                )

    def _changed(self, event_id: str) -> tuple[tuple[Hold, ...], tuple[Hold, ...]]:
        """Of the holds that stood before an event what it ended, and those that stood after it."""
        renames = self._catalog().renames
        entries = tuple(self._entries())
        place = next(place for place, entry in enumerate(entries) if entry.event.id == event_id)
        before, after = entries[place - 1].record if place else EMPTY, entries[place].record
        left = standing(after, renames)
        gone = {(hold.id, atom) for hold in standing(before, renames) for atom in hold.atoms}
        gone -= {(hold.id, atom) for hold in left for atom in hold.atoms}
        notes = {entry.event.id: entry.event.note for entry in entries}
        ended = tuple(
            replace(hold, atoms=tuple(atom for atom in hold.atoms if (hold.id, atom) in gone))
            for hold in standing(before, renames)
        )
        return _with_reasons((hold for hold in ended if hold.atoms), notes), _with_reasons(left, notes)

    def _entries(self) -> Iterator[LogEntry]:
        after = 0
        while page := self._ledger.history(EVERYONE, after=after, limit=_PAGE):
            yield from page
            after = page[-1].position


def standing(record: Record, renames: Renames) -> tuple[Hold, ...]:
    """The holds that stand in the *record* of everyone under a catalog with *renames*, the oldest first."""
    atoms: dict[tuple[Instant, str], list[Atom]] = {}
    for entry in _unlifted(record.entries, renames, when=attrgetter("at")):
        atoms.setdefault((entry.at, entry.event_id), []).append(entry.atom)
    return tuple(Hold(id=id_, since=since, atoms=tuple(held)) for (since, id_), held in sorted(atoms.items()))


def _with_reasons(holds: Iterable[Hold], notes: Mapping[str, str]) -> tuple[Hold, ...]:
    """*holds*, each with what the event that placed it notes; *notes* are by the event's id."""
    return tuple(replace(hold, why=notes.get(hold.id, "")) for hold in holds)


def things_held(profile: Profile, renames: Renames) -> int:
    """How many things stand held by the *profile* of everyone, as a view has it."""
    return sum(1 for _ in _unlifted(profile.entries, renames, when=attrgetter("order")))


def _unlifted(entries: Sequence[_E], renames: Renames, *, when: Callable[[_E], int]) -> Iterator[_E]:
    lineage = Lineage(renames)
    liftings = [entry for entry in entries if entry.kind is Kind.LIFTED]
    for entry in entries:
        if entry.kind is Kind.RESTRICTED and not any(
            when(lifting) > when(entry) and lineage.lifts(lifting.atom, entry.atom) for lifting in liftings
        ):
            yield entry


def _require_named(scope: Scope) -> None:
    if scope == Scope():
        raise RequestError("scope", "empty; name a category or a purpose, `*` for all")


def _in_request(field: str) -> str:
    """*field* of an event as the requests of holds have it."""
    for act in ("event.restriction.", "event.lifting."):
        field = field.removeprefix(act)
    return {"event.id": "id", "event.note": "why"}.get(field, field)
