"""A call that comes soon after another is waited for awake; nobody is for long, nor on a machine of one core."""

import os
from collections.abc import Iterator

import pytest

from sidecar.pace import BREATH_SECONDS
from sidecar.transport.native import intake
from sidecar.transport.native.front import Event
from sidecar.transport.native.intake import AWAKE_SECONDS, FEW, SOON_SECONDS, Intake
from tests.unit.transport.native.fakes import FakeFront, event

ASLEEP, AWAKE = None, 0
LOOK_SECONDS = AWAKE_SECONDS / 8


class TimedFront(FakeFront):
    """One whose calls come at times that are given: ``gaps``, in seconds since the last was taken; and then the end."""

    def __init__(self, gaps: Iterator[float]) -> None:
        super().__init__()
        self.now = 0.0
        self.waited: list[int | None] = []  # how, for each look
        self.at_once = 1
        self._gaps = gaps
        self._due = next(gaps)

    def recv_batch(self, max_events: int, timeout_ms: int | None = None) -> list[Event] | None:
        """What has come by now; asleep, what comes next."""
        del max_events
        self.waited.append(timeout_ms)
        self.now = max(self.now + LOOK_SECONDS, self._due if timeout_ms is ASLEEP else 0)
        if self.now < self._due:
            return []
        gap = next(self._gaps, None)
        if gap is None:
            return None
        self._due = self.now + gap
        return [event(1)] * self.at_once


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Those there are: two, unless a test says otherwise before it takes anything in."""
    found = {0, 1}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: found)
    return found


def taking(monkeypatch: pytest.MonkeyPatch, *gaps: float) -> tuple[Intake, TimedFront]:
    """An intake, and its front, whose calls come after these gaps; time goes by at the front alone."""
    front = TimedFront(iter(gaps))
    monkeypatch.setattr(intake, "perf_counter", lambda: front.now)
    return Intake(front), front


@pytest.mark.usefixtures("cores")
def test_the_first_call_is_waited_for_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has come before it."""
    one, front = taking(monkeypatch, 10.0, 10.0)

    assert one.take(wait=True) == [event(1)]
    assert front.waited == [ASLEEP]


@pytest.mark.usefixtures("cores")
def test_what_comes_soon_after_another_is_met_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the first, as long as they come soon."""
    soon = AWAKE_SECONDS / 2
    one, front = taking(monkeypatch, soon, soon, soon, soon)

    assert [one.take(wait=True) for _ in range(3)] == [[event(1)]] * 3
    assert front.waited[0] is ASLEEP
    assert set(front.waited[1:]) == {AWAKE}


@pytest.mark.usefixtures("cores")
def test_nobody_is_waited_for_awake_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that found nothing ends in sleep, and what then comes late does not lead to the next."""
    late = SOON_SECONDS * 2
    one, front = taking(monkeypatch, 0.0, late, late, late)

    assert [one.take(wait=True) for _ in range(3)] == [[event(1)]] * 3
    _, *looks, last = front.waited
    assert front.waited.count(ASLEEP) == 3
    assert last is ASLEEP, "what came late has the next one be waited for asleep"
    assert 1 <= looks.count(AWAKE) <= AWAKE_SECONDS / LOOK_SECONDS + 1


def test_on_one_core_all_are_waited_for_asleep(monkeypatch: pytest.MonkeyPatch, cores: set[int]) -> None:
    """However soon they come."""
    cores.remove(1)
    one, front = taking(monkeypatch, 0.0, 0.0, 0.0, 0.0)

    assert [one.take(wait=True) for _ in range(3)] == [[event(1)]] * 3
    assert set(front.waited) == {ASLEEP}


@pytest.mark.usefixtures("cores")
def test_after_many_at_once_the_next_are_waited_for_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """They share what it costs to be woken."""
    one, front = taking(monkeypatch, 0.0, 0.0, 0.0, 0.0)
    front.at_once = FEW + 1

    assert [one.take(wait=True) for _ in range(3)] == [[event(1)] * (FEW + 1)] * 3
    assert {ASLEEP} == set(front.waited)


@pytest.mark.usefixtures("cores")
def test_an_end_is_seen_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for again."""
    one, front = taking(monkeypatch, 0.0, 0.0)

    assert one.take(wait=True) == [event(1)]
    assert one.take(wait=True) is None
    assert front.waited == [ASLEEP, AWAKE]


@pytest.mark.usefixtures("cores")
def test_who_does_not_want_to_wait_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be other work, in turns."""
    one, front = taking(monkeypatch, 10.0, 10.0)
    breaths: list[float] = []
    monkeypatch.setattr(intake, "sleep", breaths.append)

    assert one.take(wait=False) == []
    assert front.waited == [AWAKE]
    assert breaths == [BREATH_SECONDS], "others must get the interpreter between two turns"
