"""When to examine the source of a bundle: a state machine that is told what was seen, and when."""

from enum import Enum, auto
from typing import Final

from sidecar.model.instant import SECOND, Instant

FIRST_RETRY_SECONDS: Final = 1.0
LAST_RETRY_SECONDS: Final = 60.0
"""After an examination that failed for no fault of the bundle: the pause doubles from the one to the other."""


class Step(Enum):
    """What a look at the source calls for."""

    REST = auto()  # what is served is what is there
    WAIT = auto()  # it is changing, or what is there is known to be bad
    EXAMINE = auto()


class Watch:
    """Remembers what was seen and concluded last; times are ticks. Not thread-safe."""

    def __init__(self, seen: bytes, *, settle_seconds: float) -> None:
        self._settle = round(settle_seconds * SECOND)
        self._seen = seen
        self._since: Instant | None = None  # None: it was there before the first look
        self._concluded: bytes | None = seen
        self._good = True
        self._again_at: Instant | None = None
        self._pause_seconds = FIRST_RETRY_SECONDS

    def see(self, seen: bytes, now: Instant) -> Step:
        """What to do now that the source has the fingerprint *seen*.

        A checkout writes many files, one after the other: a new state must have been the same for the settle time.
        """
        if seen != self._seen:
            self._seen, self._since = seen, now
            self._again_at, self._pause_seconds = None, FIRST_RETRY_SECONDS
        if seen == self._concluded:
            if self._again_at is None or now < self._again_at:
                return Step.REST if self._good else Step.WAIT
            return Step.EXAMINE
        return Step.WAIT if self._since is not None and now - self._since < self._settle else Step.EXAMINE

    def forget(self) -> None:
        """Have what is there examined though it may be known: somebody asked for it."""
        self._concluded = self._again_at = None

    def moved(self, now: Instant) -> None:
        """What was to be examined changed meanwhile: it has to settle again."""
        self._since = now

    def conclude(self, *, good: bool) -> None:
        """What was seen last was examined: it is served, or it is bad and stays so until it changes."""
        self._concluded, self._good, self._again_at = self._seen, good, None
        self._pause_seconds = FIRST_RETRY_SECONDS

    def fail(self, now: Instant) -> float:
        """What was seen last could not be examined; returns after how many seconds that is tried again."""
        pause = self._pause_seconds
        self._concluded, self._good, self._again_at = self._seen, False, now + round(pause * SECOND)
        self._pause_seconds = min(2 * pause, LAST_RETRY_SECONDS)
        return pause
