from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.consent.downstream.lag import Lags
from sidecar.consent.log import Follower, Mark
from sidecar.errors import ConsentLogError
from sidecar.model.instant import SECOND
from tests.unit.consent.desk import NOW, Desk, desk, no, yes


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def lags(at_desk: Desk) -> Lags:
    """Those of one consumer that acknowledges, and one that never came."""
    return Lags(at_desk.log, at_desk.cache, ["mail", "crm"])


def acknowledge(at_desk: Desk, position: int) -> None:
    """As the consumer ``mail`` does."""
    at_desk.log.mark(Mark(kind=Follower.CONSUMER, name="mail", position=position, at=NOW))


def test_nothing_is_said_before_the_first_look(lags: Lags) -> None:
    """0 would say that everybody has everything."""
    assert {} == lags.seconds(NOW)


def test_nobody_is_behind_on_an_empty_log(lags: Lags) -> None:
    """There is nothing to acknowledge."""
    lags.look()

    assert {"mail": 0.0, "crm": 0.0} == lags.seconds(NOW)


def test_the_oldest_that_is_not_acknowledged_counts(at_desk: Desk, lags: Lags) -> None:
    """Its age grows by itself, shrinks with what is acknowledged, and is 0 when nothing is left."""
    at_desk.ledger.record("p1", yes("a"))
    at_desk.now += 10 * SECOND
    at_desk.ledger.record("p1", no("b"))
    lags.look()

    assert {"mail": 10.0, "crm": 10.0} == lags.seconds(NOW + 10 * SECOND)
    assert {"mail": 15.0, "crm": 15.0} == lags.seconds(NOW + 15 * SECOND)

    acknowledge(at_desk, 1)
    lags.look()

    assert {"mail": 5.0, "crm": 15.0} == lags.seconds(NOW + 15 * SECOND)

    acknowledge(at_desk, 2)
    lags.look()

    assert {"mail": 0.0, "crm": 15.0} == lags.seconds(NOW + 15 * SECOND)


def test_a_clock_that_steps_back_makes_no_lag_below_0(at_desk: Desk, lags: Lags) -> None:
    """Another process may have accepted it by a clock that is ahead."""
    at_desk.ledger.record("p1", yes("a"))
    lags.look()

    assert {"mail": 0.0, "crm": 0.0} == lags.seconds(NOW - SECOND)


def test_what_is_no_entry_any_more_is_not_waited_for(
    at_desk: Desk, lags: Lags, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positions that hold nothing need no acknowledgement, and are looked through once; what comes then counts."""
    at_desk.ledger.record("p1", yes("a"))
    monkeypatch.setattr(type(at_desk.log), "entries", lambda *_, **__: ())
    lags.look()

    assert {"mail": 0.0, "crm": 0.0} == lags.seconds(NOW + SECOND)

    monkeypatch.undo()
    lags.look()

    assert {"mail": 0.0, "crm": 0.0} == lags.seconds(NOW + SECOND)

    at_desk.ledger.record("p1", no("b"))
    lags.look()

    assert {"mail": 1.0, "crm": 1.0} == lags.seconds(NOW + SECOND)


def test_another_log_is_looked_through_from_its_start(
    at_desk: Desk, lags: Lags, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found in the one before says nothing about it."""
    at_desk.ledger.record("p1", yes("a"))
    monkeypatch.setattr(type(at_desk.log), "entries", lambda *_, **__: ())
    lags.look()
    monkeypatch.undo()
    monkeypatch.setattr(type(at_desk.cache), "log_id", "f" * 16)
    lags.look()

    assert {"mail": 1.0, "crm": 1.0} == lags.seconds(NOW + SECOND)


def test_a_log_that_cannot_be_read_leaves_what_was_found(
    at_desk: Desk, lags: Lags, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The age goes on growing: an outage is no reason to look fine."""
    at_desk.ledger.record("p1", yes("a"))
    lags.look()

    def broken(*_: object) -> None:
        raise ConsentLogError("unplugged")

    monkeypatch.setattr(type(at_desk.log), "marks", broken)
    with pytest.raises(ConsentLogError):
        lags.look()

    assert {"mail": 3.0, "crm": 3.0} == lags.seconds(NOW + 3 * SECOND)


def test_without_consumers_the_log_is_left_alone(at_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many sidecars on one log most know of none."""
    monkeypatch.setattr(type(at_desk.log), "marks", None)
    lags = Lags(at_desk.log, at_desk.cache, [])
    lags.look()

    assert {} == lags.seconds(NOW)
