"""Of every subject one slot, in memory.

Subjects whose records are equal up to relative order share a profile, and those that have no instants of their own,
which are most, share the whole standing. A slot's key is the pseudonym without its first byte, which its shard tells:
16 bytes less for each subject.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from sidecar.consent.profile import Profile, Standing
from sidecar.consent.view.sharing import Shared, Sharing
from sidecar.model.instant import Instant

SHARDS: Final = 1_024
"""Growing one dictionary of a million entries would hold the interpreter for a tenth of a second."""

NEVER: Final = -(2**63)
"""Stands for no next change; no instant of the protocol is that early."""

OVERDUE: Final = NEVER + 1
"""A next change that has always passed."""

Own = tuple[int, Instant | None, bytes]
"""Number of a subject, and the ``changes_at`` and ``packed`` of a standing that is not shared."""


class Slots:
    """Pseudonym to standing.

    Any number of threads may look up, without a lock: a slot is replaced by one store of a reference. Whoever writes
    takes turns.
    """

    def __init__(self) -> None:
        self._shards: tuple[dict[bytes, Standing], ...] = tuple({} for _ in range(SHARDS))
        self._sharing = Sharing()

    def __len__(self) -> int:
        """How many subjects have a slot."""
        return sum(map(len, self._shards))

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        return len(self._sharing)

    def get(self, pseudonym: bytes) -> Standing | None:
        """The subject's standing; ``None`` if there is no slot."""
        return self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6].get(pseudonym[1:])

    def put(self, pseudonym: bytes, standing: Standing) -> None:
        """Replace the subject's slot."""
        shard = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6]
        key = pseudonym[1:]
        before = shard.get(key)
        shard[key] = self._sharing.take(standing)
        if before is not None:
            self._sharing.leave(before)

    def drop(self, pseudonym: bytes) -> None:
        """Forget the subject's slot, if there is one."""
        before = self._shards[pseudonym[0] << 2 | pseudonym[1] >> 6].pop(pseudonym[1:], None)
        if before is not None:
            self._sharing.leave(before)

    def share(self, profile: Profile) -> Shared:
        """What the subjects of *profile* share; for ``fill``."""
        return self._sharing.of(profile)

    def items(self, most: int) -> Iterator[tuple[int, tuple[tuple[bytes, Standing], ...]]]:
        """Every slot, as number of the shard and key in it, at most so many at a time.

        Of those that come or go meanwhile some.
        """
        for place, shard in enumerate(self._shards):
            items = tuple(shard.copy().items())  # others write even between two items, when garbage is collected there
            for start in range(0, len(items), most):
                yield place, items[start : start + most]

    def fill(self, place: int, keys: Sequence[bytes], sharing: Sequence[Shared], own: Iterable[Own]) -> None:
        """Put slots of subjects who have none, in the shard that ``items`` gave them in.

        *own* is of those of them who have instants of their own. A profile's last user leaves as ever. Raises
        ``ValueError`` or ``IndexError`` if the arguments do not fit together.
        """
        standings = [shared.standing for shared in sharing]
        for shared in sharing:
            shared.users += 1
        for number, changes_at, packed in own:
            standings[number] = Standing(standings[number].profile, changes_at, packed)
        self._shards[place].update(zip(keys, standings, strict=True))

    def by_profile(self, applies: Callable[[Profile], bool]) -> Iterator[tuple[bytes, ...]]:
        """Everybody whose profile *applies*, some at a time; of those that come or go meanwhile some."""
        known: dict[Profile, bool] = {}
        for place, shard in enumerate(self._shards):
            first, found = bytes((place >> 2,)), []
            for key, standing in shard.copy().items():  # see above
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
        self._sharing.clear()
