"""Recording: what is acknowledged is durable and seen; what is malformed changes nothing."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from msgspec import structs

from sidecar.consent.codec import event_to_json
from sidecar.consent.fold import fold
from sidecar.consent.record import EMPTY
from sidecar.errors import RequestError
from sidecar.model.event import Erasure, Event
from tests.unit.consent.desk import NOW, Desk, no, yes
from tests.unit.consent.ledger.lines import ids, standing_is_current
from tests.worlds import CATALOG, EMAIL, scope


def test_what_is_recorded_is_in_the_log_and_in_the_cache(at_work: Desk) -> None:
    """With the revision that has it, when it counts from, and the record as the rules fold it."""
    recorded = at_work.ledger.record("ada", yes("a"))
    expected = fold(EMPTY, yes("a"), accepted_at=NOW, catalog=CATALOG)
    revision, record = at_work.ledger.record_of("ada")

    assert (f"{at_work.log.log_id}.1", NOW, False) == (recorded.revision, recorded.effective_at, recorded.duplicate)
    assert expected.record == structs.replace(record, seen=())
    assert recorded.revision == revision == str(at_work.cache.revision())
    assert standing_is_current(at_work, "ada")


def test_events_of_a_subject_follow_each_other(at_work: Desk) -> None:
    """In the same microsecond a tick, an untick and a tick keep their order; the history tells them."""
    times = [at_work.ledger.record("ada", event).effective_at for event in (yes("a"), no("b"), yes("c"))]

    assert [NOW, NOW + 1, NOW + 2] == times
    assert ["a", "b", "c"] == ids(at_work.ledger.history("ada", after=0, limit=10))
    assert ["b"] == ids(at_work.ledger.history("ada", after=1, limit=1))


def test_an_entry_knows_its_subject_under_seal_only(at_work: Desk, tmp_path: Path) -> None:
    """Authorised readers can open it; the file does not show it."""
    at_work.ledger.record("ada-lovelace", yes("a"))
    (entry,) = at_work.ledger.history("ada-lovelace", after=0, limit=1)

    assert "ada-lovelace" == at_work.pseudonyms.unseal(entry.sealed)
    assert b"lovelace" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert NOW == entry.accepted_at


def test_a_subject_without_a_record(at_work: Desk) -> None:
    """Has an empty one, no revision, no history."""
    assert ("", EMPTY) == at_work.ledger.record_of("nobody")
    assert () == at_work.ledger.history("nobody", after=0, limit=10)


@pytest.mark.parametrize(
    ("subject", "event", "field"),
    [
        ("", yes("a"), "subject"),
        ("s" * 257, yes("a"), "subject"),
        ("a\0b", yes("a"), "subject"),
        ("ada", yes(""), "event.id"),
        ("ada", replace(yes("a"), method="\0"), "event.method"),
        ("ada", yes("a", about=scope("no.such.purpose", "*")), "event.submission.choices[0].scope.purposes[0]"),
        ("ada", yes("a", occurred_at=NOW + 301_000_000), "event.occurred_at"),
        ("ada", Event(id="a", act=Erasure()), "event"),
    ],
)
def test_a_malformed_event_changes_nothing(at_work: Desk, subject: str, event: Event, field: str) -> None:
    """The error names the field."""
    with pytest.raises(RequestError) as caught:
        at_work.ledger.record(subject, event)

    assert field == caught.value.field
    assert (0, 0) == (at_work.log.last_position(), at_work.cache.applied)


@pytest.mark.parametrize("subject", ["s" * 257, "a\nb"])
def test_a_malformed_subject_is_not_looked_up(at_work: Desk, subject: str) -> None:
    """Neither for a record nor for a history nor for an erasure."""
    for call in (
        lambda: at_work.ledger.record_of(subject),
        lambda: at_work.ledger.history(subject, after=0, limit=1),
        lambda: at_work.ledger.erase(subject, "e"),
    ):
        with pytest.raises(RequestError, match="`subject`"):
            call()


def test_no_update_is_lost_among_eight_writers(at_work: Desk) -> None:
    """Of one subject, through one ledger: each no is in the record, the view is that of the last."""
    purposes = list(CATALOG.purposes)[:5]

    def write(writer: int) -> None:
        for number, purpose in enumerate(purposes):
            at_work.ledger.record("ada", no(f"{writer}-{number}", about=scope(purpose)))

    threads = [Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = at_work.ledger.history("ada", after=0, limit=100)
    _, record = at_work.ledger.record_of("ada")

    assert 40 == len(history)
    assert all(one.effective_at < next_.effective_at for one, next_ in pairwise(history))
    assert set(purposes) == {entry.atom.purpose for entry in record.entries}
    assert standing_is_current(at_work, "ada")
    assert 40 == at_work.cache.applied


def test_the_json_of_an_event_is_what_the_log_keeps(at_work: Desk) -> None:
    """Nothing is added, nothing left out, no subject."""
    at_work.ledger.record("ada", yes("a"))
    (entry,) = at_work.ledger.history("ada", after=0, limit=1)

    assert yes("a") == entry.event
    assert b"ada" not in event_to_json(entry.event)
    assert EMAIL in event_to_json(entry.event).decode()
