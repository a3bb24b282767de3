"""What time it is, and how much has passed: the only place that asks."""

import time
from typing import Final

from sidecar.model.instant import Instant

_TICKS: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Runs on while the machine is suspended, where the system has such a clock: a view ages then too."""


def system_ticks() -> Instant:
    """Microseconds since some instant before the process began; never steps back."""
    return time.clock_gettime_ns(_TICKS) // 1_000


def system_clock() -> Instant:
    """The instant that the system's clock shows."""
    return time.time_ns() // 1_000
