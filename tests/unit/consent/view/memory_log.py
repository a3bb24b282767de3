"""A shared log in memory: what several sidecars append to, without a server."""

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Condition

from sidecar.consent.log import Fed, Follower, Head, LogEntry, Mark, NewEntry, erases_person
from sidecar.consent.packing import pack
from sidecar.errors import ConsentLogError, LogConflictError, LogLostError
from sidecar.model.instant import Instant


@dataclass
class Store:
    """The server: entries and heartbeats by position; *down* makes everything fail, *clock* stamps heartbeats."""

    log_id: str = field(default_factory=lambda: secrets.token_hex(8))
    ancestors: tuple[str, ...] = ()
    clock: Callable[[], Instant] = lambda: 0

    def __post_init__(self) -> None:
        self.entries: dict[int, LogEntry] = {}
        self.beats: dict[int, Instant] = {}
        self.marks: dict[tuple[str, str], Mark] = {}
        self.position = 0
        self.down = False
        self.changed = Condition()

    def append(self, entry: NewEntry) -> int:
        """Append *entry* by compare-and-set; the erasure of a person removes what came before."""
        with self.changed:
            head = self.head(entry.pseudonym)
            if (None if head is None else head.position) != entry.expected:
                raise LogConflictError("another entry of the same subject was appended first")
            self.position += 1
            if erases_person(entry.event):
                self.entries = {p: e for p, e in self.entries.items() if e.pseudonym != entry.pseudonym}
            self.entries[self.position] = entry.at(self.position)
            self.changed.notify_all()
            return self.position

    def beat(self) -> None:
        """Append a heartbeat in place of the last one."""
        with self.changed:
            self.position += 1
            self.beats = {self.position: self.clock()}
            self.changed.notify_all()

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry."""
        return next((e for e in reversed(self.entries.values()) if e.pseudonym == pseudonym), None)

    def become(self, other: "Store") -> None:
        """From now on be *other*, as a stream that was made anew under the same name."""
        with self.changed:
            self.log_id, self.ancestors = other.log_id, other.ancestors
            self.entries, self.beats, self.position = other.entries, other.beats, other.position
            self.changed.notify_all()


class MemoryLog:
    """A ``SharedLog`` on *store*, of one sidecar."""

    backend = "memory"

    def __init__(self, store: Store) -> None:
        self.store = store
        self.log_id = store.log_id

    @property
    def descends_from(self) -> tuple[str, ...]:
        """The ids of the logs that it was restored from."""
        return self.store.ancestors

    @contextlib.contextmanager
    def batch(self) -> Iterator["_Batch"]:
        """A batch; each entry is durable at once."""
        self.ping()
        yield _Batch(self)

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry; of whatever log is there now, as a server answers."""
        self._reach()
        return self.store.head(pseudonym)

    def heads(self) -> Iterator[Head]:
        """The last entry of every subject."""
        self.ping()
        yield from _heads(tuple(self.store.entries.values()))

    def history(self, pseudonym: bytes, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """Entries of the subject."""
        entries = self.entries(after=after, limit=len(self.store.entries))
        return tuple(entry for entry in entries if entry.pseudonym == pseudonym)[:limit]

    def entries(self, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """Entries behind a position."""
        self.ping()
        return tuple(entry for position, entry in self.store.entries.items() if position > after)[:limit]

    def last_position(self) -> int:
        """The last position, a heartbeat's too."""
        self.ping()
        return self.store.position

    def forget(self, pseudonym: bytes, position: int) -> bool:
        """Remove the subject's last entry, if it is at *position* and not the last of all."""
        self.ping()
        head = self.store.head(pseudonym)
        if head is None or head.position != position or self.store.position == position:
            return False
        with self.store.changed:
            del self.store.entries[position]
        return True

    def mark(self, mark: Mark) -> None:
        """Keep *mark*."""
        self.ping()
        self.store.marks[(mark.kind.value, mark.name)] = mark

    def marks(self, kind: Follower | None = None) -> tuple[Mark, ...]:
        """Every mark, or those of one *kind*."""
        return tuple(mark for _, mark in sorted(self.store.marks.items()) if kind in (None, mark.kind))

    def ping(self) -> None:
        """Whether it is there, and still the same."""
        self._reach()
        if self.store.log_id != self.log_id:
            raise LogLostError("the log is not the one that was opened")

    def close(self) -> None:
        """Nothing is held."""

    def follow(self, *, after: int | None) -> "MemoryFeed":
        """A feed."""
        self.ping()
        if after is not None and after > self.store.position:
            raise LogLostError(f"the log ends before {after}")
        return MemoryFeed(self, after)

    def beat(self) -> None:
        """Append a heartbeat."""
        self.ping()
        self.store.beat()

    def renew(self) -> bool:
        """Whether a descendant is there."""
        self._reach()
        if self.store.log_id != self.log_id and self.log_id not in self.store.ancestors:
            return False
        self.log_id = self.store.log_id
        return True

    def _reach(self) -> None:
        if self.store.down:
            raise ConsentLogError("the log cannot be reached")


class MemoryFeed:
    """A ``Feed``.

    *held_at* keeps back what is behind that position, *most* is how many entries come at once, and without *patient*
    nothing is waited for.
    """

    def __init__(self, log: MemoryLog, after: int | None) -> None:
        self._log = log
        self.closed = False
        self.held_at: int | None = None
        self.most = 1_000
        self.patient = True
        self._through = after or 0
        self._first = {head.position for head in _heads(tuple(log.store.entries.values()))} if after is None else None
        self._first_through = log.store.position

    def take(self, seconds: float) -> Fed | None:
        """What came."""
        store = self._log.store
        with store.changed:
            store.changed.wait_for(self._stirs, seconds if self.patient else 0)
            if store.log_id != self._log.log_id or store.position < self._through:
                raise LogLostError("the log is not the one that was followed")
            return self._take() if self._stirs() else None

    def close(self) -> None:
        """Follow no longer."""
        self.closed = True

    def _limit(self) -> int:
        position = self._log.store.position
        return position if self.held_at is None else min(position, self.held_at)

    def _stirs(self) -> bool:
        store = self._log.store
        return not store.down and (store.log_id != self._log.log_id or self._limit() > self._through)

    def _take(self) -> Fed:
        store, limit = self._log.store, self._limit()
        coming = [
            entry for position, entry in store.entries.items() if self._through < position and self._gives(position)
        ]
        now = [entry for entry in coming if entry.position <= limit][: self.most]
        through = limit if len(now) < self.most else now[-1].position
        stamps = [stamp for position, stamp in store.beats.items() if self._through < position <= through]
        self._through = through
        return Fed(
            heads=tuple(Head(entry.position, entry.pseudonym, pack(entry.record)) for entry in now),
            through=through,
            beats=len(stamps),
            pending=len(coming) - len(now),
            stamp=stamps[-1] if stamps else None,
        )

    def _gives(self, position: int) -> bool:
        return self._first is None or position > self._first_through or position in self._first


class _Placed:
    def __init__(self, position: int) -> None:
        self._position = position

    def position(self) -> int:
        return self._position


class _Batch:
    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        """Nothing is far away."""

    def head(self, pseudonym: bytes) -> LogEntry | None:
        return self._log.head(pseudonym)

    def find(self, pseudonym: bytes, event_id: str) -> LogEntry | None:
        history = self._log.history(pseudonym, after=0, limit=self._log.store.position)
        return next((entry for entry in history if entry.event.id == event_id), None)

    def append(self, entry: NewEntry) -> _Placed:
        self._log.ping()
        return _Placed(self._log.store.append(entry))


def _heads(entries: tuple[LogEntry, ...]) -> Iterator[Head]:
    last = {entry.pseudonym: entry for entry in entries}
    for entry in sorted(last.values(), key=lambda entry: entry.position):
        yield Head(entry.position, entry.pseudonym, pack(entry.record))
