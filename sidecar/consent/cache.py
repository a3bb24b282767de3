"""The view of consent that questions are decided from: of every subject one slot, in memory.

Subjects whose records are equal up to relative order share a profile. A slot is a pair: the standing that all subjects
of a profile share, and the instants that are the subject's own, packed; most subjects have none and share the pair too.
"""

import struct
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final

from sidecar.bounded import Generations
from sidecar.consent.log import ConsentLog, Head, LogEntry
from sidecar.consent.packing import outline, unpack
from sidecar.consent.profile import UNKNOWN_STANDING, Profile, Standing, resolve
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.errors import ConsentLogError
from sidecar.model.instant import SECOND, Instant

SHARDS: Final = 1_024
"""Growing one dictionary of a million entries would hold the interpreter for a tenth of a second."""

_SHAPES = 65_536

_NEVER: Final = -(2**63)
"""Stands for no next change; no instant of the protocol is that early."""

_OVERDUE: Final = _NEVER + 1
"""A next change that has always passed."""

_CLOCK_SLACK: Final = SECOND
"""How far a clock may step back before what was resolved under it is resolved again, in microseconds."""

_Slot = tuple[Standing, bytes]


class _Unpackers(dict[int, Callable[[bytes], tuple[int, ...]]]):
    """For each size in bytes what unpacks so many instants; few sizes occur, and making one costs a microsecond."""

    def __missing__(self, size: int) -> Callable[[bytes], tuple[int, ...]]:
        unpacker = self[size] = struct.Struct(f"{size // 8}q").unpack
        return unpacker


_UNPACK: Final = _Unpackers()


class _Shared:
    """A slot for subjects without instants of their own, and how many subjects have its profile."""

    __slots__ = ("slot", "users")

    def __init__(self, profile: Profile) -> None:
        self.slot: Final[_Slot] = (Standing(profile, None, ()), b"")
        self.users = 0


