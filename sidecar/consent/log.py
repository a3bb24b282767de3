"""The consent log: what every backend must do (ADR-0005).

The log is the truth and the cache a view of it. An entry carries the event **and** the record after it; it is appended
only if the subject's last entry is still the one that the record was made from. `tests/conformance/consent_log`
holds every backend to what is written here.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

from sidecar.consent.packing import pack
from sidecar.consent.record import Record
from sidecar.model.event import Erasure, Event
from sidecar.model.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What is said of an event, before it is in the log and after."""

    pseudonym: bytes
    event: Event
    record: Record  # after the event
    effective_at: Instant
    accepted_at: Instant
    sealed: bytes  # the subject id; empty for the erasure of a person
    _packed: bytes = field(default=b"", init=False, repr=False, compare=False)

    @property
    def packed(self) -> bytes:
        """The record as bytes, made once: the log keeps them, and a view finds by them what others have too."""
        if not self._packed:
            object.__setattr__(self, "_packed", pack(self.record))
        return self._packed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry(_Entry):
    """An entry to append."""

    expected: int | None  # position of the subject's last entry; None: there is none

    def at(self, position: int) -> "LogEntry":
        """The entry as the log has it at *position*."""
        entry = LogEntry(
            position=position,
            pseudonym=self.pseudonym,
            event=self.event,
            record=self.record,
            effective_at=self.effective_at,
            accepted_at=self.accepted_at,
            sealed=self.sealed,
        )
        object.__setattr__(entry, "_packed", self._packed)
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry(_Entry):
    """An entry of the log; positions grow and are never used twice."""

    position: int  # from 1


class Head(Struct, frozen=True, gc=False):
    """The part of a subject's last entry that a cache needs, its record still packed."""

    position: int
    pseudonym: bytes
    packed: bytes


class Follower(StrEnum):
    """Who follows the log."""

    SIDECAR = "sidecar"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far somebody has come."""

    kind: Follower
    name: str
    position: int  # everything up to here is applied
    at: Instant


class Receipt(Protocol):
    """Stands for an entry that was appended, or is on its way."""

    def position(self) -> int:
        """The position of the entry; waits for it, and raises as leaving the batch would."""
        ...


class Batch(Protocol):
    """Entries that become durable together."""

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        """Let the last entries of these subjects be read together: ``head`` is about to be asked for each."""
        ...

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry, those of this batch included."""
        ...

    def find(self, pseudonym: bytes, event_id: str) -> LogEntry | None:
        """The subject's entry with the event *event_id*; ``None`` if there is none, or an erasure removed it."""
        ...

    def append(self, entry: NewEntry) -> Receipt:
        """Append *entry*; ``LogConflictError``, now or when the batch is left, if another one came first.

        The erasure of a person also removes all earlier entries of the subject, for good. That of some categories
        does not: the history that stays is the proof of what had been agreed to.
        """
        ...


class ConsentLog(Protocol):
    """An append-only log of consent events. Safe for any number of threads. Anything may raise ``ConsentLogError``."""

    @property
    def log_id(self) -> str:
        """Tells logs apart: 16 hexadecimal digits, drawn when the log is made, and anew when it is restored."""
        ...

    @property
    def descends_from(self) -> tuple[str, ...]:
        """The ids of the logs whose exports it was restored from, the oldest first; empty for a log that never was."""
        ...

    @property
    def backend(self) -> str:
        """The kind of log, for people."""
        ...

    def batch(self) -> AbstractContextManager[Batch]:
        """A batch of entries, durable and visible to every reader once it was left without an exception.

        Left with one, none of it counts as acknowledged, and a part may still be there: whoever appends re-reads and
        decides by the event ids. One batch at a time; another waits.
        """
        ...

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry; never waits for a batch.

        As of now: of all that was acknowledged, or given by any feed, before the call nothing is missing.
        """
        ...

    def heads(self) -> Iterator[Head]:
        """The last entry of every subject, each as it was at some moment since the call; in no certain order."""
        ...

    def history(self, pseudonym: bytes, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of the subject behind position *after*, oldest first."""
        ...

    def entries(self, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of all subjects behind position *after*, in the order of the log.

        Those that an erasure removed are not among them.
        """
        ...

    def last_position(self) -> int:
        """The position of the last entry, or a later one that is no entry's; before the first, any lower one."""
        ...

    def forget(self, pseudonym: bytes, position: int) -> bool:
        """Remove the erasure of a person at *position*, for good: whether it is gone.

        It stays if the subject has a later entry, or the log no other one behind it: by its last entry a log knows that
        none of its end is missing.
        """
        ...

    def mark(self, mark: "Mark") -> None:
        """Keep *mark* in place of an earlier one of the same kind and name, durably."""
        ...

    def marks(self, kind: Follower | None = None) -> tuple["Mark", ...]:
        """Every mark, or those of one *kind*, by kind and name.

        None is among them that was made of another log, whose positions mean something else.
        """
        ...

    def ping(self) -> None:
        """Return if the log can be read and is still the one that was opened."""
        ...

    def close(self) -> None:
        """Let go of everything; calling it again does nothing."""
        ...


class Fed(NamedTuple):
    """What a feed gives at once."""

    heads: tuple[Head, ...]  # in the order of the log; of a subject there may be several
    through: int  # everything up to this position has been given, or what took the place of it, see ``Feed.take``
    beats: int  # heartbeats among it: proofs that the log was there a moment ago
    pending: int  # how many more are known to come
    stamp: Instant | None = None  # when the last of the heartbeats was appended, by the log's own clock


class Feed(Protocol):
    """Follows a log from a position, in one thread; it resumes by itself where it was interrupted, without a gap."""

    def take(self, seconds: float) -> Fed | None:
        """What came, waiting at most *seconds* for it; ``None`` if nothing did.

        Where entries are missing because an erasure removed them before they could be given, ``through`` stays before
        them until all is given that the log had then, so also the entry of the erasure: else a view that is said to be
        at such a position would know of neither.

        Raises ``LogLostError`` once the log is not the one that was followed any more: destroyed, emptied or
        replaced; a log that merely cannot be reached is silence.
        """
        ...

    def close(self) -> None:
        """Follow no longer; calling it again does nothing."""
        ...


class SharedLog(ConsentLog, Protocol):
    """A log that several processes append to: each follows it to learn what the others did."""

    def follow(self, *, after: int | None) -> Feed:
        """What comes behind position *after*; ``None``: first the last entry of every subject, then what comes.

        Raises ``LogLostError`` if the log does not have all that comes behind *after*.
        """
        ...

    def beat(self) -> None:
        """Have a heartbeat appended, unless another process just did; every feed gets it."""
        ...

    def renew(self) -> bool:
        """Whether a log that descends from the lost one is there; then ``log_id`` is its, and it can be followed."""
        ...


class Draft(Protocol):
    """A log that is being made: no one sees it until it is finished."""

    def batch(self) -> AbstractContextManager[Batch]:
        """A batch of entries, as of a log."""
        ...

    def finish(self, *, descends_from: tuple[str, ...] = ()) -> str:
        """Make it a log and return its new id; whoever followed one of *descends_from* may go on with it."""
        ...

    def discard(self) -> None:
        """Leave nothing of it; after ``finish`` it does nothing."""
        ...


def erases_person(event: Event) -> bool:
    """Whether *event* erases everything about a person, not only some categories."""
    return isinstance(event.act, Erasure) and not event.act.categories
