"""Starting, ready, draining: one way, once; and what is in the way of being ready meanwhile."""

from collections.abc import Callable
from threading import Event
from typing import Final

from sidecar.errors import NotReadyError

STARTING: Final = "starting: the view of consent is not complete yet"
DRAINING: Final = "draining: the process is about to stop"


class Lifecycle:
    """Where the process stands. Safe for any number of threads.

    *outlook* says what keeps the view of consent from being that of the log as it is; empty: nothing.
    """

    def __init__(self, outlook: Callable[[], str] = lambda: "") -> None:
        self._because = STARTING
        self._outlook = outlook
        self._draining = Event()

    @property
    def not_ready_because(self) -> str:
        """Why nobody should ask here; empty if questions are answered from a view that is followed."""
        because = self._because
        if because not in ("", STARTING):
            return because
        outlook = self._outlook()
        return f"{because}: {outlook}" if because and outlook else because or outlook

    @property
    def ready(self) -> bool:
        """Whether questions are answered from a view that is followed."""
        return not self.not_ready_because

    @property
    def answering(self) -> bool:
        """Whether questions are answered at all, if need be from a view that is not followed any more."""
        return not self._because

    def require_ready(self) -> None:
        """Raise ``NotReadyError`` unless questions are answered: a view that is not complete would know of no noes.

        They are while the log is lost, by what is known and as long as a purpose may do with that.
        """
        if self._because:
            raise NotReadyError(self.not_ready_because)

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
