"""A replica of a log that others append to as well: own entries at once, everybody's in order."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Event as Signal
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import Head, LogEntry
from sidecar.consent.packing import pack
from sidecar.consent.profile import UNKNOWN_STANDING, Standing, resolve
from sidecar.consent.record import EMPTY
from sidecar.consent.view.ahead import Ahead
from sidecar.consent.view.slots import Slots
from sidecar.errors import ConsentLogError, LogConflictError, LogLostError
from sidecar.model.event import Event, Traits
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import AgeBand
from tests.unit.consent.desk import NOW, no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import Store


def is_current(desk: SharedDesk, subject: str) -> bool:
    """Whether the view says of *subject* what the log says."""
    _, record = desk.ledger.record_of(subject)
    return resolve(record, desk.now) == desk.cache.lookup(desk.cache.pseudonym(subject))


def is_doubtful(desk: SharedDesk, subject: str) -> bool:
    """Whether *subject* must be refreshed before it is used."""
    changes_at = desk.cache.lookup(desk.cache.pseudonym(subject)).changes_at
    return changes_at is not None and changes_at < 0


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


OVERDUE_NOBODY = replace(UNKNOWN_STANDING, changes_at=-(2**63) + 1)


# --- Refreshing ----------------------------------------------------------------------------------------------------


def refreshed_while(desk: SharedDesk, subject: str, meanwhile: Callable[[], None]) -> None:
    """Refresh *subject*, and do something else once the record is read, before it is put."""
    read = desk.log.head

    def reading(pseudonym: bytes) -> object:
        head = read(pseudonym)
        desk.log.head = read  # type: ignore[method-assign]
        meanwhile()
        return head

    desk.log.head = reading  # type: ignore[method-assign,assignment]
    desk.cache.refresh(desk.cache.pseudonym(subject), now=desk.now)


def test_a_refresh_is_ahead_of_the_feed_too() -> None:
    """What it found is later than what the feed brings next."""
    one, other = SharedDesk(store := Store()), SharedDesk(store)
    other.ledger.record("ada", yes("a"))
    other.ledger.record("ada", no("b"))
    one.cache.refresh(one.cache.pseudonym("ada"), now=NOW)
    found = is_current(one, "ada")
    one.catch_up(1)

    assert found
    assert is_current(one, "ada")


@pytest.mark.parametrize("by_feed", [False, True])
def test_what_comes_while_a_record_is_read_stays(*, by_feed: bool) -> None:
    """Whether the feed brings it or this process appends it; of somebody new or known."""
    for known in (False, True):
        desk, other = SharedDesk(store := Store()), SharedDesk(store)
        if known:
            desk.ledger.record("ada", yes("a"))
            desk.catch_up()

        def come(desk: SharedDesk = desk, other: SharedDesk = other) -> None:
            (other if by_feed else desk).ledger.record("ada", no("b"))
            if by_feed:
                desk.catch_up()

        refreshed_while(desk, "ada", come)

        assert is_current(desk, "ada")
        assert not is_doubtful(desk, "ada")


def test_a_doubt_that_comes_while_a_record_is_read_stays() -> None:
    """What was read may be older than what is doubted; the next reading clears it."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))
    refreshed_while(desk, "ada", lambda: desk.cache.distrust([desk.cache.pseudonym("ada")]))
    doubtful = is_doubtful(desk, "ada")
    desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert doubtful
    assert is_current(desk, "ada")


def test_two_read_the_same_record_at_once() -> None:
    """Each is told of what comes meanwhile."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))

    def another() -> None:
        desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)
        desk.ledger.record("ada", no("b"))

    refreshed_while(desk, "ada", another)

    assert is_current(desk, "ada")
    assert 0 == len(desk.cache._reads)


def test_nobody_is_forgotten_for_a_log_that_is_another() -> None:
    """One that was made anew has no records: that is no reason to believe that there never was an objection."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    held = desk.cache.lookup(desk.cache.pseudonym("ada"))
    store.become(Store())
    with pytest.raises(LogLostError):
        desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert held == desk.cache.lookup(desk.cache.pseudonym("ada"))


