"""Positions without an entry: a log that never leaves one out can tell why each is there."""

from typing import Final

from sidecar.consent.audit.differences import Difference, Kind
from sidecar.consent.log import LogEntry, erases_person
from sidecar.consent.record import MAX_SEEN
from sidecar.model.instant import Instant

DENSE: Final = frozenset({"sqlite"})
"""Backends whose positions follow each other without a hole, but where entries were removed."""


class Holes:
    """Finds what no erasure accounts for, in the entries of a log from its beginning; for one thread.

    An erasure remembers where the last 64 events of its person were. What lies before that may be of somebody who had
    more, and is let be. *remembered_from* is the instant before which erasures may have been forgotten, if they are.
    """

    def __init__(self, *, remembered_from: Instant | None) -> None:
        self._remembered_from = remembered_from
        self._reached = 0
        self._reached_at: Instant | None = None
        self._holes: list[tuple[int, int]] = []  # first and last position
        self._erased: set[int] = set()
        self._certain_from = 0

    def take(self, entry: LogEntry) -> None:
        """The next entry of the log."""
        if entry.position > self._reached + 1 and self._is_remembered():
            self._holes.append((self._reached + 1, entry.position - 1))
        self._reached, self._reached_at = entry.position, entry.accepted_at
        if erases_person(entry.event):
            places = [seen.position for seen in entry.record.seen if seen.position is not None]
            self._erased.update(places)
            if len(entry.record.seen) >= MAX_SEEN:
                self._certain_from = max(self._certain_from, min(places))

    def unaccounted(self) -> list[Difference]:
        """The holes that nothing accounts for, each told at the position behind it."""
        found = []
        for first, last in self._holes:
            missing = [at for at in range(max(first, self._certain_from), last + 1) if at not in self._erased]
            if missing:
                where = (
                    f"position {missing[0]}" if len(missing) == 1 else f"{len(missing)} positions from {missing[0]} on"
                )
                message = f"there is no entry at {where}, and no erasure that accounts for it: removed by hand"
                found.append(Difference(position=last + 1, kind=Kind.REMOVED, message=message))
        return found

    def _is_remembered(self) -> bool:
        """Whether an erasure of what was here would still be in the log."""
        if self._remembered_from is None:
            return True
        return self._reached_at is not None and self._reached_at >= self._remembered_from
