"""What became of each new state of the bundle's source: counted, logged, the latest kept for the status."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sidecar.errors import Problem
from sidecar.model.instant import Instant
from sidecar.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """How a reload ends; a metric label."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"  # what is there is what is served
    REFUSED = "refused"  # the bundle is bad
    FAILED = "failed"  # it could not be examined, for no fault of its own


_SAYS: Final = {
    Outcome.SWAPPED: (logging.INFO, "a new bundle is served"),
    Outcome.UNCHANGED: (logging.INFO, "the bundle's source is what is served"),
    Outcome.REFUSED: (logging.ERROR, "a bad bundle was refused, the last good one is served"),
    Outcome.FAILED: (logging.ERROR, "a bundle could not be examined, the last good one is served"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """One reload that ended."""

    outcome: Outcome
    at: Instant
    before: str  # the policy revision that was served
    revision: str = ""  # of the bundle that was found; empty if it could not be read
    problems: tuple[Problem, ...] = ()  # sorted; of a bundle that is served only warnings
    milliseconds: Mapping[str, float] = field(default_factory=dict)  # by stage, in their order


class Reloads:
    """Where reloads are reported. One thread reports, any number read."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.last: Reload | None = None

    @property
    def bad(self) -> bool:
        """Whether the newest bundle seen is not the one that is served."""
        return self.last is not None and self.last.outcome in (Outcome.REFUSED, Outcome.FAILED)

    def report(self, reload: Reload) -> None:
        """Count, log and keep *reload*."""
        self.last = reload
        self._metrics.reloaded(reload.outcome, sum(reload.milliseconds.values()) / 1_000)
        errors = [str(problem) for problem in reload.problems if not problem.warning]
        details: dict[str, object] = {
            "revision_before": reload.before,
            "revision": reload.revision,
            **{f"{stage}_ms": round(value, 1) for stage, value in reload.milliseconds.items()},
        }
        details |= {"errors": len(errors), "first_errors": errors[:_LOGGED]} if errors else {}
        warnings = len(reload.problems) - len(errors)
        details |= {"warnings": warnings} if warnings else {}
        level, message = _SAYS[reload.outcome]
        _log.log(level, message, extra={"details": details})


_LOGGED: Final = 10
"""Errors in a log line; all of them are in the status."""