def test_who_has_left_the_log_leaves_the_view() -> None:
    """An erased person, say, after the time that what is left of them is kept."""
    desk = SharedDesk(store := Store())
    desk.ledger.erase("ada", "gone")
    store.entries.clear()
    desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert 0 == desk.cache.subjects


# --- A log that is lost --------------------------------------------------------------------------------------------


def test_nothing_is_read_from_or_appended_to_a_log_that_is_lost() -> None:
    """It would be acknowledged and never seen, or believed of a stranger."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    entry = store.entries[1]
    desk.contact.lose("the stream was deleted")
    for call in (
        lambda: desk.ledger.record("ada", yes("b")),
        lambda: desk.ledger.import_lines([ImportLine(line=1, subject="ada", event=yes("c", occurred_at=1))]),
        lambda: desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW),
        lambda: desk.cache.apply((entry,), now=NOW),
    ):
        with pytest.raises(LogLostError, match="the stream was deleted"):
            call()

    assert "the stream was deleted" == desk.cache.lost
    assert 1 == store.position


def test_a_reading_across_a_change_of_logs_does_not_count() -> None:
    """Its position means nothing in the other one."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))

    def change() -> None:
        desk.cache.begin(now=NOW, resume=False)
        desk.cache.complete()

    refreshed_while(desk, "ada", change)

    assert UNKNOWN_STANDING == desk.cache.lookup(desk.cache.pseudonym("ada"))


def test_an_append_across_a_change_of_logs_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is to be sent again."""
    desk = SharedDesk(store := Store())
    append = store.append

    def replaced(entry: object) -> int:
        position = append(entry)  # type: ignore[arg-type]
        store.become(Store(ancestors=(store.log_id,)))
        assert desk.log.renew()
        desk.cache.begin(now=NOW, resume=False)
        desk.cache.complete()
        return position

    monkeypatch.setattr(store, "append", replaced)
    with pytest.raises(LogLostError, match="send the event again"):
        desk.ledger.record("ada", no("a"))


def test_an_append_that_is_taken_over_after_a_change_of_logs_is_not_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even if the log was still there when its batch was left: nobody has it in the log that is followed now."""
    desk = SharedDesk(store := Store())
    apply = desk.cache.apply

    def late(entries: Iterable[LogEntry], *, now: Instant, log_id: str) -> None:
        appended = tuple(entries)
        if log_id == desk.log.log_id:
            store.become(Store(ancestors=(store.log_id,)))
            assert desk.log.renew()
            desk.cache.begin(now=NOW, resume=False)
            desk.cache.complete()
        apply(appended, now=now, log_id=log_id)

    monkeypatch.setattr(desk.cache, "apply", late)
    with pytest.raises(LogLostError, match="send the event again"):
        desk.ledger.record("ada", yes("a"))

    assert UNKNOWN_STANDING.profile == desk.cache.lookup(desk.cache.pseudonym("ada")).profile


def test_what_is_begun_is_served_only_when_it_is_complete() -> None:
    """Until then what there was; then everybody of the other log, and nobody else."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    desk.catch_up()
    revision, held = desk.cache.revision(), desk.cache.lookup(desk.cache.pseudonym("ada"))
    child = SharedDesk(Store(ancestors=(store.log_id,)))
    child.ledger.record("bob", yes("b"))
    store.become(child.store)
    desk.contact.lose("replaced")

    assert desk.log.renew()
    assert desk.cache.begin(now=NOW, resume=False) is None
    desk.feed = desk.log.follow(after=None)
    desk.catch_up()
    during = (desk.cache.revision(), desk.cache.lookup(desk.cache.pseudonym("ada")))
    desk.cache.complete()
    desk.contact.regain(0)

    assert (revision, held) == during
    assert f"{child.log.log_id}.1" == str(desk.cache.revision())
    assert is_current(desk, "bob")
    assert (1, 1) == (desk.cache.subjects, desk.cache.profiles)


def anew(desk: SharedDesk) -> None:
    """Have the view begin anew beside what is served, of the same log: it was away for too long."""
    desk.catch_up()
    desk.cache.begin(now=NOW, resume=False)
    desk.feed = desk.log.follow(after=None)


@pytest.mark.parametrize("fed", [False, True])
def test_what_is_appended_while_the_view_begins_anew_is_seen_at_once(*, fed: bool) -> None:
    """Though the feed fills the other view, and may have brought the entry there already."""
    desk, other = SharedDesk(store := Store()), SharedDesk(store)
    desk.ledger.record("ada", yes("a"))
    anew(desk)
    other.catch_up()
    other.ledger.record("ada", no("b"))
    if fed:
        desk.catch_up()
    head = desk.log.head(desk.cache.pseudonym("ada"))
    assert head is not None
    desk.cache.apply([head], now=NOW)
    during = is_current(desk, "ada")
    desk.catch_up()
    desk.cache.complete()

    assert (True, True) == (during, is_current(desk, "ada"))


def test_a_doubt_while_the_view_begins_anew_is_one_about_what_is_served() -> None:
    """And what is read then is served at once."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))
    anew(desk)
    desk.cache.distrust([desk.cache.pseudonym("ada")])
    doubtful = is_doubtful(desk, "ada")
    desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert (True, True) == (doubtful, is_current(desk, "ada"))


