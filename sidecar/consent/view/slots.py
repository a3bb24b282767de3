"""Of every subject one slot, in memory.

Subjects whose records are equal up to relative order share a profile. A slot is a pair: the standing that all subjects
of a profile share, and the instants that are the subject's own, packed; most subjects have none and share the pair too.
A slot's key is the pseudonym without its first byte, which its shard tells: 16 bytes less for each subject.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sidecar.consent.profile import Profile, Standing

SHARDS: Final = 1_024
"""Growing one dictionary of a million entries would hold the interpreter for a tenth of a second."""

NEVER: Final = -(2**63)
"""Stands for no next change; no instant of the protocol is that early."""

OVERDUE: Final = NEVER + 1
"""A next change that has always passed."""

Slot = tuple[Standing, bytes]
"""What all subjects of a profile share, and the subject's own instants."""


class _Unpackers(dict[int, Callable[[bytes], tuple[int, ...]]]):
    """For each size in bytes what unpacks so many instants; few sizes occur, and making one costs a microsecond."""

    def __missing__(self, size: int) -> Callable[[bytes], tuple[int, ...]]:
        unpacker = self[size] = struct.Struct(f"{size // 8}q").unpack
        return unpacker


_UNPACK: Final = _Unpackers()


class Shared:
    """A slot for subjects without instants of their own, and how many subjects have its profile."""

    __slots__ = ("slot", "users")

    def __init__(self, profile: Profile) -> None:
        self.slot: Final[Slot] = (Standing(profile, None, ()), b"")
        self.users = 0


class Slots:
    """Pseudonym to standing.

    Any number of threads may look up, without a lock: a slot is replaced by one store of a reference. Whoever writes
    takes turns.
    """

    def __init__(self) -> None:
        self._shards: tuple[dict[bytes, Slot], ...] = tuple({} for _ in range(SHARDS))
        self._profiles: dict[Profile, Shared] = {}

    def __len__(self) -> int:
        """How many subjects have a slot."""
        return sum(map(len, self._shards))

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        return len(self._profiles)

    def get(self, pseudonym: bytes) -> Standing | None:
        """The subject's standing; ``None`` if there is no slot."""
        slot = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6].get(pseudonym[1:])
        if slot is None:
            return None
        standing, own = slot
        if not own:
            return standing
        instants = _UNPACK[len(own)](own)
        changes_at = instants[0]
        return Standing(standing.profile, None if changes_at == NEVER else changes_at, instants[1:])

    def put(self, pseudonym: bytes, standing: Standing) -> None:
        """Replace the subject's slot."""
        shared = self.share(standing.profile)
        shared.users += 1
        shard = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6]
        key = pseudonym[1:]
        before = shard.get(key)
        own = _own(standing)
        shard[key] = (shared.slot[0], own) if own else shared.slot
        if before is not None:
            self._leave(before[0].profile)

    def drop(self, pseudonym: bytes) -> None:
        """Forget the subject's slot, if there is one."""
        before = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6].pop(pseudonym[1:], None)
        if before is not None:
            self._leave(before[0].profile)

    def share(self, profile: Profile) -> Shared:
        """What the subjects of *profile* share; for ``fill``."""
        shared = self._profiles.get(profile)
        if shared is None:
            shared = self._profiles[profile] = Shared(profile)
        return shared

    def items(self, most: int) -> Iterator[tuple[int, tuple[tuple[bytes, Slot], ...]]]:
        """Every slot, as number of the shard and key in it, at most so many at a time.

        Of those that come or go meanwhile some.
        """
        for place, shard in enumerate(self._shards):
            items = tuple(shard.copy().items())  # others write even between two items, when garbage is collected there
            for start in range(0, len(items), most):
                yield place, items[start : start + most]

    def fill(self, place: int, slots: Iterable[tuple[bytes, Shared, bytes]]) -> None:
        """Put slots of subjects who have none, as ``items`` gave them; a profile's last user leaves as ever."""
        shard = self._shards[place]
        for key, shared, own in slots:
            shared.users += 1
            shard[key] = (shared.slot[0], own) if own else shared.slot

    def by_profile(self, applies: Callable[[Profile], bool]) -> Iterator[tuple[bytes, ...]]:
        """Everybody whose profile *applies*, some at a time; of those that come or go meanwhile some."""
        known: dict[Profile, bool] = {}
        for place, shard in enumerate(self._shards):
            first, found = bytes((place >> 2,)), []
            for key, (standing, _) in shard.copy().items():  # see above
                profile = standing.profile
                if profile not in known:
                    known[profile] = applies(profile)
                if known[profile]:
                    found.append(first + key)
            yield tuple(found)

    def retire(self) -> Iterator[None]:
        """Forget everybody, a little at each step; they must not be in use any more."""
        for shard in self._shards:
            shard.clear()
            yield
        self._profiles.clear()

    def _leave(self, profile: Profile) -> None:
        shared = self._profiles[profile]
        shared.users -= 1
        if shared.users == 0:
            del self._profiles[profile]


def _own(standing: Standing) -> bytes:
    """What the standing does not share with all others of its profile."""
    if standing.changes_at is None and not standing.times:
        return b""
    changes_at = NEVER if standing.changes_at is None else standing.changes_at
    return struct.pack(f"{1 + len(standing.times)}q", changes_at, *standing.times)
