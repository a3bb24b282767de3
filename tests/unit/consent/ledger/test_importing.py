"""Importing: each line as of its time, and none spoils another."""

import pytest

from sidecar import pace
from sidecar.model.event import Erasure, Event
from tests.unit.consent.desk import NOW, Desk, no, yes
from tests.unit.consent.ledger.lines import PAST, ids, line, standing_is_current
from tests.worlds import scope


def test_an_import_records_each_line_as_of_its_time(at_work: Desk) -> None:
    """Several of one subject too; the revision that comes back has all of them, and so has the cache."""
    outcome = at_work.ledger.import_lines(
        [
            line(1, "ada", yes("a", occurred_at=PAST)),
            line(2, "bob", yes("a", occurred_at=PAST)),
            line(3, "ada", no("b", occurred_at=PAST + 5)),
        ]
    )
    history = at_work.ledger.history("ada", after=0, limit=10)

    assert (3, 0, ()) == (outcome.recorded, outcome.duplicates, outcome.rejections)
    assert f"{at_work.log.log_id}.3" == outcome.revision
    assert [("a", PAST, NOW), ("b", PAST + 5, NOW)] == [(e.event.id, e.effective_at, e.accepted_at) for e in history]
    assert all(standing_is_current(at_work, subject) for subject in ("ada", "bob"))


def test_a_bad_line_spoils_no_other(at_work: Desk) -> None:
    """Each is told of with its number and why."""
    outcome = at_work.ledger.import_lines(
        [
            line(10, "ada", yes("a", occurred_at=PAST)),
            line(11, "ada", no("a", occurred_at=PAST)),
            line(12, "ada", yes("b")),
            line(13, "", yes("c", occurred_at=PAST)),
            line(14, "ada", yes("d" * 129, occurred_at=PAST)),
            line(15, "ada", Event(id="e", act=Erasure(), occurred_at=PAST)),
            line(16, "ada", yes("f", occurred_at=PAST, about=scope("no.such", "*"))),
            line(17, "ada", yes("a", occurred_at=PAST)),
            line(18, "ada", no("g", occurred_at=PAST)),
        ]
    )
    whys = dict(outcome.rejections)

    assert (2, 1) == (outcome.recorded, outcome.duplicates)
    assert [11, 12, 13, 14, 15, 16] == sorted(whys)
    assert "used before with another body" in whys[11]
    assert "`event.occurred_at`" in whys[12]
    assert "`subject`" in whys[13]
    assert "`event.id`" in whys[14]
    assert "erase instead" in whys[15]
    assert "no.such" in whys[16]
    assert ["a", "g"] == ids(at_work.ledger.history("ada", after=0, limit=10))


def test_sending_an_import_again_changes_nothing(at_work: Desk) -> None:
    """As after a stream that broke."""
    lines = [line(number, f"s{number % 3}", no(f"e{number}", occurred_at=PAST + number)) for number in range(9)]
    at_work.ledger.import_lines(lines)
    before = list(at_work.log.heads())
    again = at_work.ledger.import_lines(lines)

    assert (0, 9) == (again.recorded, again.duplicates)
    assert before == list(at_work.log.heads())


def test_no_lines_are_no_entries(at_work: Desk) -> None:
    """An empty batch is fine."""
    outcome = at_work.ledger.import_lines([])

    assert (0, 0, (), f"{at_work.log.log_id}.0") == (
        outcome.recorded,
        outcome.duplicates,
        outcome.rejections,
        outcome.revision,
    )


def test_others_get_the_interpreter_between_lines(at_work: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements let go of it for too short a time to wake up in; so a slice is followed by a breath."""
    breaths: list[float] = []
    monkeypatch.setattr(pace, "sleep", breaths.append)
    monkeypatch.setattr(pace, "SLICE_SECONDS", -1.0)
    outcome = at_work.ledger.import_lines(
        [line(number, "ada", yes(f"e{number}", occurred_at=PAST)) for number in (1, 2)]
    )

    assert 2 == outcome.recorded
    assert [pace.BREATH_SECONDS] * 2 == breaths