@pytest.mark.parametrize("emptied", [1, 2])
def test_who_looks_while_another_view_takes_over_finds_everybody(emptied: int) -> None:
    """The slots that were served are emptied then, and whoever is in none of them is not therefore a stranger."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", no("a"))
    desk.catch_up()
    cache, served = desk.cache, desk.cache._slots
    ada, stranger = cache.pseudonym("ada"), cache.pseudonym("bob")
    standing = cache.lookup(ada)

    class Emptied(Slots):
        def __init__(self, following: Slots) -> None:
            super().__init__()
            self.following = following

        def get(self, pseudonym: bytes) -> Standing | None:
            cache._slots = self.following
            return super().get(pseudonym)

    def at_last() -> Slots:
        return served if emptied == 1 else Emptied(served)

    cache._slots = Emptied(at_last())
    assert standing == cache.lookup(ada)
    cache._slots = Emptied(at_last())
    assert UNKNOWN_STANDING == cache.lookup(stranger)


def test_waiting_ends_when_positions_start_over() -> None:
    """Whoever waits for a position of the old log is woken."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", no("a"))
    waited: list[bool] = []
    entered = Signal()

    def wait() -> None:
        entered.set()
        waited.append(desk.cache.wait(beyond=0, seconds=5))

    waiting = Thread(target=wait)
    waiting.start()
    entered.wait(5)
    desk.cache.begin(now=NOW, resume=False)
    desk.cache.take((), through=store.position, now=NOW)
    desk.cache.complete()
    waiting.join(5)

    assert [True] == waited


# --- Age and clock -------------------------------------------------------------------------------------------------


def test_the_age_is_that_of_the_contact() -> None:
    """Whether the log can be read tells nothing of what others appended: nobody asks it."""
    desk = SharedDesk(store := Store())
    store.down = True
    desk.contact.heard(SECOND)
    desk.cache.check(now=NOW, ticks=3 * SECOND)

    assert desk.contact.age_ms(3 * SECOND) == desk.cache.age_ms(3 * SECOND) > 2_000


def test_only_whom_the_clock_changed_is_doubted_when_it_is_put_right() -> None:
    """Nobody else need be read again."""
    desk = SharedDesk(Store(), now=NOW + 100 * SECOND)
    desk.ledger.record("ada", Event(id="t", act=Traits(of_age_at=NOW + 50 * SECOND)))
    for number in range(3_000):  # some in the same shard
        desk.cache.take((Head(1, number.to_bytes(16, "big"), pack(EMPTY)),), through=0, now=desk.now)
    desk.ledger.record("bob", yes("a"))
    desk.cache.check(now=NOW, ticks=0)
    doubtful = [is_doubtful(desk, subject) for subject in ("ada", "bob")]
    desk.cache.refresh(desk.cache.pseudonym("ada"), now=NOW)

    assert [True, False] == doubtful
    assert AgeBand.CHILD is desk.cache.lookup(desk.cache.pseudonym("ada")).profile.age


# --- Importing -----------------------------------------------------------------------------------------------------


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
