"""What time it is, and how much has passed: the only place that asks."""

import time

from sidecar.model.instant import Instant


def system_ticks() -> Instant:
    """Microseconds since some instant before the process began; never steps back."""
    return time.monotonic_ns() // 1_000


def system_clock() -> Instant:
    """The instant that the system's clock shows."""
    return time.time_ns() // 1_000
