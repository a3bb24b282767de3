"""How far a view that is being loaded has come."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from sidecar.model.instant import SECOND, Instant

_log = logging.getLogger(__name__)


class Loading(NamedTuple):
    """How far it is."""

    done: int  # subjects
    total: int  # at most so many; never less than ``done``
    seconds_left: float | None  # as it went until now; None: not known yet

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", about {self.seconds_left:.0f} s left"
        return f"{self.done:,} of at most {self.total:,} entries{left}"


class Load:
    """One load at a time: one thread writes, any number may look. *ticks* is a clock that never steps back."""

    def __init__(self, ticks: Callable[[], Instant]) -> None:
        self._ticks = ticks
        self._began: Instant | None = None
        self._counts = (0, 0)
        self._log_id = ""

    def begin(self, total: int, *, log_id: str, after: int) -> None:
        """A load begins, of about *total* entries behind position *after* of a log; our own log says so."""
        self._counts, self._log_id = (0, total), log_id
        self._began = self._ticks()
        details: dict[str, object] = {"log_id": log_id, "after": after, "entries": total}
        _log.info("loading the view of consent", extra={"details": details})

    def add(self, done: int, *, pending: int | None = None) -> None:
        """So many more are loaded, and *pending* are known to come; ``None``: as was said before."""
        before, total = self._counts
        now_done = before + done
        self._counts = (now_done, max(now_done, total) if pending is None else now_done + pending)

    def end(self, *, subjects: int) -> None:
        """The load is over, the view has so many *subjects*; our own log says so, and how fast it was."""
        began, self._began = self._began, None
        entries, seconds = self._counts[0], 0.0 if began is None else (self._ticks() - began) / SECOND
        details = {
            "log_id": self._log_id,
            "subjects": subjects,
            "entries": entries,
            "seconds": round(seconds, 3),
            "per_second": round(entries / seconds) if seconds else None,
        }
        _log.info("the view of consent is complete", extra={"details": details})

    @property
    def loading(self) -> Loading | None:
        """How far it is; ``None`` while nothing is loaded."""
        began, (done, total) = self._began, self._counts
        if began is None:
            return None
        seconds = (self._ticks() - began) / SECOND
        return Loading(done, total, seconds * (total - done) / done if done else None)
