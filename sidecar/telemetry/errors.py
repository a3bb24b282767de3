"""Errors on our side: counted, logged, and the latest of them kept for the status."""

import logging
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
"""Of how many errors it is known when they were logged last; of more, the oldest is forgotten."""

LINES: Final = 30
"""Lines in ``QUIET_SECONDS``, whatever the errors: each may be unlike all before it."""

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
        self._lines: deque[Instant] = deque(maxlen=LINES)  # when the latest were logged
        self._unlogged = 0  # errors for which there was no line left, since the latest
        self._guard = Lock()

    def report(self, component: str, error: BaseException) -> None:
        """Count, log and keep *error*; one that was logged ``QUIET_SECONDS`` ago or less is not logged again.

        The next time that it is, the line says how often it came in between, as ``repeated``. Of errors that are all
        different ``LINES`` are logged in that time; the next line after it says how many were not, as ``unlogged``.

        The text of an exception that is not ours may quote anything, a subject id too: only its class and where it came
        from are kept.
        """
        message = str(error) if isinstance(error, SidecarError) else f"unexpected {type(error).__name__}"
        at = self._clock()
        self._metrics.failed(component)
        self._latest.appendleft(LastError(at=at, component=component, message=message))
        details: dict[str, object] = {"component": component}
        frames: list[str] = []
        if not isinstance(error, SidecarError):
            details["frames"] = frames = _frames(error)
        unlogged = self._unlogged_before((component, message, *frames), at)
        if unlogged is not None:
            _log.error(message, extra={"details": details | unlogged})

    def _unlogged_before(self, what: tuple[str, ...], at: Instant) -> dict[str, object] | None:
        """What came unlogged before *what*, which is to be logged now; ``None`` if it is not."""
        with self._guard:
            before = self._logged.get(what)
            if before is not None and _lately(before.at, at):
                before.repeated += 1
                return None
            if len(self._lines) == LINES and _lately(self._lines[0], at):
                self._unlogged += 1
                return None
            self._lines.append(at)
            counts = {"repeated": 0 if before is None else before.repeated, "unlogged": self._unlogged}
            self._unlogged = 0
            self._logged.pop(what, None)
            if len(self._logged) >= _KNOWN:
                del self._logged[next(iter(self._logged))]
            self._logged[what] = _Logged(at)
            return {name: count for name, count in counts.items() if count}

    def latest(self) -> tuple[LastError, ...]:
        """At most ``KEPT`` errors, the newest first."""
        return tuple(self._latest)


def _lately(before: Instant, at: Instant) -> bool:
    return abs(at - before) < QUIET_SECONDS * SECOND  # clocks are set back, too


def _frames(error: BaseException) -> list[str]:
    """Where *error* came from, the innermost last; without reading any source, for errors may come in storms."""
    frames: deque[str] = deque(maxlen=_FRAMES)
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return list(frames)
