"""What is kept of a view: a mark in the log, a file on the disk, both once in a while and in the end."""

import time
from collections.abc import Callable

import pytest

from sidecar.consent.log import Follower, Mark
from sidecar.consent.view.applier import Outside
from sidecar.consent.view.keeper import MARK_SECONDS, Keeper, Saving
from sidecar.errors import ConsentLogError
from sidecar.model.instant import SECOND, Instant
from sidecar.testing import FixedClock
from tests.unit.consent.desk import NOW, no
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import Store


class Kept:
    """A desk whose view is kept by hand; *wrote* are the instants at which it was saved."""

    def __init__(self, *, saves: bool = True) -> None:
        self.desk = SharedDesk(Store())
        self.ticks = FixedClock(0)
        self.wrote: list[Instant] = []
        self.reported: list[str] = []
        self.failing: Exception | None = None
        self.takes: tuple[float, ...] = ()  # seconds that each part of a view takes to save
        outside = Outside(clock=lambda: NOW, ticks=self.ticks, report=lambda error: self.reported.append(str(error)))
        saving = Saving(self._save, 10 * SECOND) if saves else None
        self.keeper = Keeper(self.desk.log, self.desk.cache, outside, name="one", saving=saving)

    def _save(self, now: Instant, pause: Callable[[], object]) -> bool:
        if self.failing is not None:
            raise self.failing
        for seconds in self.takes:
            self.ticks.advance(seconds)
            pause()
        self.wrote.append(now)
        return True

    def after(self, seconds: float) -> tuple[Mark, ...]:
        """The marks after *seconds* more, and a look."""
        self.ticks.advance(seconds)
        self.keeper.look()
        return self.desk.log.marks()


def test_the_log_is_told_how_far_the_view_is() -> None:
    """Some seconds after it changed, once; not of an empty log, nor to a lost one."""
    kept = Kept()
    empty = kept.after(MARK_SECONDS)
    kept.desk.ledger.record("p", no("a"))
    kept.desk.catch_up()
    early, late = kept.after(MARK_SECONDS - 1), kept.after(1)
    kept.desk.store.marks.clear()
    unchanged = kept.after(MARK_SECONDS)
    kept.desk.ledger.record("p", no("b"))
    kept.desk.catch_up()
    kept.desk.contact.lose("gone")
    lost = kept.after(MARK_SECONDS)

    assert [(), (), (), ()] == [empty, early, unchanged, lost]
    assert (Mark(kind=Follower.SIDECAR, name="one", position=1, at=NOW),) == late


def test_a_view_is_saved_now_and_then() -> None:
    """As often as was said; not at all where nothing is to be saved."""
    kept, other = Kept(), Kept(saves=False)
    for seconds in (9, 1, 9, 1):
        kept.after(seconds)
        other.after(seconds)

    assert [NOW, NOW] == kept.wrote
    assert [] == other.wrote


def test_the_log_is_told_how_far_the_view_is_while_that_is_saved() -> None:
    """However long that takes, beside all that is answered."""
    kept = Kept()
    kept.takes = (1, MARK_SECONDS, 1)
    before = kept.after(9)
    kept.desk.ledger.record("p", no("a"))
    kept.desk.catch_up()
    marks = kept.after(1)

    assert () == before
    assert [1] == [mark.position for mark in marks]
    assert [NOW] == kept.wrote


@pytest.mark.parametrize("error", [OSError("disk full"), ConsentLogError("gone"), RuntimeError("a bug")])
def test_what_fails_is_told_once_and_tried_again(error: Exception) -> None:
    """And the rest is done all the same."""
    kept = Kept()
    kept.desk.ledger.record("p", no("a"))
    kept.desk.catch_up()
    kept.failing = error
    marks = kept.after(10)
    kept.after(10)
    kept.failing = None
    kept.after(10)

    assert 1 == len(marks)
    assert [str(error)] == kept.reported
    assert [NOW] == kept.wrote


@pytest.mark.parametrize("saves", [True, False])
def test_everything_is_kept_once_more_in_the_end(*, saves: bool) -> None:
    """Whatever is due; stopped before it was started it does nothing."""
    kept, idle = Kept(saves=saves), Kept()
    idle.keeper.stop()
    kept.keeper.start()
    kept.desk.ledger.record("p", no("a"))
    kept.desk.catch_up()
    kept.keeper.stop()

    assert ["one"] == [mark.name for mark in kept.desk.log.marks()]
    assert ([NOW] if saves else []) == kept.wrote
    assert [] == idle.wrote


def test_the_thread_looks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """About once a second."""
    monkeypatch.setattr("sidecar.consent.view.keeper.PERIOD_SECONDS", 0.001)
    kept = Kept()
    kept.keeper.start()
    kept.ticks.advance(10)
    until = time.monotonic() + 5
    while not kept.wrote and time.monotonic() < until:
        time.sleep(0.001)
    kept.keeper.stop()

    assert [NOW] == kept.wrote[:1]
