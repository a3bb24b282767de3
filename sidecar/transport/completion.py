"""Completes, once after the start, what other processes were cut off from sharing among linked ids (ADR-0027)."""

from threading import Thread
from typing import Final

from sidecar.consent.ledger import Ledger
from sidecar.telemetry.errors import ErrorReports
from sidecar.transport.lifecycle import Lifecycle

AGAIN_SECONDS: Final = 10.0
"""After an attempt that failed."""


class Completion:
    """One thread, from ``start`` until it is done, or draining begins."""

    def __init__(self, ledger: Ledger, lifecycle: Lifecycle, errors: ErrorReports) -> None:
        self._ledger = ledger
        self._lifecycle = lifecycle
        self._errors = errors
        self._thread = Thread(target=self._run, name="completion", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wait until it has stopped; draining must have begun."""
        if self._thread.is_alive():
            self._thread.join()

    def complete(self) -> bool:
        """Whether everything is complete now; what kept it from that is reported."""
        try:
            self._ledger.complete_links()
        except Exception as error:  # noqa: BLE001 - the thread must go on, whatever it is
            self._errors.report("consent", error)
            return False
        return True

    def _run(self) -> None:
        while not self.complete() and not self._lifecycle.drained_within(AGAIN_SECONDS):
            pass
