"""What is completed once after the start: how it goes on after a failure, and that it stops."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from sidecar.errors import ConsentLogError
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.transport import completion
from sidecar.transport.completion import Completion
from sidecar.transport.lifecycle import Lifecycle


class Ledger:
    """Does what it is told when links are to be completed; *done* is set once that went well."""

    def __init__(self, *does: Callable[[], None]) -> None:
        self._does = list(does)
        self.done = Event()

    def complete_links(self) -> None:
        """Do the next thing."""
        self._does.pop(0)()
        self.done.set()


def fails() -> None:
    """The log cannot be read."""
    raise ConsentLogError("unreachable")


def has_a_bug() -> None:
    """Something that nobody thought of."""
    raise RuntimeError("a bug")


def completing(ledger: Ledger, lifecycle: Lifecycle) -> tuple[Completion, ErrorReports]:
    """A completion by *ledger*."""
    errors = ErrorReports(Metrics(Registry()), lambda: 7)
    by: Any = ledger
    return Completion(by, lifecycle, errors), errors


def test_what_failed_is_reported_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it went well once; then it is over."""
    monkeypatch.setattr(completion, "AGAIN_SECONDS", 0.001)
    ledger = Ledger(fails, has_a_bug, lambda: None)
    one, errors = completing(ledger, Lifecycle())
    one.start()
    assert ledger.done.wait(5)
    one.stop()

    assert "unreachable" in {error.message for error in errors.latest()}
    assert 2 == len(errors.latest())


def test_draining_ends_it() -> None:
    """Even while it waits to try again; it can be stopped before it was started."""
    lifecycle = Lifecycle()
    ledger = Ledger(fails)
    one, _ = completing(ledger, lifecycle)
    one.stop()
    lifecycle.drain()
    one.start()
    one.stop()

    assert not ledger.done.is_set()
