"""Holes in what a feed gives: entries that were removed before it came to them."""

from collections import deque
from typing import NamedTuple


class _Hole(NamedTuple):
    before: int  # position of the last message before it
    filled: int | None  # number of the message that fills it; None: the next one tells


class Holes:
    """Where something is missing, until what took its place has been given.

    Whatever removed an entry was appended before that. So it is among what the consumer had still to deliver when the
    hole was seen: once so many more have been given, the hole is filled.
    """

    def __init__(self) -> None:
        self._open: deque[_Hole] = deque()

    def found(self, *, before: int, filled: int) -> None:
        """Something is missing behind position *before*; the message number *filled* is the last to wait for."""
        if not self._open or self._open[-1].filled != filled:  # else another one is open at least as long
            self._open.append(_Hole(before, filled))

    def start_over(self) -> None:
        """Another consumer delivers, with numbers of its own."""
        if self._open:
            self._open = deque((_Hole(self._open[0].before, None),))

    def taken(self, number: int, *, pending: int) -> None:
        """The message *number* was given, and so many more are to come."""
        if self._open and self._open[0].filled is None:
            self._open[0] = _Hole(self._open[0].before, number + pending)
        while self._open and (self._open[0].filled or 0) <= number:
            self._open.popleft()

    def through(self, position: int) -> int:
        """Up to where nothing is missing, once everything up to *position* was given."""
        return self._open[0].before if self._open else position
