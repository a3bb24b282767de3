"""Records that are being read from the log just now, and what is put into the view meanwhile."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

VOID: Final = sys.maxsize
"""A position later than any: whatever was read does not count."""


class Read:
    """A reading of one subject's record; two are equal only if they are one."""

    __slots__ = ("overtaken_at",)

    def __init__(self) -> None:
        self.overtaken_at = 0
        """The latest position of what was put meanwhile; what was read is of use only if it is not before that."""


class Reads:
    """All readings of a view; *lock* is the view's, held by whoever calls anything but ``of``."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._reads: dict[bytes, list[Read]] = {}

    def __len__(self) -> int:
        """Of how many subjects a record is being read."""
        return len(self._reads)

    @contextmanager
    def of(self, pseudonym: bytes) -> Iterator[Read]:
        """A reading, which from now on is told what is put; takes the lock for a moment."""
        read = Read()
        with self._lock:
            self._reads.setdefault(pseudonym, []).append(read)
        try:
            yield read
        finally:
            with self._lock:
                self._reads[pseudonym].remove(read)
                if not self._reads[pseudonym]:
                    del self._reads[pseudonym]

    def overtake(self, pseudonym: bytes, position: int) -> None:
        """An entry at *position* is put for the subject."""
        for read in self._reads.get(pseudonym, ()):
            read.overtaken_at = max(read.overtaken_at, position)

    def void(self) -> None:
        """Nothing that is being read counts any more."""
        for pseudonym in self._reads:
            self.overtake(pseudonym, VOID)
