"""What is told to other systems: the entries of the log, in its order, as far as the view of this process has come."""

from typing import Final, NamedTuple

from sidecar.consent.log import ConsentLog, LogEntry
from sidecar.consent.revision import Revision
from sidecar.consent.view.cache import ConsentCache
from sidecar.errors import LogLostError, StartOverError
from sidecar.model.instant import SECOND, Instant

PAGE: Final = 128
"""Entries that are read at once."""


_SKEW: Final = 3_600 * SECOND
"""By which clocks of sidecars surely differ less."""

_REPLACED: Final = "another log took the place of the one that was followed"


class Taken(NamedTuple):
    """Some of what comes next."""

    entries: tuple[LogEntry, ...]  # in the order of the log
    through: int  # up to here nothing is left out
    more: bool  # whether there is more already


class Changes:
    """Reads one log from a place on. Safe for any number of threads.

    Nothing is told before a question of this process would see it. What an erasure removed is not told any more.
    """

    def __init__(self, log: ConsentLog, cache: ConsentCache, *, keeps: Instant | None = None) -> None:
        self._log = log
        self._cache = cache
        self._keeps = keeps  # how long erasures are remembered once consumers have acknowledged them; None: for ever

    @property
    def log_id(self) -> str:
        """The log that is read."""
        return self._cache.log_id

    def behind(self, revision: Revision, *, remembered_from: int | None, now: Instant) -> int:
        """The position to go on behind for who asks for *revision* at *now*.

        Behind *remembered_from* no erasure is forgotten, because whoever asks has not acknowledged it yet; ``None``:
        any may be. Raises ``StartOverError`` if something may be missing from there on, ``ConsentLogError`` if the log
        cannot be read.
        """
        position = revision.position
        if revision.log_id != self.log_id:
            raise StartOverError("that revision is of another log than the one that there is now")
        if not self.reaches(position):
            raise StartOverError("that revision lies behind the end of the log: a part of the log was lost")
        if self._keeps is None or position == 0 or (remembered_from is not None and position >= remembered_from):
            return position
        if position < self._cache.applied and not self._is_younger(position, now - self._keeps + _SKEW):
            raise StartOverError("that revision is so old that erasures behind it may have been forgotten")
        return position

    def reaches(self, position: int) -> bool:
        """Whether the log has come to *position*, though this view may not; raises ``ConsentLogError``."""
        return position <= self._cache.applied or position <= self._log.last_position()

    def take(self, after: int, *, log_id: str) -> Taken:
        """What the log *log_id* has behind position *after*, at most a page of it; does not wait.

        Raises ``StartOverError`` once another log took its place, ``LogLostError`` while there is none,
        ``ConsentLogError`` if it cannot be read.
        """
        applied = self._cache.applied  # before the entries: of what came later some could be missing
        if log_id != self.log_id:
            raise StartOverError(_REPLACED)
        if self._cache.lost:
            raise LogLostError(self._cache.lost)
        if applied <= after:
            return Taken((), after, more=False)
        read = self._log.entries(after=after, limit=PAGE)
        if log_id != self._log.log_id:  # since it was looked at
            raise StartOverError(_REPLACED)
        entries = tuple(entry for entry in read if entry.position <= applied)
        if len(entries) == PAGE:
            return Taken(entries, entries[-1].position, more=True)
        return Taken(entries, applied, more=False)

    def _is_younger(self, position: int, than: Instant) -> bool:
        """Whether what came behind *position* was accepted after *than*, as far as the last entry up to there can tell.

        There may be none at the very place: a revision also stands for a sign of life, or for what an erasure removed.
        """
        span = 1
        while True:
            after = max(0, position - span)
            there = [entry for entry in self._log.entries(after=after, limit=PAGE) if entry.position <= position]
            if there or not after:
                return any(entry.accepted_at > than for entry in there)
            span *= 8

    def wait(self, *, beyond: int, seconds: float) -> None:
        """Wait until there is more than what is up to *beyond*, at most *seconds*."""
        self._cache.wait(beyond=beyond, seconds=seconds)
