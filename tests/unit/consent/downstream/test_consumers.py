from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.consent.downstream.consumers import Consumers
from sidecar.consent.log import Follower, Mark
from tests.unit.consent.desk import NOW, Desk, desk


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def consumers(at_desk: Desk) -> Consumers:
    """Consumers of that log."""
    return Consumers(at_desk.log, clock=lambda: NOW)


def test_who_never_said_has_no_place(at_desk: Desk, consumers: Consumers) -> None:
    """Neither has a sidecar of that name one for it."""
    at_desk.log.mark(Mark(kind=Follower.SIDECAR, name="mail", position=3, at=NOW))

    assert consumers.acknowledged("mail") is None


def test_what_is_acknowledged_is_kept(tmp_path: Path) -> None:
    """Also for the next process, for each its own."""
    with desk(tmp_path) as before:
        kept = Consumers(before.log, clock=lambda: NOW).acknowledge("mail", 7)
    with desk(tmp_path) as after:
        consumers = Consumers(after.log, clock=lambda: NOW)

        assert (7, 7, None) == (kept, consumers.acknowledged("mail"), consumers.acknowledged("crm"))


@pytest.mark.parametrize(("position", "kept"), [(6, 7), (7, 7), (8, 8)])
def test_a_place_never_goes_back(consumers: Consumers, position: int, kept: int) -> None:
    """An acknowledgement that was overtaken, or sent twice, changes nothing."""
    consumers.acknowledge("mail", 7)

    assert kept == consumers.acknowledge("mail", position)
    assert kept == consumers.acknowledged("mail")


def test_who_begins_anew_has_nothing(consumers: Consumers) -> None:
    """What it acknowledges from then on counts, though it had more before."""
    consumers.acknowledge("mail", 7)
    consumers.begin_anew("mail")
    before = consumers.acknowledged("mail")

    assert (0, 3) == (before, consumers.acknowledge("mail", 3))
