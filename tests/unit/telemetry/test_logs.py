import io
import json
import logging
from collections.abc import Iterator
from itertools import count

import pytest

from sidecar.config import Log
from sidecar.errors import ConsentLogError
from sidecar.model.instant import SECOND
from sidecar.telemetry.errors import KEPT, LINES, QUIET_SECONDS, ErrorReports, LastError
from sidecar.telemetry.logs import LOGGER, configure
from sidecar.telemetry.metrics import Metrics, Registry


@pytest.fixture(autouse=True)
def _same_logger_after() -> Iterator[None]:
    """Leave the logger as it was for other tests."""
    logger = logging.getLogger(LOGGER)
    before = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, logger.level, logger.propagate = before


def logged(config: Log, level: int, message: str, details: dict[str, object] | None = None) -> str:
    """What one line looks like."""
    stream = io.StringIO()
    configure(config, stream)
    logging.getLogger(f"{LOGGER}.part").log(level, message, extra={} if details is None else {"details": details})
    return stream.getvalue()


def test_json_lines_carry_the_details() -> None:
    """One object a line, the details beside the message."""
    line = logged(Log(format="json"), logging.WARNING, "two\nlines", {"seconds": 1.5, "addresses": ("a", "b")})
    content = json.loads(line)
    at = content.pop("at")

    assert 1 == line.count("\n")
    assert at.endswith("Z")
    assert content == {
        "level": "warning",
        "logger": "sidecar.part",
        "message": "two\nlines",
        "seconds": 1.5,
        "addresses": ["a", "b"],
    }


def test_console_lines_cannot_be_forged() -> None:
    """Line feeds and escape sequences of what others sent are shown, not obeyed."""
    line = logged(Log(format="console"), logging.INFO, "hello \x1b[2J\n2026 fake", {"name": "a\nb"})

    assert line.endswith("info    hello \\x1b[2J\\n2026 fake name=a\\nb\n")
    assert 1 == line.count("\n")


def test_auto_is_json_where_nobody_reads() -> None:
    """A stream that is no terminal gets JSON."""
    assert "x" == json.loads(logged(Log(), logging.INFO, "x"))["message"]


def test_what_is_below_the_level_is_not_said() -> None:
    """The level is the least that is logged."""
    assert "" == logged(Log(level="error"), logging.WARNING, "x")


def test_configuring_again_replaces() -> None:
    """No line comes twice."""
    configure(Log(format="console"), io.StringIO())

    assert 1 == logged(Log(format="console"), logging.INFO, "once").count("once")


def test_reports_count_keep_and_tell() -> None:
    """An error is counted by component and kept with its time, the newest first."""
    registry = Registry()
    reports = ErrorReports(Metrics(registry), lambda: 7)
    reports.report("consent", ConsentLogError("the disk is full"))
    reports.report("grpc", ConsentLogError("gone"))

    assert reports.latest() == (
        LastError(at=7, component="grpc", message="gone"),
        LastError(at=7, component="consent", message="the disk is full"),
    )
    assert 1.0 == registry.get_sample_value("sidecar_errors_total", {"component": "consent"})


def test_only_the_latest_reports_are_kept() -> None:
    """Errors cannot eat the memory."""
    reports = ErrorReports(Metrics(Registry()), lambda: 0)
    for number in range(KEPT + 5):
        reports.report("grpc", ConsentLogError(str(number)))

    assert KEPT == len(reports.latest())
    assert str(KEPT + 4) == reports.latest()[0].message


def test_the_text_of_a_foreign_exception_is_not_repeated() -> None:
    """It may quote anything, a subject id too; where it came from is told instead."""
    stream = io.StringIO()
    configure(Log(format="json"), stream)
    reports = ErrorReports(Metrics(Registry()), lambda: 0)
    try:
        raise KeyError("person-00001")  # noqa: TRY301 - raised to be reported
    except KeyError as error:
        reports.report("grpc", error)

    assert "unexpected KeyError" == reports.latest()[0].message
    assert "person-00001" not in stream.getvalue()
    assert "test_the_text_of_a_foreign_exception_is_not_repeated" in json.loads(stream.getvalue())["frames"][-1]


def lines(stream: io.StringIO) -> list[tuple[str, int]]:
    """The message of each line that was logged, and how often it says that it came unlogged."""
    content = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [(line["message"], line.get("repeated", 0)) for line in content]


def test_an_error_that_comes_again_and_again_is_logged_now_and_then() -> None:
    """Each is counted; the next line says how many there were. Another error or component is logged at once."""
    stream = io.StringIO()
    configure(Log(format="json"), stream)
    registry = Registry()
    at = iter([*(number * SECOND for number in range(QUIET_SECONDS + 1)), 0, 0])
    reports = ErrorReports(Metrics(registry), lambda: next(at))
    for _ in range(QUIET_SECONDS + 1):
        reports.report("consent", ConsentLogError("gone"))
    reports.report("grpc", ConsentLogError("gone"))
    reports.report("consent", ConsentLogError("full"))

    assert [("gone", 0), ("gone", QUIET_SECONDS - 1), ("gone", 0), ("full", 0)] == lines(stream)
    assert QUIET_SECONDS + 2.0 == registry.get_sample_value("sidecar_errors_total", {"component": "consent"})


def test_a_clock_that_is_set_back_does_not_silence() -> None:
    """What was logged in a future that is not yet is logged again."""
    stream = io.StringIO()
    configure(Log(format="json"), stream)
    at = iter((1_000 * SECOND, 0))
    reports = ErrorReports(Metrics(Registry()), lambda: next(at))
    reports.report("consent", ConsentLogError("gone"))
    reports.report("consent", ConsentLogError("gone"))

    assert [("gone", 0), ("gone", 0)] == lines(stream)


def test_of_many_errors_the_oldest_is_forgotten() -> None:
    """That each was logged cannot eat the memory: how often one came that is forgotten, nobody knows."""
    stream = io.StringIO()
    configure(Log(format="json"), stream)
    at = count(0, SECOND)
    reports = ErrorReports(Metrics(Registry()), lambda: next(at))
    said = [0, 0, 1, 1, *range(2, 65), 1, 0]
    for number in said:
        reports.report("consent", ConsentLogError(str(number)))

    assert [*((str(number), 0) for number in range(65)), ("1", 1), ("0", 0)] == lines(stream)


def test_a_storm_of_errors_that_are_all_different_is_not_a_flood() -> None:
    """So many lines in that time, whatever is in them; the next one after it says how many errors had none."""
    stream = io.StringIO()
    configure(Log(format="json"), stream)
    registry = Registry()
    at = [0]
    reports = ErrorReports(Metrics(registry), lambda: at[0])
    for number in range(1_000):
        reports.report("consent", ConsentLogError(str(number)))

    assert [(str(number), 0) for number in range(LINES)] == lines(stream)
    assert 1_000.0 == registry.get_sample_value("sidecar_errors_total", {"component": "consent"})

    at[0] = QUIET_SECONDS * SECOND
    reports.report("consent", ConsentLogError("again"))
    reports.report("consent", ConsentLogError("and again"))

    told = [json.loads(line) for line in stream.getvalue().splitlines()][-2:]
    assert [("again", 1_000 - LINES), ("and again", None)] == [(line["message"], line.get("unlogged")) for line in told]
