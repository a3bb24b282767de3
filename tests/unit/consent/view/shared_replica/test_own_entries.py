"""A replica of a log that others append to as well: own entries at once, everybody's in order."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import Head
from sidecar.consent.view.ahead import Ahead
from sidecar.errors import ConsentLogError, LogConflictError
from tests.unit.consent.desk import NOW, no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import Store
from tests.unit.consent.view.shared_replica.standings import OVERDUE_NOBODY, is_current, is_doubtful


def test_what_is_appended_is_seen_at_once_and_the_revision_waits_for_the_feed() -> None:
    """An answer must not claim what others appended before, and the feed has not brought yet."""
    one, other = SharedDesk(store := Store()), SharedDesk(store)
    other.ledger.record("bob", no("b"))
    recorded = one.ledger.record("ada", no("a"))
    before = (is_current(one, "ada"), is_current(one, "bob"), one.cache.applied)
    one.catch_up()

    assert (True, False, 0) == before
    assert (True, 2) == (is_current(one, "bob"), one.cache.applied)
    assert recorded.revision == str(one.cache.revision())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["ada", "bob"]), st.integers(0, 3)), max_size=12))
def test_every_order_of_own_entries_and_the_feed_ends_the_same(steps: list[tuple[int, str, int]]) -> None:
    """Each step: who records about whom, and how much the first takes over before. Own acts are seen all the while."""
    desks = [SharedDesk(store := Store()), None]
    desks[1] = SharedDesk(store)
    one, other = desks
    assert one is not None
    assert other is not None
    last_by_one: set[str] = set()
    for number, (writer, subject, further) in enumerate(steps):
        one.catch_up(min(one.cache.applied + further, store.position))
        (one, other)[writer].ledger.record(subject, (yes, no)[number % 2](f"e{number}"))
        last_by_one = last_by_one | {subject} if writer == 0 else last_by_one - {subject}

        assert all(is_current(one, each) for each in last_by_one)
    one.catch_up()

    assert [True, True] == [is_current(one, subject) for subject in ("ada", "bob")]
    assert store.position == one.cache.applied


def test_an_own_entry_that_the_feed_overtook_changes_nothing() -> None:
    """Another sidecar's later entry came by the feed before the append was put."""
    one, other = SharedDesk(store := Store()), SharedDesk(store)
    one.ledger.record("ada", yes("a"))
    entry = store.entries[1]
    other.ledger.record("ada", no("b"))
    one.catch_up()
    one.cache.apply((entry,), now=NOW)

    assert is_current(one, "ada")


def test_an_own_entry_that_the_feed_may_have_left_out_is_doubted() -> None:
    """An entry behind it came, but its revision did not yet: what is missing before it nobody knows."""
    one, other = SharedDesk(store := Store()), SharedDesk(store)
    other.ledger.record("ada", yes("a"))
    one.catch_up()
    other.ledger.record("ada", no("b"))
    other.ledger.record("bob", no("c"))
    entry = store.entries[2]
    (bob,) = (head for head in one.log.heads() if head.position == 3)
    one.cache.take((bob,), through=0, now=NOW)
    one.cache.apply((entry,), now=NOW)
    doubtful = is_doubtful(one, "ada")
    one.catch_up()

    assert doubtful
    assert is_current(one, "ada")
    assert 3 == one.cache.applied


def test_more_own_entries_than_can_be_remembered_are_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the feed brings of that time is read from the log before it is used."""
    monkeypatch.setattr("sidecar.consent.view.replica.Ahead", lambda: Ahead(capacity=1))
    one, other = SharedDesk(store := Store()), SharedDesk(store)
    other.ledger.record("bob", yes("x"))
    other.ledger.record("zoe", yes("y"))
    for subject in ("ada", "bob"):
        one.ledger.record(subject, no("a"))
    put = is_current(one, "bob")
    one.catch_up(1)
    doubtful = [is_doubtful(one, subject) for subject in ("ada", "bob")]
    one.cache.refresh(one.cache.pseudonym("bob"), now=NOW)
    refreshed = is_current(one, "bob")
    one.catch_up()
    for subject in ("ada", "bob", "zoe"):
        one.cache.refresh(one.cache.pseudonym(subject), now=NOW)

    assert put
    assert [False, True] == doubtful
    assert refreshed
    assert all(is_current(one, subject) for subject in ("ada", "bob", "zoe"))


def test_an_entry_that_cannot_be_read_is_doubted_and_stops_nobody() -> None:
    """Who asks about the subject is told that the record cannot be read; the revision goes on."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))
    desk.catch_up()
    desk.cache.take((Head(2, desk.cache.pseudonym("ada"), b"?"), Head(3, b"n" * 16, b"")), through=3, now=NOW)

    assert is_doubtful(desk, "ada")
    assert OVERDUE_NOBODY == desk.cache.lookup(b"n" * 16)
    assert 3 == desk.cache.applied


def test_an_import_that_starts_again_knows_its_own_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first attempt left in the log was not there before the import; a line that repeats another is told."""
    desk, other = SharedDesk(store := Store()), SharedDesk(store)
    desk.ledger.record("bob", yes("old", occurred_at=1))
    append, interrupted = store.append, iter([None, LogConflictError("another was first")])

    def interfered(entry: object) -> int:
        with suppress(StopIteration):
            error = next(interrupted)
            if error is not None:
                other.ledger.record("cid", no("x"))
                raise error
        return append(entry)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "append", interfered)
    lines = [("ada", "a"), ("ada", "a"), ("cid", "c"), ("bob", "old"), ("ada", "b")]
    outcome = desk.ledger.import_lines(
        [
            ImportLine(line=number, subject=subject, event=yes(event_id, occurred_at=1))
            for number, (subject, event_id) in enumerate(lines, start=1)
        ]
    )

    assert (3, 2, ()) == (outcome.recorded, outcome.duplicates, outcome.rejections)
    assert f"{store.log_id}.{store.position}" == outcome.revision


def test_a_view_over_an_unreachable_log_serves_what_it_has() -> None:
    """Only what must be read is not served."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    held = desk.cache.lookup(desk.cache.pseudonym("ada"))
    store.down = True
    with pytest.raises(ConsentLogError):
        desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert held == desk.cache.lookup(desk.cache.pseudonym("ada"))
