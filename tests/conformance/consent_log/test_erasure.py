"""What every backend must do: an erasure removes what came before it, and may be forgotten in its time."""

from pathlib import Path

import pytest

from sidecar.consent.log import ConsentLog
from sidecar.errors import LogConflictError, RequestError
from tests.conformance.backends import ADA, BOB, Backend, append, append_together, erasure, following, ids
from tests.unit.consent.desk import no, yes

MARKER = "marker-of-a-person"


def bytes_of(backend: Backend, folder: Path) -> bytes:
    """Everything the log has on the disk."""
    return b"".join(path.read_bytes() for path in sorted(backend.files(folder)))


def test_the_erasure_of_a_person_removes_what_came_before(backend: Backend, log: ConsentLog, tmp_path: Path) -> None:
    """From what can be asked, and from every file; others, and what comes later, stay."""
    append(log, ADA, yes(MARKER), no("b"))
    append(log, BOB, yes("c"))
    before = bytes_of(backend, tmp_path)
    position = append(log, ADA, erasure("gone"))
    after_erasure = bytes_of(backend, tmp_path)
    append(log, ADA, yes("d"))

    assert MARKER.encode() in before
    assert MARKER.encode() not in after_erasure
    assert ["gone", "d"] == ids(log.history(ADA, after=0, limit=10))
    assert ["c"] == ids(log.history(BOB, after=0, limit=10))
    assert position < log.last_position()


def test_an_event_is_found_by_its_id(log: ConsentLog) -> None:
    """Those of the subject only, those of the batch included, until the erasure of the person removes them."""
    append(log, ADA, yes("a"), no("b"))
    append(log, BOB, yes("c"))
    with log.batch() as batch:
        batch.append(following(batch.head(ADA), ADA, yes("d")))
        found = [batch.find(ADA, event_id) for event_id in "abcd"]
    history = log.history(ADA, after=0, limit=10)
    append(log, ADA, erasure("gone"))
    with log.batch() as batch:
        erased = [batch.find(ADA, event_id) for event_id in ("a", "d", "gone")]

    assert [*history[:2], None, history[2]] == found
    assert [None, None, *log.history(ADA, after=0, limit=10)] == erased


def test_the_erasure_of_categories_keeps_the_history(log: ConsentLog) -> None:
    """It is the proof of what had been agreed to."""
    append(log, ADA, yes("a"), erasure("some", "user.contact"))

    assert ["a", "some"] == ids(log.history(ADA, after=0, limit=10))


def test_an_erasure_that_fails_removes_nothing(backend: Backend, log: ConsentLog) -> None:
    """Unless, where there are no transactions, it is there all the same."""
    append(log, ADA, yes("a"))
    with pytest.raises(RequestError):
        append_together(log, erasure("gone"), leaving_with=RequestError("event", "wrong"))

    assert ids(log.history(ADA, after=0, limit=10)) in (["a"], ["a"] if backend.transactional else ["gone"])


def test_an_erasure_right_after_other_entries_of_its_batch(log: ConsentLog) -> None:
    """They are removed like all that came before."""
    append_together(log, yes("a"), erasure("gone"))

    assert ["gone"] == ids(log.history(ADA, after=0, limit=10))


def test_the_erasure_of_a_person_can_be_forgotten(log: ConsentLog) -> None:
    """Then nobody knows that they ever were there; positions go on, and the next entry begins anew."""
    append(log, ADA, yes("a"))
    tombstone = append(log, ADA, erasure("b"))
    last = append(log, BOB, yes("a"))
    forgotten = log.forget(ADA, tombstone)

    assert (True, False) == (forgotten, log.forget(ADA, tombstone))
    assert (None, ()) == (log.head(ADA), log.history(ADA, after=0, limit=9))
    assert [BOB] == [entry.pseudonym for entry in log.entries(after=0, limit=9)]
    assert last < append(log, ADA, yes("a"))


def test_what_has_something_behind_it_or_nothing_is_not_forgotten(log: ConsentLog) -> None:
    """A later entry of the subject stands on the erasure; the last entry of a log tells where it ends."""
    tombstone = append(log, ADA, erasure("a"))
    at_the_end = log.forget(ADA, tombstone)
    append(log, ADA, yes("b"))
    behind = log.forget(ADA, tombstone)
    of_somebody_else = log.forget(BOB, tombstone)

    assert (False, False, False) == (at_the_end, behind, of_somebody_else)
    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=9))


def test_a_writer_finds_that_an_erasure_was_forgotten(log: ConsentLog) -> None:
    """What was made from it is not appended: whoever made it reads again and begins anew."""
    tombstone = append(log, ADA, erasure("a"))
    append(log, BOB, yes("a"))
    head = log.head(ADA)
    log.forget(ADA, tombstone)
    with pytest.raises(LogConflictError), log.batch() as batch:
        batch.append(following(head, ADA, yes("b")))

    assert log.head(ADA) is None
