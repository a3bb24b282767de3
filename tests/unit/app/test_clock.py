"""What time it is, and how much has passed."""

import time

from sidecar.app.clock import system_clock, system_ticks


def test_ticks_run_on_while_the_machine_is_suspended() -> None:
    """A view that slept for an hour is an hour old; the monotonic clock of Linux stands still meanwhile."""
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000
    ticks = system_ticks()
    after = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000

    assert before <= ticks <= after


def test_the_clock_shows_the_time() -> None:
    """In microseconds since 1970."""
    before, now, after = time.time_ns() // 1_000, system_clock(), time.time_ns() // 1_000

    assert before <= now <= after
