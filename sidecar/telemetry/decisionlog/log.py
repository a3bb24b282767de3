"""The queue between requests and lines, and the thread that writes."""

import logging
from collections import deque
from collections.abc import Sequence
from threading import Event, Thread
from time import sleep, thread_time
from typing import Final

from sidecar.errors import DecisionLogError
from sidecar.telemetry.decisionlog.recording import OUTCOME, Handed
from sidecar.telemetry.decisionlog.rendering import Renderer
from sidecar.telemetry.decisionlog.sink import Sink
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics

COMPONENT: Final = "decision_log"
FULL, UNWRITTEN = "queue_full", "not_written"
"""Why lines were dropped."""

_LOOK_SECONDS: Final = 0.02
"""Once nothing is queued, until the next look: to wake up for a few lines costs more than the lines."""

_HOLD_SECONDS: Final = 0.0003
"""Processor time in which lines are made before they are written, which lets go of the interpreter."""

_STEP: Final = 32
"""Lines, or as many as one answer has, that are made before looking at the time: 10 to 30 us, 500 of odd ones."""

_MOST_MADE: Final = 64
"""Lines that may wait to be written: one about an audience has up to a third of a megabyte."""

_BREATH_SECONDS: Final = 0.001
"""Between two writes while more is queued."""

_STOP_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


class DecisionLog:
    """Takes answers from any number of threads, never waits, and writes them on a thread of its own.

    At most *capacity* answers are queued; one more is dropped and counted. So is what cannot be written; the error is
    reported once, until something can be written again.
    """

    def __init__(
        self, sink: Sink, renderer: Renderer, *, capacity: int, metrics: Metrics, errors: ErrorReports
    ) -> None:
        self._sink = sink
        self._renderer = renderer
        self._capacity = capacity
        self._metrics = metrics
        self._errors = errors
        self._queue: deque[Handed] = deque()
        self._made: deque[bytes] = deque()
        self._stopping = Event()
        self._failing = False
        self._thread = Thread(target=self._run, name="decision-log", daemon=True)

    def __len__(self) -> int:
        """How many answers are queued."""
        return len(self._queue) + len(self._made)

    def put(self, answers: Sequence[Handed]) -> None:
        """Have *answers* written in their order, or dropped, the last first; never waits, never raises."""
        # Threads that look at once may queue too many, as many as they bring: cheaper than a lock.
        room = self._capacity - len(self._queue)
        if len(answers) <= room:
            self._queue.extend(answers)
        else:
            room = max(room, 0)
            self._queue.extend(answers[:room])
            self._metrics.decisions_dropped(FULL, _lines(answers[room:]))

    def put_line(self, line: bytes) -> None:
        """Have *line* written, which has been made already, or dropped; never waits, never raises."""
        if len(self._made) >= _MOST_MADE:
            self._metrics.decisions_dropped(FULL, 1)
        else:
            self._made.append(line)

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
        left = _lines(tuple(self._queue)) + len(self._made)
        if left:
            self._metrics.decisions_dropped(UNWRITTEN, left)
            _log.warning("decisions were not logged", extra={"details": {"lines": left}})
        if not self._thread.is_alive():  # else it is at a write that nobody reads, and needs its descriptor
            self._sink.close()

    def _run(self) -> None:
        while True:
            stopping = self._stopping.is_set()  # looked at first: what was put before it must still be found
            while self:
                self.write_some()
                if self:
                    sleep(_BREATH_SECONDS)
            if stopping:
                return
            self._stopping.wait(_LOOK_SECONDS)

    def write_some(self) -> None:
        """Write the oldest answers, as many as are made in the time there is; for the thread that writes alone."""
        until = thread_time() + _HOLD_SECONDS
        texts: list[bytes] = []
        lines = 0
        try:
            if self._made:
                texts.append(self._made.popleft())
                lines += 1
            while self._queue:
                answers, taken = self._take()
                lines += taken
                texts.append(self._renderer.render(answers))
                if thread_time() >= until:
                    break
            self._sink.write(b"".join(texts))
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

    def _take(self) -> tuple[list[Handed], int]:
        """The oldest few answers, and how many lines they have."""
        answers, lines = [], 0
        while self._queue and lines < _STEP:
            answered = self._queue.popleft()
            answers.append(answered)
            lines += len(answered[OUTCOME].results)
        return answers, lines


def _lines(answers: Sequence[Handed]) -> int:
    return sum(len(answered[OUTCOME].results) for answered in answers)


def _told(error: Exception) -> Exception:
    if isinstance(error, OSError):
        return DecisionLogError(f"decisions cannot be logged: {error.strerror or error}")
    return error
