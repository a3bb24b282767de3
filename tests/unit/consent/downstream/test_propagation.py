from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.consent.downstream.propagation import Place, Propagation, Reached
from sidecar.consent.log import Follower, Mark
from sidecar.consent.record import MAX_SEEN
from sidecar.errors import RequestError
from tests.unit.consent.desk import NOW, Desk, desk, no, yes


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def propagation(at_desk: Desk) -> Propagation:
    """That of its log, with one consumer that is known."""
    return Propagation(at_desk.log, at_desk.cache, ["mail"])


def test_an_entry_is_found_by_its_position(at_desk: Desk, propagation: Propagation) -> None:
    """What an erasure removed is a place without an entry, and so is the start."""
    at_desk.ledger.record("p1", yes("a"))
    at_desk.ledger.record("p2", yes("b"))
    at_desk.ledger.erase("p1", "gone")

    assert Place(position=2, accepted_at=NOW) == propagation.at(2)
    assert Place(position=1, accepted_at=None) == propagation.at(1)
    assert Place(position=0, accepted_at=None) == propagation.at(0)
    with pytest.raises(RequestError, match="not come that far"):
        propagation.at(4)


def test_an_event_is_found_by_its_id(at_desk: Desk, propagation: Propagation) -> None:
    """The newest, an older one, an erasure; also one that is erased, whose id the record keeps."""
    at_desk.ledger.record("p2", yes("a"))
    at_desk.ledger.record("p1", yes("a"))
    at_desk.ledger.record("p1", no("b"))
    found = [propagation.of("p1", event_id).position for event_id in ("a", "b")]
    at_desk.ledger.erase("p1", "gone")
    erased = [propagation.of("p1", event_id) for event_id in ("a", "gone")]

    assert [2, 3] == found
    assert [Place(position=2, accepted_at=None), Place(position=4, accepted_at=NOW)] == erased


def test_an_event_that_the_record_has_forgotten_is_found(at_desk: Desk, propagation: Propagation) -> None:
    """The log has it."""
    for number in range(MAX_SEEN + 2):
        at_desk.ledger.record("p1", yes(f"e{number}"))

    assert 1 == propagation.of("p1", "e0").position


@pytest.mark.parametrize(
    ("subject", "event_id", "field"),
    [("p1", "b", "event_id"), ("p2", "a", "event_id"), ("p1", "", "event_id"), ("", "a", "subject")],
)
def test_an_event_that_was_not_recorded_is_an_error(
    at_desk: Desk, propagation: Propagation, subject: str, event_id: str, field: str
) -> None:
    """Not a change that has reached nobody."""
    at_desk.ledger.record("p1", yes("a"))
    with pytest.raises(RequestError) as caught:
        propagation.of(subject, event_id)

    assert field == caught.value.field


def test_everyone_who_follows_is_told_of(at_desk: Desk, propagation: Propagation) -> None:
    """Sidecars first, then consumers; also one that never came, and one that is not known here."""
    marks = [
        Mark(kind=Follower.CONSUMER, name="crm", position=5, at=NOW),
        Mark(kind=Follower.SIDECAR, name="zebra", position=6, at=NOW + 1),
    ]
    for mark in marks:
        at_desk.log.mark(mark)

    assert (
        Reached(kind=Follower.SIDECAR, name="zebra", position=6, at=NOW + 1),
        Reached(kind=Follower.CONSUMER, name="crm", position=5, at=NOW),
        Reached(kind=Follower.CONSUMER, name="mail"),
    ) == propagation.followers()
