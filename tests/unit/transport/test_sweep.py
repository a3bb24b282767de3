"""The daily sweep: how it goes on after a failure, and that it stops."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sidecar.errors import ConsentLogError
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.sweep import AGAIN_SECONDS, PERIOD_SECONDS, Sweep


class World:
    """The part of the world that is used."""

    def clock(self) -> int:
        """What time it is."""
        return 7


class Retention:
    """Does what it is told; *calls* are the times it was asked at."""

    def __init__(self, does: Callable[[Callable[[], bool]], int]) -> None:
        self._does = does
        self.calls: list[int] = []

    def sweep(self, now: int, go_on: Callable[[], bool]) -> int:
        """Do that."""
        self.calls.append(now)
        return self._does(go_on)


@contextmanager
def sweeping(does: Callable[[Callable[[], bool]], int]) -> Iterator[tuple[Sweep, Retention, ErrorReports, Lifecycle]]:
    """A sweep of a retention that does that, stopped in the end."""
    retention: Any = Retention(does)
    world: Any = World()
    lifecycle = Lifecycle()
    errors = ErrorReports(Metrics(Registry()), world.clock)
    sweep = Sweep(retention, world, lifecycle, errors)
    try:
        yield sweep, retention, errors, lifecycle
    finally:
        lifecycle.drain()
        sweep.stop()


def test_it_sweeps_once_a_day() -> None:
    """At the time of the clock, whether there was anything or not."""
    for found in (0, 3):
        with sweeping(lambda _, found=found: found) as (sweep, retention, errors, _):  # type: ignore[misc]
            assert PERIOD_SECONDS == sweep.sweep()
            assert [7] == retention.calls
            assert () == errors.latest()


def test_a_log_that_cannot_be_read_is_reported_and_tried_again() -> None:
    """Sooner than after a day."""

    def fail(_: Callable[[], bool]) -> int:
        raise ConsentLogError("gone")

    with sweeping(fail) as (sweep, _, errors, _):
        assert AGAIN_SECONDS == sweep.sweep()
        assert ["gone"] == [error.message for error in errors.latest()]


def test_a_bug_does_not_end_it() -> None:
    """Nothing would be forgotten until the next start."""

    def fail(_: Callable[[], bool]) -> int:
        raise RuntimeError("a bug")

    with sweeping(fail) as (sweep, _, errors, _):
        assert AGAIN_SECONDS == sweep.sweep()
        assert 1 == len(errors.latest())


def test_it_stops_when_the_process_drains() -> None:
    """In the middle of a sweep, and between two."""
    asked: list[bool] = []

    def walk(go_on: Callable[[], bool]) -> int:
        asked.append(go_on())
        while go_on():
            pass
        return 0

    with sweeping(walk) as (sweep, retention, _, lifecycle):
        sweep.start()
        while not asked:
            assert not lifecycle.drained_within(0.001)
        lifecycle.drain()
        sweep.stop()

        assert ([True], [7]) == (asked, retention.calls)
