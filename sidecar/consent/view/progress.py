"""How far a view of consent has come, and waiting for it to come further."""

from threading import Condition


class Progress:
    """A position that only grows, unless it starts over. Safe for any number of threads."""

    def __init__(self) -> None:
        self._position = 0
        self._grown = Condition()

    def reach(self, position: int) -> None:
        """Tell those who wait that everything up to *position* is there."""
        with self._grown:
            if position > self._position:
                self._position = position
                self._grown.notify_all()

    def start_over(self, position: int) -> None:
        """Positions are those of another log from now on; those who wait are told."""
        with self._grown:
            self._position = position
            self._grown.notify_all()

    def wait(self, *, beyond: int, seconds: float) -> bool:
        """Wait at most *seconds* until there is more than *beyond*: whether there is."""
        with self._grown:
            return self._grown.wait_for(lambda: self._position > beyond, seconds)
