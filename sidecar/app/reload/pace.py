"""Long work in short slices, so that whoever answers questions gets the interpreter in between."""

from time import perf_counter, sleep
from typing import Final

SLICE_SECONDS: Final = 0.0003
PAUSE_SECONDS: Final = 0.0005
"""Longer than it takes another thread to wake: letting go without a pause would mostly mean to go on at once."""


class Pace:
    """Paces one thread: call ``rest`` after each small step."""

    def __init__(self) -> None:
        self._since = perf_counter()

    def rest(self) -> None:
        """Sleep for a moment, if the slice is used up."""
        if perf_counter() - self._since > SLICE_SECONDS:
            sleep(PAUSE_SECONDS)
            self._since = perf_counter()
