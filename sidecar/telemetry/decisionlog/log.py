"""The queue between requests and lines, and the thread that writes."""

import logging
from collections import deque
from threading import Event, Thread
from time import sleep
from typing import Final

from sidecar.errors import DecisionLogError
from sidecar.telemetry.decisionlog.line import encode
from sidecar.telemetry.decisionlog.recording import Answered, Recorder
from sidecar.telemetry.decisionlog.sink import Sink
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics

COMPONENT: Final = "decision_log"
FULL, UNWRITTEN = "queue_full", "not_written"
"""Why lines were dropped."""

_LOOK_SECONDS: Final = 0.1
_BATCH: Final = 32
"""Lines between two writes, or as many as one answer has: to make one holds the interpreter for some 10 us."""

_BREATH_SECONDS: Final = 0.0002
_STOP_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


class DecisionLog:
    """Takes answers from any number of threads, never waits, and writes them on a thread of its own.

    At most *capacity* answers are queued; one more is dropped and counted. So is what cannot be written; the error is
    reported once, until something can be written again.
    """

    def __init__(
        self, sink: Sink, recorder: Recorder, *, capacity: int, metrics: Metrics, errors: ErrorReports
    ) -> None:
        self._sink = sink
        self._recorder = recorder
        self._capacity = capacity
        self._metrics = metrics
        self._errors = errors
        self._queue: deque[Answered] = deque()
        self._stopping = Event()
        self._failing = False
        self._thread = Thread(target=self._run, name="decision-log", daemon=True)

    def __len__(self) -> int:
        """How many answers are queued."""
        return len(self._queue)

    def put(self, answered: Answered) -> None:
        """Have *answered* written, or dropped; never waits, never raises."""
        # Threads that look at once may queue as many too many as there are threads: cheaper than a lock.
        if len(self._queue) >= self._capacity:
            self._metrics.decisions_dropped(FULL, len(answered.outcome.results))
        else:
            self._queue.append(answered)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def reopen(self) -> None:
        """Open the file again before the next write; fit for a signal handler."""
        self._sink.reopen()

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Write what is queued, for at most *seconds*; what is left then is dropped. Nothing may be put any more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        left = sum(len(answered.outcome.results) for answered in tuple(self._queue))
        if left:
            self._metrics.decisions_dropped(UNWRITTEN, left)
            _log.warning("decisions were not logged", extra={"details": {"lines": left}})
        if not self._thread.is_alive():  # else it is at a write that nobody reads, and needs its descriptor
            self._sink.close()

    def _run(self) -> None:
        while True:
            stopping = self._stopping.is_set()  # looked at first: what was put before it must still be found
            while self._queue:
                self.write_some()
                sleep(_BREATH_SECONDS)
            if stopping:
                return
            self._stopping.wait(_LOOK_SECONDS)

    def write_some(self) -> None:
        """Write the oldest few answers; for the thread that writes alone."""
        answers, lines = [], 0
        while self._queue and lines < _BATCH:
            answers.append(self._queue.popleft())
            lines += len(answers[-1].outcome.results)
        try:
            texts = [encode(line) for answered in answers for line in self._recorder.lines(answered)]
            self._sink.write(b"\n".join((*texts, b"")))
        except Exception as error:  # noqa: BLE001 - whatever it is, the next answers must be written
            self._metrics.decisions_dropped(UNWRITTEN, lines)
            if not self._failing:
                self._errors.report(COMPONENT, _told(error))
            self._failing = True
        else:
            self._metrics.decisions_written(lines)
            if self._failing:
                _log.info("decisions are logged again")
            self._failing = False


def _told(error: Exception) -> Exception:
    if isinstance(error, OSError):
        return DecisionLogError(f"decisions cannot be logged: {error.strerror or error}")
    return error
