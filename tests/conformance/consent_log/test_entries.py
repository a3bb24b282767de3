"""What every backend of the consent log must do: entries come back as they were appended, in order."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sidecar.consent.log import ConsentLog, Follower, Mark
from sidecar.consent.packing import unpack
from sidecar.errors import LogConflictError
from tests.conformance.backends import ADA, BOB, Backend, append, erasure, following, ids
from tests.unit.consent.desk import NOW, no, yes


def test_an_empty_log_knows_nobody(log: ConsentLog) -> None:
    """No head, no heads, no history, a position before every entry; and it can be read."""
    log.ping()
    before = log.last_position()

    assert log.head(ADA) is None
    assert [] == list(log.heads())
    assert () == log.history(ADA, after=0, limit=10)
    assert before < append(log, ADA, yes("a"))


def test_an_entry_comes_back_as_it_was_appended(log: ConsentLog) -> None:
    """Event, record, times and seal."""
    entry = following(None, ADA, yes("a"))
    with log.batch() as batch:
        position = batch.append(entry).position()

    assert entry.at(position) == log.head(ADA)
    assert (entry.at(position),) == log.history(ADA, after=0, limit=10)
    assert position == log.last_position()


def test_positions_grow_over_all_subjects(log: ConsentLog) -> None:
    """One order for the whole log."""
    positions = [append(log, pseudonym, yes(name)) for pseudonym, name in ((ADA, "a"), (BOB, "b"), (BOB, "c"))]

    assert all(one < next_ for one, next_ in pairwise(positions))
    assert positions[0] > 0


def test_the_last_entry_of_each_subject_is_its_head(log: ConsentLog) -> None:
    """Heads are what a cache starts from."""
    append(log, ADA, yes("a"), no("b"))
    append(log, BOB, yes("c"))
    expected = {entry.pseudonym: (entry.position, entry.record) for entry in map(log.head, (ADA, BOB)) if entry}

    assert expected == {head.pseudonym: (head.position, unpack(head.packed)) for head in log.heads()}


def test_more_heads_than_are_read_at_once(log: ConsentLog) -> None:
    """Every subject is there, once."""
    pseudonyms = [number.to_bytes(16, "big") for number in range(2_001)]
    with log.batch() as batch:
        for pseudonym in pseudonyms:
            batch.append(following(None, pseudonym, yes("a")))

    assert pseudonyms == sorted(head.pseudonym for head in log.heads())


def test_history_comes_in_pages(log: ConsentLog) -> None:
    """Oldest first, from behind a position, no more than asked for, of one subject only."""
    append(log, ADA, yes("a"))
    append(log, BOB, yes("x"))
    middle = append(log, ADA, no("b"))
    append(log, ADA, yes("c"), no("d"))

    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=2))
    assert ["c", "d"] == ids(log.history(ADA, after=middle, limit=2))


def test_the_entries_of_all_come_in_pages(log: ConsentLog) -> None:
    """In the order of the log, from behind a position, no more than asked for; without what an erasure removed."""
    append(log, ADA, yes("a"))
    middle = append(log, BOB, yes("x"))
    append(log, ADA, no("b"))
    append(log, BOB, no("y"))

    assert ["a", "x", "b"] == ids(log.entries(after=0, limit=3))
    assert ["b", "y"] == ids(log.entries(after=middle, limit=10))
    append(log, ADA, erasure("gone"))
    assert ["x", "y", "gone"] == ids(log.entries(after=0, limit=10))


def test_a_mark_replaces_the_one_before(backend: Backend, tmp_path: Path) -> None:
    """Of the same kind and name; it is there after opening again."""
    marks = [
        Mark(kind=kind, name=name, position=position, at=NOW + position)
        for kind, name, position in (
            (Follower.CONSUMER, "mail", 1),
            (Follower.SIDECAR, "mail", 2),
            (Follower.CONSUMER, "mail", 3),
            (Follower.CONSUMER, "crm", 4),
        )
    ]
    with backend.opened(tmp_path) as log:
        for mark in marks:
            log.mark(mark)

    with backend.opened(tmp_path) as log:
        assert (marks[3], marks[2], marks[1]) == log.marks()
        assert log.marks() == (*log.marks(Follower.CONSUMER), *log.marks(Follower.SIDECAR))
        assert {Follower.SIDECAR} == {mark.kind for mark in log.marks(Follower.SIDECAR)}


def test_an_entry_must_follow_the_last(log: ConsentLog) -> None:
    """Neither a position that is past nor "none yet" will do once there is an entry; nothing is appended."""
    first = append(log, ADA, yes("a"))
    append(log, ADA, no("b"))
    late = following(log.head(ADA), ADA, yes("c"))

    for expected in (first, None, first + 100):
        with pytest.raises(LogConflictError), log.batch() as batch:
            batch.append(replace(late, expected=expected))
    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=10))


def test_a_batch_sees_its_own_entries(log: ConsentLog) -> None:
    """So that one batch can hold several events of one subject."""
    with log.batch() as batch:
        batch.append(following(None, ADA, yes("a")))
        batch.append(following(batch.head(ADA), ADA, no("b")))
        inside = batch.head(ADA)

    assert inside == log.head(ADA)
    assert ["a", "b"] == ids(log.history(ADA, after=0, limit=10))


def test_who_is_expected_is_found_as_everybody(log: ConsentLog) -> None:
    """Be it known or not, asked for or not, appended to meanwhile by the batch or by somebody else."""
    append(log, ADA, yes("a"))
    people = [ADA, BOB, *(number.to_bytes(16, "big") for number in range(1_000))]
    with log.batch() as batch:
        batch.expect(people)
        heads = [batch.head(pseudonym) for pseudonym in people[:500]]
        batch.append(following(heads[0], ADA, no("b")))
        again = batch.head(ADA)

    assert log.history(ADA, after=0, limit=10) == (heads[0], again)
    assert {None} == set(heads[1:])


def test_readers_do_not_wait_for_a_batch(log: ConsentLog) -> None:
    """A reader in the midst of a long import answers, and from what is durable only or with the batch, never torn."""
    append(log, ADA, yes("a"))
    with log.batch() as batch:
        batch.append(following(batch.head(ADA), ADA, no("b")))
        head = log.head(ADA)

    assert head is not None
    assert head.event.id in ("a", "b")


def test_two_logs_have_two_ids(backend: Backend, tmp_path: Path) -> None:
    """A revision of one must never be taken for one of the other."""
    ids_seen = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with backend.opened(tmp_path / name) as log:
            ids_seen.append(log.log_id)

    assert 2 == len(set(ids_seen))
    assert all(16 == len(log_id) for log_id in ids_seen)
