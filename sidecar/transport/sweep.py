"""Forgets, once a day, what need not be remembered any more."""

import logging
from typing import Final

from sidecar.consent.retention import Retention
from sidecar.telemetry.errors import ErrorReports
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.rounds import Rounds
from sidecar.transport.world import World

PERIOD_SECONDS: Final = 86_400.0

AGAIN_SECONDS: Final = 3_600.0
"""After a sweep that failed."""

_PAUSE_SECONDS: Final = 0.001
"""After each subject: there is time, and the interpreter is wanted elsewhere."""

_log = logging.getLogger(__name__)


class Sweep:
    """One thread, from ``start`` until draining begins."""

    def __init__(self, retention: Retention, world: World, lifecycle: Lifecycle, errors: ErrorReports) -> None:
        self._retention = retention
        self._world = world
        self._lifecycle = lifecycle
        self._errors = errors
        self._rounds = Rounds("sweep", self.sweep, lifecycle)

    def start(self) -> None:
        """Sweep now, then every day."""
        self._rounds.start()

    def stop(self) -> None:
        """Wait until it has stopped, which it does after the subject it is at; draining must have begun."""
        self._rounds.stop()

    def sweep(self) -> float:
        """Sweep now; how many seconds to wait before the next time."""
        try:
            forgotten = self._retention.sweep(
                self._world.clock(), lambda: not self._lifecycle.drained_within(_PAUSE_SECONDS)
            )
        except Exception as error:  # noqa: BLE001 - the thread must go on, whatever it is
            self._errors.report("consent", error)
            return AGAIN_SECONDS
        if forgotten:
            _log.info("old erasures are forgotten", extra={"details": {"count": forgotten}})
        return PERIOD_SECONDS
