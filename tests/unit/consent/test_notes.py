"""Why the choices of a record were sent: found wherever their events are, and without reading all."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.consent.notes import notes_of
from sidecar.consent.record import EMPTY, MAX_SEEN
from sidecar.model.scope import Scope
from tests.unit.consent.desk import Desk, desk, no
from tests.worlds import EMAIL, choice, scope, submission


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as at_work:
        yield at_work


def say_no(at_work: Desk, event_id: str, about: Scope | None = None) -> None:
    """Say it, with a note that names the event."""
    at_work.ledger.record("ada", replace(no(event_id, about=about), note=f"why {event_id}"))


def notes(at_work: Desk, subject: str = "ada") -> dict[str, str]:
    """Those of the record as it is now."""
    return at_work.ledger.notes(subject, at_work.ledger.record_of(subject)[1])


def test_events_that_the_record_still_knows(at_work: Desk) -> None:
    """The first, the last, one that has no note, and one whose choice was replaced."""
    say_no(at_work, "first")
    assert {"first": "why first"} == notes(at_work)
    at_work.ledger.record("ada", no("silent", about=scope("improve")))
    say_no(at_work, "replaced", scope("content"))
    say_no(at_work, "last", scope("content"))

    assert {"first": "why first", "last": "why last"} == notes(at_work)


def test_events_that_the_record_has_forgotten(at_work: Desk) -> None:
    """Before the last 64: read from the beginning, and of what is between nothing."""
    say_no(at_work, "old")
    for number in range(6 * MAX_SEEN):
        say_no(at_work, f"n{number}", scope("content"))
    _, record = at_work.ledger.record_of("ada")
    read: list[int] = []

    def history(after: int, limit: int) -> object:
        page = at_work.ledger.history("ada", after=after, limit=limit)
        read.extend(entry.position for entry in page)
        return page

    last = f"n{6 * MAX_SEEN - 1}"
    assert {"old": "why old", last: f"why {last}"} == notes_of(record, history)  # type: ignore[arg-type] # a page
    assert len(read) < 3 * MAX_SEEN


def test_events_that_were_erased(at_work: Desk) -> None:
    """Objections outlive an erasure, their events do not; what is said later is found."""
    at_work.ledger.record("ada", replace(submission("o", choice("objected", scope(EMAIL))), note="why"))
    say_no(at_work, "no")
    at_work.ledger.erase("ada", "gone")
    say_no(at_work, "later", scope(EMAIL, "*"))

    assert {"later": "why later"} == notes(at_work)


def test_nobody_has_none(at_work: Desk) -> None:
    """Nothing was said, so nothing was said why."""
    assert {} == at_work.ledger.notes("nobody", EMPTY)
