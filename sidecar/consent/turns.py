"""Turns of those who write to a log: one at a time, and nobody waits behind one that hangs."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from threading import Lock
from time import monotonic
from typing import Final

from sidecar.errors import ConsentLogError

PATIENCE_SECONDS: Final = 3.0
"""How long a turn may last before nobody waits behind it: threads that wait answer no questions meanwhile."""

_LOOK_SECONDS: Final = 0.05


class Turns:
    """One turn at a time. Safe for any number of threads."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._lock = Lock()
        self._began = inf  # when the present turn did; infinite while there is none

    @contextmanager
    def take(self) -> Iterator[None]:
        """A turn; waits while those of others are quick, and raises ``ConsentLogError`` once one is not."""
        while not self._lock.acquire(timeout=_LOOK_SECONDS):
            if monotonic() - self._began > self._patience:
                raise ConsentLogError("the consent log does not answer who came before; send the event again")
        self._began = monotonic()
        try:
            yield
        finally:
            self._began = inf
            self._lock.release()
