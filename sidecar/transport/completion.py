"""Completes, once after the start, what other processes were cut off from sharing among linked ids (ADR-0027)."""

from typing import Final

from sidecar.consent.ledger import Ledger
from sidecar.telemetry.errors import ErrorReports
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.rounds import Rounds

AGAIN_SECONDS: Final = 10.0
"""After an attempt that failed."""


class Completion:
    """One thread, from ``start`` until it is done, or draining begins."""

    def __init__(self, ledger: Ledger, lifecycle: Lifecycle, errors: ErrorReports) -> None:
        self._ledger = ledger
        self._errors = errors
        self._rounds = Rounds("completion", self.complete, lifecycle)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    def stop(self) -> None:
        """Wait until it has stopped; draining must have begun."""
        self._rounds.stop()

    def complete(self) -> float | None:
        """Complete everything; after how many seconds to try again, ``None`` once it is. What fails is reported."""
        try:
            self._ledger.complete_links()
        except Exception as error:  # noqa: BLE001 - the thread must go on, whatever it is
            self._errors.report("consent", error)
            return AGAIN_SECONDS
        return None
