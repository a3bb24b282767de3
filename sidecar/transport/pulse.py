"""Looks once a second whether the sources of answers are there and fresh, and tells health."""

import logging
from typing import Final

from sidecar.telemetry.errors import ErrorReports
from sidecar.transport.health import Health
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.rounds import Rounds
from sidecar.transport.world import World

PERIOD_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class Pulse:
    """One thread, from ``start`` until draining begins."""

    def __init__(self, world: World, lifecycle: Lifecycle, health: Health, errors: ErrorReports) -> None:
        self._world = world
        self._lifecycle = lifecycle
        self._health = health
        self._errors = errors
        self._fresh = True
        self._trouble = ""
        self._rounds = Rounds("pulse", self._again, lifecycle, first=PERIOD_SECONDS)

    def start(self) -> None:
        """Look at once, then every second."""
        self.look()
        self._rounds.start()

    def stop(self) -> None:
        """Wait until it has had its last look; draining must have begun."""
        self._rounds.stop()

    def look(self) -> None:
        """Look now."""
        try:
            self._world.cache.check(now=self._world.clock(), ticks=self._world.ticks())
            self._trouble = ""
        except Exception as error:  # noqa: BLE001 - the thread must go on, whatever it is
            if str(error) != self._trouble:  # reported once, not every second
                self._errors.report("consent", error)
            self._trouble = str(error)
        fresh = self._world.freshness().fresh
        self._health.tell(serving=self._lifecycle.ready, fresh=fresh)
        if fresh is not self._fresh:
            _log.log(logging.INFO if fresh else logging.WARNING, "sources are %s", "fresh again" if fresh else "stale")
            self._fresh = fresh

    def _again(self) -> float:
        self.look()
        return PERIOD_SECONDS
