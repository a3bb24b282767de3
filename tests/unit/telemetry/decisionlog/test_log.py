import errno
import logging
from threading import Event, Thread

import pytest

from sidecar.telemetry.decisionlog.line import decode
from sidecar.telemetry.decisionlog.log import DecisionLog
from sidecar.telemetry.decisionlog.rendering import Renderer
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry
from tests.unit.telemetry.decisionlog.answers import ALLOWED, answered


class Kept:
    """A sink that keeps what it is given, fails while told to, and can be held up."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.failing: Exception | None = None
        self.gate = Event()
        self.gate.set()
        self.reopened = 0
        self.closed = False

    def write(self, lines: bytes) -> None:
        """Keep them."""
        self.gate.wait(10)
        if self.failing is not None:
            raise self.failing
        self.lines += lines.splitlines()

    def reopen(self) -> None:
        """Count it."""
        self.reopened += 1

    def close(self) -> None:
        """Remember it."""
        self.closed = True


class Logged:
    """A decision log into a sink that keeps, and what was counted."""

    def __init__(self, capacity: int = 100) -> None:
        self.registry = Registry()
        self.sink = Kept()
        metrics = Metrics(self.registry)
        self.errors = ErrorReports(metrics, lambda: 0)
        self.log = DecisionLog(self.sink, Renderer(), capacity=capacity, metrics=metrics, errors=self.errors)

    def put(self, *numbers: int, fields: int = 1) -> None:
        """Answers with these numbers, about so many fields each."""
        for number in numbers:
            self.log.put([answered(*[ALLOWED] * fields, decision_id=str(number))])

    def written(self) -> list[str]:
        """The ids of what was written."""
        return [decode(line).id for line in self.sink.lines]

    def counted(self, name: str, **labels: str) -> float:
        """A counter of the decision log."""
        return self.registry.get_sample_value(f"sidecar_decision_log_{name}_total", labels) or 0.0


def test_what_is_put_is_written_in_its_order() -> None:
    """All of it, at the latest at the end."""
    logged = Logged(capacity=1_000)
    logged.log.start()
    logged.put(*range(200))
    logged.log.stop()

    assert [f"{number}.0" for number in range(200)] == logged.written()
    assert (200.0, 0) == (logged.counted("written"), len(logged.log))
    assert logged.sink.closed


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    """With a writer that does not write: the oldest are kept, lines count, nothing waits."""
    logged = Logged(capacity=3)
    logged.put(1, 2, 3, 4, 5, fields=2)

    assert 3 == len(logged.log)
    assert 4.0 == logged.counted("dropped", because="queue_full")

    logged.log.write_some()

    assert ["1.0", "1.1", "2.0", "2.1", "3.0", "3.1"] == logged.written()
    assert 6.0 == logged.counted("written")


def test_of_a_burst_that_does_not_fit_as_much_is_kept_as_does() -> None:
    """Its first answers; what comes when there is no room left at all is dropped as a whole."""
    logged = Logged(capacity=3)
    burst = [answered(ALLOWED, ALLOWED, decision_id=str(number)) for number in range(5)]
    logged.log.put(burst)
    logged.log.put(burst)
    logged.log.write_some()

    assert ["0.0", "0.1", "1.0", "1.1", "2.0", "2.1"] == logged.written()
    assert 2.0 * (2 + 5) == logged.counted("dropped", because="queue_full")


def test_a_sink_that_hangs_holds_nobody_up() -> None:
    """Callers put, the queue fills, the rest is dropped, and a stop does not wait for ever."""
    logged = Logged(capacity=50)
    logged.sink.gate.clear()
    logged.log.start()
    logged.put(*range(500))
    logged.log.stop(0.05)

    assert logged.counted("dropped", because="queue_full") >= 500 - 50 - 32
    assert not logged.sink.closed  # the writer is still at it
    assert 500.0 >= logged.counted("dropped", because="queue_full") + logged.counted("dropped", because="not_written")

    logged.sink.gate.set()


def test_an_error_is_reported_once_and_its_lines_counted(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is one error, however long; what comes after it is written, and told of."""
    logged = Logged()
    logged.sink.failing = OSError(errno.ENOSPC, "No space left on device")
    for number in (1, 2, 3):
        logged.put(number, fields=2)
        logged.log.write_some()
    logged.sink.failing = None
    with caplog.at_level(logging.INFO, "sidecar.telemetry.decisionlog.log"):
        logged.put(4)
        logged.log.write_some()

    assert ["decisions cannot be logged: No space left on device"] == [e.message for e in logged.errors.latest()]
    assert 6.0 == logged.counted("dropped", because="not_written")
    assert ["4.0"] == logged.written()
    assert "decisions are logged again" == caplog.messages[-1]

    logged.sink.failing = OSError(errno.EPIPE, "Broken pipe")
    logged.put(5)
    logged.log.write_some()

    assert 2 == len(logged.errors.latest())


def test_no_error_ends_the_writer() -> None:
    """Not even one that nobody thought of; its text is not shown, for it may quote anything."""
    logged = Logged()
    logged.sink.failing = ValueError("mia@example.org")
    logged.put(1)
    logged.log.start()
    logged.log.stop()

    assert ["unexpected ValueError"] == [error.message for error in logged.errors.latest()]
    assert 1.0 == logged.counted("dropped", because="not_written")


def test_many_threads_lose_nothing() -> None:
    """What is put is written or counted."""
    logged = Logged(capacity=64)
    logged.log.start()
    threads = [Thread(target=logged.put, args=range(100)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logged.log.stop()

    assert 400.0 == len(logged.sink.lines) + logged.counted("dropped", because="queue_full")


def test_a_log_that_was_never_started_can_be_stopped() -> None:
    """As after a start that failed; what was put is counted as lost."""
    logged = Logged()
    logged.put(1)
    logged.log.reopen()
    logged.log.stop()

    assert (1, True) == (logged.sink.reopened, logged.sink.closed)
    assert 1.0 == logged.counted("dropped", because="not_written")


def test_a_line_that_is_made_already_is_written_as_it_is() -> None:
    """Beside the answers; at a stop too."""
    logged = Logged()
    logged.log.put_line(b"made\n")
    logged.put(1)

    assert 2 == len(logged.log)
    logged.log.start()
    logged.log.stop()
    assert b"made" in logged.sink.lines
    assert (2, 2.0, 0) == (len(logged.sink.lines), logged.counted("written"), len(logged.log))


def test_lines_that_are_made_already_are_few() -> None:
    """Each may be long: what is too many is dropped and counted, and so is what is left at the end."""
    logged = Logged()
    for _ in range(70):
        logged.log.put_line(b"made\n")
    logged.log.stop()

    assert 6.0 == logged.counted("dropped", because="queue_full")
    assert 64.0 == logged.counted("dropped", because="not_written")
