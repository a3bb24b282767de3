"""Erasing: of a person nothing is left but one entry without a name; of categories the history."""

from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.consent.record import Kind
from sidecar.errors import EventConflictError, RequestError
from sidecar.model.event import Event, Traits
from sidecar.model.vocabulary import Actor
from tests.unit.consent.desk import Desk, yes
from tests.unit.consent.ledger.lines import PAST, ids, standing_is_current
from tests.worlds import choice, scope, submission


def test_erasing_a_person_leaves_one_entry_without_a_name(at_work: Desk, tmp_path: Path) -> None:
    """Objections stay; everything else is gone from record, history and files."""
    marker = "method-of-ada"
    at_work.ledger.record("ada", replace(yes("a"), method=marker))
    at_work.ledger.record("ada", Event(id="t", act=Traits(jurisdiction="DE")))
    at_work.ledger.record("ada", submission("o", choice("objected", scope("marketing"))))
    erased = at_work.ledger.erase("ada", "gone")
    _, record = at_work.ledger.record_of("ada")
    (entry,) = at_work.ledger.history("ada", after=0, limit=10)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert (Kind.OBJECTED,) == tuple(entry.kind for entry in record.entries)
    assert () == record.traits
    assert erased.effective_at == record.horizon == record.latest_at
    assert ["a", "t", "o", "gone"] == [seen.event_id for seen in record.seen]
    assert ("gone", b"", Actor.OPERATOR) == (entry.event.id, entry.sealed, entry.event.actor)
    assert marker.encode() not in content
    assert standing_is_current(at_work, "ada")


def test_erasing_twice_is_erasing(at_work: Desk) -> None:
    """The same id, whatever the order of its categories; another set of categories is another erasure."""
    first = at_work.ledger.erase("ada", "gone", ["user.health", "user.contact"])
    again = at_work.ledger.erase("ada", "gone", ["user.contact", "user.health", "user.health"])
    with pytest.raises(EventConflictError):
        at_work.ledger.erase("ada", "gone")

    assert replace(first, duplicate=True) == again


def test_a_replay_after_an_erasure_opens_nothing(at_work: Desk) -> None:
    """What happened before it is void, whenever it arrives; what comes after it counts, under a new seal."""
    at_work.ledger.erase("ada", "gone")
    at_work.ledger.record("ada", yes("old", occurred_at=PAST))
    _, after_replay = at_work.ledger.record_of("ada")
    at_work.ledger.record("ada", yes("new"))
    _, after_grant = at_work.ledger.record_of("ada")
    last = at_work.ledger.history("ada", after=0, limit=10)[-1]

    assert () == after_replay.entries
    assert ["new"] == [entry.event_id for entry in after_grant.entries]
    assert "ada" == at_work.pseudonyms.unseal(last.sealed)


def test_erasing_categories_keeps_the_history(at_work: Desk) -> None:
    """It is the proof of consent; what it voids is in the record."""
    at_work.ledger.record("ada", yes("a"))
    erased = at_work.ledger.erase("ada", "some", ["user.contact"])
    _, record = at_work.ledger.record_of("ada")

    assert ["a", "some"] == ids(at_work.ledger.history("ada", after=0, limit=10))
    assert (("user.contact", erased.effective_at),) == record.erased_categories
    assert standing_is_current(at_work, "ada")


@pytest.mark.parametrize(
    ("event_id", "categories", "field"),
    [
        ("", (), "id"),
        ("e", ("*",), "categories"),
        ("e" * 129, (), "id"),
        ("a\0", (), "id"),
        ("e", ("user", "no.such"), "categories[0]"),
    ],
)
def test_a_malformed_erasure_changes_nothing(
    at_work: Desk, event_id: str, categories: tuple[str, ...], field: str
) -> None:
    """The error names the field of the request."""
    with pytest.raises(RequestError) as caught:
        at_work.ledger.erase("ada", event_id, categories)

    assert field == caught.value.field
    assert 0 == at_work.log.last_position()
