"""Reads from the log for questions about people whose standing is not held, or over; bounded in number and in vain."""

from threading import Semaphore
from time import monotonic
from typing import Final

from sidecar.consent.view.cache import ConsentCache
from sidecar.errors import ConsentLogError
from sidecar.model.instant import Instant
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics

AT_ONCE: Final = 4
"""Threads that may read at a time; a log that does not answer must leave the others to those who are held."""

_PATIENCE_SECONDS: Final = 0.05
"""Without any read beginning or ending for so long, nobody more waits for a turn."""

_MOST_SECONDS: Final = 1.0


class Reads:
    """Has subjects be read, in the thread of whoever asks. Safe for any number of threads.

    While the log answers, everybody gets a turn. When it does not, at most ``AT_ONCE`` threads wait for it; after a
    read has failed, nobody tries again for as long as that took, so that a log that is down costs at most half of their
    time, and a batch about many people waits for it once.
    """

    def __init__(self, cache: ConsentCache, metrics: Metrics, errors: ErrorReports) -> None:
        self._cache = cache
        self._metrics = metrics
        self._errors = errors
        self._turns = Semaphore(AT_ONCE)
        self._moved_at = 0.0  # when a read last began or ended
        self._again_at = 0.0  # when it makes sense to try again

    def read(self, pseudonym: bytes, *, now: Instant, until: float) -> bool:
        """Whether the subject was read and resolved at *now*; waits for a turn *until* then, at most for a moment."""
        if not self._take_turn(until):
            self._metrics.read("refused")
            return False
        try:
            if monotonic() < self._again_at:  # it failed while this thread waited
                self._metrics.read("refused")
                return False
            began = self._moved_at = monotonic()
            self._cache.refresh(pseudonym, now=now)
        except ConsentLogError as error:
            ended = monotonic()
            self._again_at = ended + min(ended - began, _MOST_SECONDS)
            self._metrics.read("failed")
            self._errors.report("consent", error)
            return False
        else:
            self._metrics.read("done")
            return True
        finally:
            self._moved_at = monotonic()
            self._turns.release()

    def _take_turn(self, until: float) -> bool:
        if monotonic() < self._again_at:
            return False
        if self._turns.acquire(blocking=False):
            return True
        seconds = min(self._moved_at + _PATIENCE_SECONDS, until) - monotonic()
        return seconds > 0 and self._turns.acquire(timeout=seconds)
