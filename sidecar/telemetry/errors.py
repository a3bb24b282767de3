"""Errors on our side: counted, logged, and the latest of them kept for the status."""

import logging
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from sidecar.errors import SidecarError
from sidecar.model.instant import SECOND, Instant
from sidecar.telemetry.metrics import Metrics

KEPT: Final = 20

QUIET_SECONDS: Final = 10
"""How long an error that was logged is only counted when it comes again."""

_KNOWN: Final = 64
"""Of how many errors it is known when they were logged last; of more, the oldest is logged again."""

_FRAMES: Final = 12

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    """Something that went wrong; *message* has no personal data."""

    at: Instant
    component: str
    message: str


@dataclass(slots=True)
class _Logged:
    """An error that was logged, and how often it came since."""

    at: Instant
    repeated: int = 0


class ErrorReports:
    """Where every error on our side is reported. Safe for any number of threads."""

    def __init__(self, metrics: Metrics, clock: Callable[[], Instant]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._latest: deque[LastError] = deque(maxlen=KEPT)
        self._logged: dict[tuple[str, ...], _Logged] = {}  # the latest last
        self._guard = Lock()

    def report(self, component: str, error: BaseException) -> None:
        """Count, log and keep *error*; one that was logged ``QUIET_SECONDS`` ago or less is not logged again.

        The next time that it is, the line says how often it came in between, as ``repeated``. The text of an exception
        that is not ours may quote anything, a subject id too: only its class and where it came from are kept.
        """
        message = str(error) if isinstance(error, SidecarError) else f"unexpected {type(error).__name__}"
        at = self._clock()
        self._metrics.failed(component)
        self._latest.appendleft(LastError(at=at, component=component, message=message))
        details: dict[str, object] = {"component": component}
        frames: list[str] = []
        if not isinstance(error, SidecarError):
            trace = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
            frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in trace]
            details["frames"] = frames
        repeated = self._repeated((component, message, *frames), at)
        if repeated is None:
            return
        if repeated:
            details["repeated"] = repeated
        _log.error(message, extra={"details": details})

    def _repeated(self, what: tuple[str, ...], at: Instant) -> int | None:
        """How often *what* came unlogged since it was logged last; ``None`` if it is to stay so."""
        with self._guard:
            before = self._logged.get(what)
            if before is not None and abs(at - before.at) < QUIET_SECONDS * SECOND:  # clocks are set back, too
                before.repeated += 1
                return None
            self._logged.pop(what, None)
            if len(self._logged) >= _KNOWN:
                del self._logged[next(iter(self._logged))]
            self._logged[what] = _Logged(at)
            return 0 if before is None else before.repeated

    def latest(self) -> tuple[LastError, ...]:
        """At most ``KEPT`` errors, the newest first."""
        return tuple(self._latest)
