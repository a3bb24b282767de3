"""What is told to other systems: the entries of the log, in its order, as far as the view of this process has come."""

from typing import Final, NamedTuple

from sidecar.consent.log import ConsentLog, LogEntry
from sidecar.consent.revision import Revision
from sidecar.consent.view.cache import ConsentCache
from sidecar.errors import LogLostError, StartOverError

PAGE: Final = 128
"""Entries that are read at once."""


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

    def __init__(self, log: ConsentLog, cache: ConsentCache) -> None:
        self._log = log
        self._cache = cache

    @property
    def log_id(self) -> str:
        """The log that is read."""
        return self._cache.log_id

    def behind(self, revision: Revision) -> int:
        """The position that *revision* stands for in this log.

        Raises ``StartOverError`` if it stands for none, ``ConsentLogError`` if the log cannot be read.
        """
        if revision.log_id != self.log_id:
            raise StartOverError("that revision is of another log than the one that there is now")
        if not self.reaches(revision.position):
            raise StartOverError("that revision lies behind the end of the log: a part of the log was lost")
        return revision.position

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

    def wait(self, *, beyond: int, seconds: float) -> None:
        """Wait until there is more than what is up to *beyond*, at most *seconds*."""
        self._cache.wait(beyond=beyond, seconds=seconds)
