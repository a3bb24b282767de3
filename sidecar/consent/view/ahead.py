"""What this process put into a view before the feed of a shared log came to it."""

from typing import Final

CAPACITY: Final = 65_536
"""Subjects; past that they are doubted instead."""


class Ahead:
    """Positions of the slots that are ahead of the feed; of use only while holding the view's lock.

    Bounded: what does not fit raises the position up to which the feed's entries may be older than what is there.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._positions: dict[bytes, int] = {}  # the latest put last
        self.doubted_through = 0
        """Up to here an entry of the feed may be older than the slot, and nobody knows."""

    def __len__(self) -> int:
        """How many are ahead."""
        return len(self._positions)

    def put(self, pseudonym: bytes, position: int) -> bool:
        """Whether an entry at *position*, which the feed has not come to, is the latest; then it is ahead."""
        before = self._positions.pop(pseudonym, 0)
        latest = max(before, position)
        if before or len(self._positions) < self._capacity:
            self._positions[pseudonym] = latest
        else:
            self.doubted_through = max(self.doubted_through, latest)
        return position >= before

    def fed(self, pseudonym: bytes, position: int) -> bool:
        """Whether the feed's entry at *position* is at least as late as what was put; then nothing is ahead of it."""
        if not self._positions:
            return True
        if self._positions.get(pseudonym, 0) > position:
            return False
        self._positions.pop(pseudonym, None)
        return True

    def passed(self, position: int) -> None:
        """The feed has come to *position*: what an erasure kept it from giving is not waited for."""
        while self._positions:
            pseudonym = next(iter(self._positions))
            if self._positions[pseudonym] > position:
                return
            del self._positions[pseudonym]
