"""The consent record: all events of a subject, merged by a commutative, associative, idempotent join (ADR-0010)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from msgspec import Struct, structs

from sidecar.model.event import NoticeRef
from sidecar.model.instant import LAST, Instant
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Actor

MAX_SEEN: Final = 64


class Kind(StrEnum):
    """What an entry of a record says."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    RESTRICTED = "restricted"
    LIFTED = "lifted"


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """The latest choice of its key (see ``_key``); *explicit*, *expires_at* and *notice* count for grants only.

    A record has up to 512, all of which are made anew for each event: as a dataclass that would take six times as long.
    """

    kind: Kind
    atom: Atom
    at: Instant
    event_id: str
    actor: Actor = Actor.SUBJECT
    explicit: bool = False
    expires_at: Instant | None = None
    notice: NoticeRef | None = None
    method: str = ""
    broadened: bool = False  # stands for noes of other events too; so no grant of its own event lifts it


class Seen(Struct, frozen=True, kw_only=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """An event id that was recorded, so that repeating it is safe; packed as it is, for a record has up to 64."""

    event_id: str
    digest: bytes  # 16 bytes, of the event's body
    position: int | None  # in the log; None in the very entry that it names
    effective_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Trait:
    """A trait's value since *at*; the later wins, at equal times the greater value: the younger person."""

    at: Instant
    value: int | str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tie:
    """A link to another id of the person, by pseudonym, since *at*; see ``linking``."""

    other: bytes
    at: Instant
    era: Instant = 0  # when the other was last erased before; 0: never

    @property
    def rank(self) -> tuple[Instant, Instant]:
        """Of two to the same id the greater stays."""
        return (self.at, self.era)


class Record(Struct, frozen=True, kw_only=True, gc=False):
    """Everything known of one subject.

    Entries are sorted and hold one entry per key. *horizon* is the instant of the last full erasure: nothing at or
    before it counts but objections. *latest_at* is not before anything ever merged. *seen* is the log's bookkeeping,
    the newest last; merging keeps the first record's.
    """

    entries: tuple[Entry, ...] = ()
    traits: tuple[tuple[str, Trait], ...] = ()
    horizon: Instant | None = None
    erased_categories: tuple[tuple[str, Instant], ...] = ()
    latest_at: Instant = 0
    seen: tuple[Seen, ...] = ()
    ties: tuple[Tie, ...] = ()  # one for each linked id, sorted


EMPTY: Final = Record()


def merge(one: Record, other: Record) -> Record:
    """The join of two records of the same subject: what both together say."""
    horizon = max((h for h in (one.horizon, other.horizon) if h is not None), default=None)
    return Record(
        entries=_latest((*one.entries, *other.entries), horizon),
        traits=_latest_traits((*one.traits, *other.traits), horizon),
        horizon=horizon,
        erased_categories=_latest_erasures((*one.erased_categories, *other.erased_categories), horizon),
        latest_at=max(one.latest_at, other.latest_at),
        seen=one.seen,
        ties=_latest_ties((*one.ties, *other.ties), horizon),
    )


def with_entries(record: Record, entries: Iterable[Entry]) -> Record:
    """*record* with exactly these entries, one kept per key."""
    return structs.replace(record, entries=_latest(tuple(entries), record.horizon))


def _latest(entries: tuple[Entry, ...], horizon: Instant | None) -> tuple[Entry, ...]:
    latest: dict[object, Entry] = {}
    for entry in entries:
        if horizon is not None and entry.at <= horizon and entry.kind is not Kind.OBJECTED:
            continue  # the suppression list outlives erasure, nothing else does
        key = _key(entry)
        rival = latest.get(key)
        if rival is None or _rank(rival) < _rank(entry):
            latest[key] = entry
    return tuple(sorted(latest.values(), key=_rank))


def _key(entry: Entry) -> object:
    if entry.kind is Kind.GIVEN:
        return (entry.kind, entry.atom, entry.explicit, entry.actor, entry.notice)
    return (entry.kind, entry.atom)


def _rank(entry: Entry) -> tuple[object, ...]:
    """A total order: by time, then the one that expires sooner last; the rest only makes the join commutative."""
    notice = (entry.notice.key, entry.notice.version) if entry.notice else ("", 0)
    return (
        entry.at,
        -(LAST + 1 if entry.expires_at is None else entry.expires_at),
        entry.broadened,
        entry.kind,
        entry.atom,
        entry.event_id,
        entry.actor,
        entry.explicit,
        notice,
        entry.method,
    )


def _latest_traits(traits: tuple[tuple[str, Trait], ...], horizon: Instant | None) -> tuple[tuple[str, Trait], ...]:
    if not traits:
        return ()
    latest: dict[str, Trait] = {}
    for name, trait in traits:
        if horizon is not None and trait.at <= horizon:
            continue
        if name not in latest or _trait_rank(latest[name]) < _trait_rank(trait):
            latest[name] = trait
    return tuple(sorted(latest.items()))


def _trait_rank(trait: Trait) -> tuple[Instant, int, str]:
    value = trait.value
    return (trait.at, value, "") if isinstance(value, int) else (trait.at, 0, value)


def _latest_erasures(
    erasures: tuple[tuple[str, Instant], ...], horizon: Instant | None
) -> tuple[tuple[str, Instant], ...]:
    if not erasures:
        return ()
    latest: dict[str, Instant] = {}
    for category, at in erasures:
        if horizon is None or at > horizon:  # what it voided is void already
            latest[category] = max(at, latest.get(category, at))
    return tuple(sorted(latest.items()))


def _latest_ties(ties: tuple[Tie, ...], horizon: Instant | None) -> tuple[Tie, ...]:
    if not ties:
        return ()
    latest: dict[bytes, Tie] = {}
    for tie in ties:
        if horizon is not None and tie.at <= horizon:
            continue  # an erasure ends what links the person
        rival = latest.get(tie.other)
        if rival is None or rival.rank < tie.rank:
            latest[tie.other] = tie
    return tuple(sorted(latest.values()))
