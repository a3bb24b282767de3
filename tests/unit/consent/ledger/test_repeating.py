"""Repeating: an id is used for one event, whether the record still knows it or not."""

from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.errors import EventConflictError
from tests.unit.consent.desk import Desk, desk, no, yes
from tests.unit.consent.ledger.lines import ids


def test_repeating_an_event_changes_nothing(at_work: Desk) -> None:
    """Right away, and after others: the first revision and time come back, told to be a repetition."""
    first = at_work.ledger.record("ada", yes("a"))
    at_once = at_work.ledger.record("ada", yes("a"))
    at_work.now += 10**9
    second = at_work.ledger.record("ada", no("b"))
    again = [at_work.ledger.record("ada", event) for event in (yes("a"), no("b"), yes("a"))]

    expected = [replace(recorded, duplicate=True) for recorded in (first, second, first)]
    assert replace(first, duplicate=True) == at_once
    assert expected == again
    assert ["a", "b"] == ids(at_work.ledger.history("ada", after=0, limit=10))


def test_repeating_is_known_after_a_restart(tmp_path: Path) -> None:
    """It is in the record, not in memory."""
    with desk(tmp_path) as at_work:
        first = at_work.ledger.record("ada", yes("a"))
    with desk(tmp_path) as at_work:
        again = at_work.ledger.record("ada", yes("a"))

    assert replace(first, duplicate=True) == again


def test_an_id_used_for_something_else_is_refused(at_work: Desk) -> None:
    """Whatever differs, and nothing changes; another subject may use it."""
    at_work.ledger.record("ada", yes("a"))
    for other in (no("a"), replace(yes("a"), method="x"), yes("a", occurred_at=1)):
        with pytest.raises(EventConflictError, match="`a`"):
            at_work.ledger.record("ada", other)

    assert not at_work.ledger.record("bob", no("a")).duplicate
    assert ["a"] == ids(at_work.ledger.history("ada", after=0, limit=10))


def test_the_last_64_ids_are_known(at_work: Desk) -> None:
    """A record is bounded, so is its memory."""
    for number in range(65):
        at_work.ledger.record("ada", no(f"e{number}"))
    _, record = at_work.ledger.record_of("ada")

    assert [f"e{number}" for number in range(1, 65)] == [seen.event_id for seen in record.seen]
    assert [*range(2, 65), None] == [seen.position for seen in record.seen]
    assert at_work.ledger.record("ada", no("e1")).duplicate


def test_an_id_that_the_record_forgot_is_known_to_the_log(at_work: Desk) -> None:
    """However many events ago: a grant sent again does not undo the withdrawal, and its id means nothing else."""
    first = at_work.ledger.record("ada", yes("g"))
    at_work.ledger.record("ada", no("w"))
    for number in range(64):
        at_work.ledger.record("ada", no(f"e{number}"))
    again = at_work.ledger.record("ada", yes("g"))
    with pytest.raises(EventConflictError):
        at_work.ledger.record("ada", no("g"))

    assert (first.revision, first.effective_at, True) == (again.revision, again.effective_at, again.duplicate)
    assert 66 == at_work.cache.applied
    assert not at_work.ledger.record("ada", no("new")).duplicate
