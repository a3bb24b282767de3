"""Long work in short slices, so that whoever answers questions gets the interpreter in between (ADR-0040)."""

from time import perf_counter, sleep
from typing import Final

SLICE_SECONDS: Final = 0.0003

PAUSE_SECONDS: Final = 0.0005
"""For work that has time: others have more of the interpreter than it has."""

BREATH_SECONDS: Final = 0.00005
"""Just enough for another thread to wake up in. Work that lets go of the interpreter without, as each statement of a
database does, mostly has it back at once: others wait, however often it does so."""


class Pace:
    """Paces one thread: call ``rest`` after each small step."""

    def __init__(self, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._pause_seconds = pause_seconds
        self._since = perf_counter()

    def rest(self) -> None:
        """Sleep for a moment, if the slice is used up."""
        if perf_counter() - self._since > SLICE_SECONDS:
            sleep(self._pause_seconds)
            self._since = perf_counter()
