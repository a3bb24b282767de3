"""Reads for questions: how many at once, and what happens when the log does not answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from sidecar.errors import ConsentLogError
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.transport import reads as module
from sidecar.transport.reads import AT_ONCE, Reads

BOUND = 5.0


@dataclass
class View:
    """The part of a view that is used: *refresh* does what it is told."""

    answer: Callable[[], object] = lambda: None
    read: list[bytes] = field(default_factory=list)

    def refresh(self, pseudonym: bytes, *, now: int) -> None:  # noqa: ARG002 - as a view has it
        """Do that."""
        self.read.append(pseudonym)
        self.answer()


class Turns:
    """Turns that are all taken; *waited* is for how long somebody waited for one."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def acquire(self, *, blocking: bool = True, timeout: float = 0.0) -> bool:
        """None comes free."""
        if blocking:
            self.waited.append(round(timeout, 3))
        return False


class Desk:
    """Reads of a view, what they count, and a clock that stands."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.registry = Registry()
        metrics = Metrics(self.registry)
        self.view = View()
        self.errors = ErrorReports(metrics, lambda: 0)
        self.reads = Reads(self.view, metrics, self.errors)  # type: ignore[arg-type] # all that it needs of a view

    def read(self, patience: float = BOUND) -> bool:
        """Have somebody be read who waits at most so long."""
        return self.reads.read(b"p", now=0, until=self.seconds + patience)

    def count(self, outcome: str) -> float:
        """How often that was the outcome."""
        return self.registry.get_sample_value("sidecar_consent_reads_total", {"outcome": outcome}) or 0.0

    def fail_after(self, seconds: float) -> None:
        """As a log that cannot be reached, and takes its time to say so."""
        self.seconds += seconds
        raise ConsentLogError("gone")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """One for each test."""
    at_work = Desk()
    monkeypatch.setattr(module, "monotonic", lambda: at_work.seconds)
    return at_work


def test_who_is_asked_about_is_read(desk: Desk) -> None:
    """One after another, each counted."""
    assert [True] * 10 == [desk.read() for _ in range(10)]
    assert (10, 0, 0) == (desk.count("done"), desk.count("failed"), desk.count("refused"))


def test_a_failure_is_reported_and_is_no_read(desk: Desk) -> None:
    """Its turn is free again; one that took no time keeps nobody from trying."""
    desk.view.answer = lambda: desk.fail_after(0)
    failed = [desk.read() for _ in range(10)]
    desk.view.answer = lambda: None

    assert [False] * 10 == failed
    assert desk.read()
    assert (10, 1) == (desk.count("failed"), desk.count("done"))
    assert "gone" == desk.errors.latest()[0].message


def test_what_failed_slowly_is_not_tried_again_for_as_long(desk: Desk) -> None:
    """A batch about many people waits for a log that does not answer once, not once for each."""
    desk.view.answer = lambda: desk.fail_after(0.2)
    outcomes = [desk.read() for _ in range(64)]
    desk.view.answer = lambda: None
    desk.seconds += 0.21

    assert {False} == set(outcomes)
    assert (1, 63) == (desk.count("failed"), desk.count("refused"))
    assert desk.read()


def test_nobody_is_kept_from_trying_for_more_than_a_second(desk: Desk) -> None:
    """However long it took to fail."""
    desk.view.answer = lambda: desk.fail_after(60)
    desk.read()
    desk.seconds += 0.99
    early = desk.read()
    desk.seconds += 0.02
    desk.view.answer = lambda: None

    assert not early
    assert desk.read()


def test_only_so_many_read_at_once(desk: Desk) -> None:
    """One more waits for a turn, and gets it."""
    go_on, begun = Event(), Event()

    def answer() -> None:
        if len(desk.view.read) == AT_ONCE:
            begun.set()
        go_on.wait(BOUND)

    desk.view.answer = answer
    results: list[bool] = []
    threads = [Thread(target=lambda: results.append(desk.read())) for _ in range(AT_ONCE + 1)]
    desk.reads._moved_at = desk.seconds + BOUND
    for thread in threads:
        thread.start()
    begun.wait(BOUND)
    at_once = len(desk.view.read)
    desk.reads._moved_at = desk.seconds + BOUND
    go_on.set()
    for thread in threads:
        thread.join(BOUND)

    assert AT_ONCE == at_once
    assert results.count(True) >= AT_ONCE


def test_a_log_that_hangs_holds_nobody_else(desk: Desk) -> None:
    """Whoever finds all turns taken waits until nothing has moved for a moment, from then on nobody does."""
    turns = Turns()
    desk.reads._turns = turns  # type: ignore[assignment]
    desk.reads._moved_at = desk.seconds
    desk.seconds += 0.03
    outcomes = [desk.read(), desk.read(0.005)]
    desk.seconds += 0.03
    outcomes += [desk.read() for _ in range(100)]

    assert {False} == set(outcomes)
    assert [0.02, 0.005] == turns.waited
    assert 102 == desk.count("refused")


def test_who_gets_a_turn_after_a_failure_does_not_try(desk: Desk) -> None:
    """The one before has just found out."""
    desk.reads._again_at = desk.seconds + 1
    desk.reads._take_turn = lambda until: desk.reads._turns.acquire()  # type: ignore[method-assign] # noqa: ARG005

    assert not desk.read()
    assert [] == desk.view.read
