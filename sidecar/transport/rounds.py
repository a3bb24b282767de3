"""A thread that does something again and again until draining begins."""

from collections.abc import Callable
from threading import Thread

from sidecar.transport.lifecycle import Lifecycle


class Rounds:
    """Calls *step*, waits as many seconds as it returns, and so on: ``None`` means that there is nothing more to do.

    *step* must not raise. The first call comes after *first* seconds. ``start`` once, ``stop`` once.
    """

    def __init__(
        self, name: str, step: Callable[[], float | None], lifecycle: Lifecycle, *, first: float = 0.0
    ) -> None:
        self._step = step
        self._lifecycle = lifecycle
        self._first = first
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wait until the last call has returned; draining must have begun."""
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        seconds: float | None = self._first
        while seconds is not None and not self._lifecycle.drained_within(seconds):
            seconds = self._step()