class ConsentCache:
    """Every subject's standing, as of one revision of the log.

    Any number of threads may look up, without a lock: a slot is replaced by one store of a reference, and the revision
    only after it. Whoever writes takes turns.
    """

    def __init__(self, log: ConsentLog, pseudonyms: Pseudonyms) -> None:
        self._log = log
        self.pseudonym: Final = pseudonyms.of
        """The pseudonym of a subject."""
        self._shards: tuple[dict[bytes, _Slot], ...] = tuple({} for _ in range(SHARDS))
        self._profiles: dict[Profile, _Shared] = {}
        self._revision = Revision(log.log_id, 0)
        self._writing = Lock()
        self._resolved_at: Instant = _NEVER  # the latest instant that a slot was resolved at
        self._readable_at: Instant | None = None  # when the log could last be read, in ticks
        self._failing = False

    @property
    def applied(self) -> int:
        """The position up to which the view has every entry."""
        return self._revision.position

    @property
    def log_id(self) -> str:
        """The log that this is a view of."""
        return self._revision.log_id

    @property
    def subjects(self) -> int:
        """How many subjects have a record."""
        return sum(map(len, self._shards))

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        return len(self._profiles)

    def revision(self) -> Revision:
        """The revision up to which the view has every entry; read it before the slots, never after."""
        return self._revision

    def lookup(self, pseudonym: bytes) -> Standing:
        """The subject's standing; that of nobody if there is no record.

        Good until its ``changes_at``; from then on it must be refreshed before it is used.
        """
        slot = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6].get(pseudonym)
        if slot is None:
            return UNKNOWN_STANDING
        standing, own = slot
        if not own:
            return standing
        instants = _UNPACK[len(own)](own)
        changes_at = instants[0]
        return Standing(standing.profile, None if changes_at == _NEVER else changes_at, instants[1:])

    def apply(self, entries: Iterable[LogEntry], *, now: Instant) -> None:
        """Take over new last entries of their subjects, together: the slots first, then the revision."""
        position = 0
        for entry in entries:
            standing = resolve(entry.record, now)
            with self._writing:
                self._put(entry.pseudonym, standing, now)
            position = max(position, entry.position)
        self._advance(position)

    def refresh(self, pseudonym: bytes, *, now: Instant) -> None:
        """Read the subject's record again and resolve it at *now*; raises ``ConsentLogError``."""
        with self._writing:  # around the read too: what is read must not overwrite a later entry
            head = self._log.head(pseudonym)
            if head is None:
                self._drop(pseudonym)
            else:
                self._put(pseudonym, resolve(head.record, now), now)

    def distrust(self, pseudonyms: Iterable[bytes]) -> None:
        """Have each be refreshed before it is next used: what the log has of it is not known."""
        with self._writing:
            for pseudonym in pseudonyms:
                self._put(pseudonym, self.lookup(pseudonym)._replace(changes_at=_OVERDUE), _NEVER)

    def load(self, *, now: Instant, ticks: Instant = 0) -> None:
        """Take over the whole log; raises ``ConsentLogError``. Until it returns the view is not complete."""
        position = self._log.last_position()  # before the entries, which may be later, never earlier
        known: Generations[tuple[bytes, tuple[bool, ...]], tuple[Profile, bool]] = Generations(_SHAPES)
        for head in self._log.heads():
            standing = _resolve_packed(head, now, known)
            with self._writing:
                self._put(head.pseudonym, standing, now)
        self._advance(position)
        self._readable_at = ticks

    def check(self, *, now: Instant, ticks: Instant) -> None:
        """Find out whether the log can be read, at *ticks* of a clock that never steps back; the view ages while not.

        If *now* lies before what slots were resolved at, because a clock ran ahead and was put right, all are resolved
        again: a child that had come of age is a child again. Raises ``ConsentLogError`` if the log cannot be read.
        """
        try:
            self._log.ping()
            if now < self._resolved_at - _CLOCK_SLACK:
                self._refresh_all(now)
        except ConsentLogError:
            self._failing = True
            raise
        self._readable_at, self._failing = ticks, False

    def age_ms(self, ticks: Instant) -> int:
        """How old the view may be: 0 while the log can be read, because whatever is in it is applied already."""
        if not self._failing or self._readable_at is None:
            return 0
        return max(0, ticks - self._readable_at) // 1_000

    def _refresh_all(self, now: Instant) -> None:
        for shard in self._shards:
            for pseudonym in tuple(shard):
                self.refresh(pseudonym, now=now)
        self._resolved_at = now

    def _advance(self, position: int) -> None:
        with self._writing:
            if position > self._revision.position:
                self._revision = Revision(self._revision.log_id, position)

    def _put(self, pseudonym: bytes, standing: Standing, now: Instant) -> None:
        """Replace a slot by what was resolved at *now*; only while holding the lock."""
        self._resolved_at = max(self._resolved_at, now)
        shared = self._profiles.get(standing.profile)
        if shared is None:
            shared = self._profiles[standing.profile] = _Shared(standing.profile)
        shared.users += 1
        shard = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6]
        before = shard.get(pseudonym)
        own = _own(standing)
        shard[pseudonym] = (shared.slot[0], own) if own else shared.slot
        if before is not None:
            self._leave(before[0].profile)

    def _drop(self, pseudonym: bytes) -> None:
        """Forget a slot; only while holding the lock."""
        before = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6].pop(pseudonym, None)
        if before is not None:
            self._leave(before[0].profile)

    def _leave(self, profile: Profile) -> None:
        shared = self._profiles[profile]
        shared.users -= 1
        if shared.users == 0:
            del self._profiles[profile]


def _own(standing: Standing) -> bytes:
    """What the standing does not share with all others of its profile."""
    if standing.changes_at is None and not standing.times:
        return b""
    changes_at = _NEVER if standing.changes_at is None else standing.changes_at
    return struct.pack(f"{1 + len(standing.times)}q", changes_at, *standing.times)


def _resolve_packed(
    head: Head, now: Instant, known: Generations[tuple[bytes, tuple[bool, ...]], tuple[Profile, bool]]
) -> Standing:
    """What ``resolve`` gives for the record of *head*, but each shape resolved only once.

    A profile follows from a record's shape and from which instants of its clock have passed; see ``packing``.
    """
    shape, orders, clock = outline(head.packed)
    key = (shape, tuple([instant <= now for instant in clock]))
    profile_and_no = known.get(key)
    if profile_and_no is None:
        standing = resolve(unpack(head.packed), now)
        known.put(key, (standing.profile, bool(standing.times)))
        return standing
    profile, says_no = profile_and_no
    changes_at = min((instant for instant in clock if instant > now), default=None)
    return Standing(profile, changes_at, orders if says_no else ())
