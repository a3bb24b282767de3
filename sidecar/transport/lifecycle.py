"""Starting, ready, draining: one way, once."""

from threading import Event
from typing import Final

from sidecar.errors import NotReadyError

STARTING: Final = "starting: the view of consent is not complete yet"
DRAINING: Final = "draining: the process is about to stop"


class Lifecycle:
    """Where the process stands. Safe for any number of threads."""

    def __init__(self) -> None:
        self._because = STARTING
        self._draining = Event()

    @property
    def not_ready_because(self) -> str:
        """Why questions are not answered; empty if they are."""
        return self._because

    @property
    def ready(self) -> bool:
        """Whether questions are answered."""
        return not self._because

    def require_ready(self) -> None:
        """Raise ``NotReadyError`` unless questions are answered: a view that is not complete would know of no noes."""
        if self._because:
            raise NotReadyError(self._because)

    def begin(self) -> None:
        """From starting to ready."""
        if not self._draining.is_set():
            self._because = ""

    def drain(self) -> None:
        """To draining, from wherever it stands; calls that wait for something stop waiting."""
        self._draining.set()
        self._because = DRAINING

    def drained_within(self, seconds: float) -> bool:
        """Wait *seconds*, or until draining begins: whether it did."""
        return self._draining.wait(seconds)
