"""How a view of a shared log stands to it: when it was last heard of, and whether it is lost (ADR-0025)."""

from collections import deque
from typing import Final

from sidecar.model.instant import Instant

SKEW_MS: Final = 250
"""Added to every age: what the fastest delivery took, which is not known, and what two clocks drift in a minute."""

REPLACED: Final = "the consent log was replaced meanwhile; send the event again"

_WINDOW: Final = 64
"""Heartbeats whose delays are compared; at about one a second."""


class Contact:
    """One thread writes, any number may look.

    A heartbeat that arrives proves that everything before it has arrived, not that it was sent just now: after a pause
    old ones come in a row. So its delay counts too, as far as it is more than the least of the last ones: that needs no
    two clocks that agree, only such that run equally fast for a minute.
    """

    def __init__(self) -> None:
        self.lost: str = ""
        """Why the log is not the one that was followed any more; empty while it is."""
        self.pending = 0
        """How many entries are known to be in the log that the view does not have yet."""
        self._as_of: Instant | None = None
        self._offsets: deque[Instant] = deque(maxlen=_WINDOW)

    def heard(self, ticks: Instant, *, stamp: Instant | None = None) -> None:
        """At *ticks* the view had all that the log had: now, or, if given, at *stamp* of the log's own clock."""
        as_of = ticks
        if stamp is not None:
            self._offsets.append(ticks - stamp)
            as_of = stamp + min(self._offsets)
        if self._as_of is None or as_of > self._as_of:
            self._as_of = as_of

    def lose(self, why: str) -> None:
        """The log is lost; it ages on."""
        self.lost = why

    def regain(self, ticks: Instant) -> None:
        """At *ticks* the view had all that a log had which is not lost."""
        self._offsets.clear()  # it may have another clock
        self._as_of = ticks
        self.lost = ""

    def age_ms(self, ticks: Instant) -> int:
        """How old the view may be, in milliseconds; 0 before it was first complete."""
        as_of = self._as_of
        return 0 if as_of is None else max(0, ticks - as_of) // 1_000 + SKEW_MS
