"""Errors on our side: counted, logged, and the latest of them kept for the status."""

import logging
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sidecar.errors import SidecarError
from sidecar.model.instant import Instant
from sidecar.telemetry.metrics import Metrics

KEPT: Final = 20
_FRAMES: Final = 12

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    """Something that went wrong; *message* has no personal data."""

    at: Instant
    component: str
    message: str


class ErrorReports:
    """Where every error on our side is reported. Safe for any number of threads."""

    def __init__(self, metrics: Metrics, clock: Callable[[], Instant]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._latest: deque[LastError] = deque(maxlen=KEPT)

    def report(self, component: str, error: BaseException) -> None:
        """Count, log and keep *error*.

        The text of an exception that is not ours may quote anything, a subject id too: only its class and where it
        came from are kept.
        """
        message = str(error) if isinstance(error, SidecarError) else f"unexpected {type(error).__name__}"
        self._metrics.failed(component)
        self._latest.appendleft(LastError(at=self._clock(), component=component, message=message))
        details: dict[str, object] = {"component": component}
        if not isinstance(error, SidecarError):
            frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
            details["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        _log.error(message, extra={"details": details})

    def latest(self) -> tuple[LastError, ...]:
        """At most ``KEPT`` errors, the newest first."""
        return tuple(self._latest)
