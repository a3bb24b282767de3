"""Standings of some subjects: a bounded number of them, those kept that were asked for lately.

Subjects whose records are equal up to relative order share a profile, as in ``slots``.
"""

from typing import Final

from msgspec import Struct

from sidecar.consent.profile import Standing
from sidecar.consent.view.sharing import Sharing

ERAS: Final = 8
"""So many eras make a lifetime, so that not everybody's ends at once."""

_ALWAYS: Final = 2**63
"""The era of those who never go."""

_SHARDS: Final = 256
"""Growing one large dictionary would hold the interpreter for too long."""

_CHANCES: Final = 8
"""How many subjects that were asked for may be passed over to find one that was not."""


class _Held(Struct, gc=False):
    """What is known of a held subject; all but *asked* is set once. Nothing in it can refer back to it."""

    standing: Standing
    position: int
    era: int
    place: int
    asked: bool


class Holding:
    """Standings of at most *capacity* subjects, each with the position of the entry that it reflects.

    When it is full, the next in turn makes room that was not asked for since its last turn ("second chance"). Readers
    only set a flag: they never move anything, so none can bring back what a writer has just replaced or removed.

    Lifetime runs from the writing, in eras: what was written in the last ``ERAS`` of them is held, what is older counts
    as gone, however often it is asked for. Those who are *pinned* are neither too old nor in the way.

    Any number of threads may ``get``, without a lock. Whoever writes takes turns.
    """

    def __init__(self, capacity: int, pinned: frozenset[bytes] = frozenset()) -> None:
        self._capacity = capacity + len(pinned)
        self._pinned = pinned
        self._sharing = Sharing()
        self._shards: tuple[dict[bytes, _Held], ...] = tuple({} for _ in range(_SHARDS))
        self._ring: list[bytes | None] = []  # who holds each place
        self._free: list[int] = []
        self._turn = 0  # the place that is next to make room
        self._swept = 0  # the place that is next to be looked at for its age
        self._era = 1
        self._oldest = 0  # the first era that counts

    def __len__(self) -> int:
        """How many subjects have a place; of those whose time is over some."""
        return len(self._ring) - len(self._free)

    @property
    def profiles(self) -> int:
        """How many different profiles they have."""
        return len(self._sharing)

    def get(self, pseudonym: bytes) -> Standing | None:
        """The subject's standing, and count it as asked for; ``None`` if it is not held."""
        held = self._shards[pseudonym[0]].get(pseudonym)
        if held is None or held.era < self._oldest:
            return None
        held.asked = True
        return held.standing

    def position(self, pseudonym: bytes) -> int | None:
        """The position of the entry that the subject's standing reflects, 0 for none; ``None`` if it is not held."""
        held = self._shards[pseudonym[0]].get(pseudonym)
        return None if held is None or held.era < self._oldest else held.position

    def put(self, pseudonym: bytes, standing: Standing, position: int) -> None:
        """Hold *standing*, which reflects the entry at *position*; another subject may have to make room."""
        shard = self._shards[pseudonym[0]]
        before = shard.get(pseudonym)
        era = _ALWAYS if pseudonym in self._pinned else self._era
        place = self._take_place(pseudonym) if before is None else before.place
        asked = before is not None and before.asked
        shard[pseudonym] = _Held(self._sharing.take(standing), position, era, place, asked)
        if before is not None:
            self._sharing.leave(before.standing)

    def drop(self, pseudonym: bytes) -> None:
        """Hold the subject no longer, if it is held."""
        held = self._shards[pseudonym[0]].pop(pseudonym, None)
        if held is not None:
            self._sharing.leave(held.standing)
            self._ring[held.place] = None
            self._free.append(held.place)

    def begin_era(self) -> None:
        """Let time go on: what was written in the oldest era is not held any more."""
        self._era += 1
        self._oldest = max(self._oldest, self._era - ERAS + 1)

    def void(self) -> None:
        """Hold nobody any more; at once, however many there are."""
        self._era += 1
        self._oldest = self._era
        for pseudonym in self._pinned:
            self.drop(pseudonym)

    def sweep(self, places: int) -> None:
        """Look at so many places more, and free those whose time is over."""
        for _ in range(min(places, len(self._ring))):
            self._swept = (self._swept + 1) % len(self._ring)
            pseudonym = self._ring[self._swept]
            if pseudonym is not None and self.position(pseudonym) is None:
                self.drop(pseudonym)

    def _take_place(self, pseudonym: bytes) -> int:
        if not self._free and len(self._ring) < self._capacity:
            self._ring.append(pseudonym)
            return len(self._ring) - 1
        if not self._free:
            self._make_room()
        place = self._free.pop()
        self._ring[place] = pseudonym
        return place

    def _make_room(self) -> None:
        """Free one place; only while all are taken."""
        chances = _CHANCES
        while True:
            pseudonym = self._ring[self._turn]
            self._turn = (self._turn + 1) % self._capacity
            assert pseudonym is not None
            held = self._shards[pseudonym[0]][pseudonym]
            if held.era == _ALWAYS:
                continue
            if not held.asked or held.era < self._oldest or not chances:
                break
            held.asked = False
            chances -= 1
        self.drop(pseudonym)
