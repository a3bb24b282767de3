"""The composition root: builds, starts, stops; no logic."""

from sidecar.app.clock import system_clock, system_ticks
from sidecar.app.sidecar import Sidecar, build

__all__ = ["Sidecar", "build", "system_clock", "system_ticks"]
