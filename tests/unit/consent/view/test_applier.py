"""Following a shared log: complete before it is used, in order, honest about its age, through every failure."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Thread

import pytest

from sidecar.consent.log import Fed, Head
from sidecar.consent.packing import pack
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY
from sidecar.consent.view.applier import LOST_SECONDS, Applier, Outside
from sidecar.consent.view.contact import SKEW_MS, Contact
from sidecar.consent.view.loading import Load, Loading
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.snapshot import DAY
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.instant import SECOND, Instant
from sidecar.testing import FixedClock
from tests.unit.consent.desk import KEY, NOW, no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import MemoryFeed, MemoryLog, Store


@dataclass
class Follower:
    """A view and its applier, stepped by hand, with clocks that stand."""

    store: Store
    ticks: FixedClock = field(default_factory=lambda: FixedClock(1_000 * SECOND))
    most: int = 1_000  # entries that its feed gives at once

    def __post_init__(self) -> None:
        self.reported: list[str] = []
        self.store.clock = self.ticks
        self.log = MemoryLog(self.store)
        self.contact = Contact()
        self.load = Load(self.ticks)
        self.cache = Replica(self.log, Pseudonyms(KEY), contact=self.contact, load=self.load)
        self.feeds: list[MemoryFeed] = []
        follow = self.log.follow

        def following(*, after: int | None) -> MemoryFeed:
            feed = follow(after=after)
            feed.most, feed.patient = self.most, False
            self.feeds.append(feed)
            return feed

        self.log.follow = following  # type: ignore[method-assign]
        self.applier = Applier(
            self.log,
            self.cache,
            self.load,
            Outside(
                clock=lambda: NOW,
                ticks=self.ticks,
                report=lambda error: self.reported.append(f"{type(error).__name__}: {error}"),
                share=lambda: 0.5,
            ),
            max_offline=30 * DAY,
        )

    def steps(self, number: int) -> list[float]:
        """What each of so many steps asks to be waited."""
        return [self.applier.step() for _ in range(number)]

    def knows(self, subject: str) -> bool:
        """Whether the view has a record of *subject*."""
        return self.cache.lookup(self.cache.pseudonym(subject)) != UNKNOWN_STANDING

    @property
    def age_ms(self) -> int:
        """The age of the view now."""
        return self.cache.age_ms(self.ticks.now)


@pytest.fixture
def store() -> Store:
    """A log, empty."""
    return Store()


@pytest.fixture
def writer(store: Store) -> SharedDesk:
    """Another sidecar, which writes."""
    return SharedDesk(store)


@pytest.fixture
def follower(store: Store, writer: SharedDesk) -> Follower:  # noqa: ARG001 - the writer is there before
    """A view that is complete."""
    follower = Follower(store)
    follower.applier.load()
    return follower


# --- Becoming complete ---------------------------------------------------------------------------------------------


def test_a_view_is_complete_once_it_has_all_that_the_log_had(store: Store, writer: SharedDesk) -> None:
    """Not before: of who is still to come nobody knows whether they objected. It tells how far it is."""
    for number in range(5):
        writer.ledger.record(f"p{number}", no("a"))
    follower = Follower(store, most=2)
    follower.steps(2)
    during = (follower.cache.loading, follower.cache.applied, follower.knows("p0"))
    follower.applier.load()

    assert (Loading(4, 5, 0.0), 0, False) == during
    assert (None, 5, 5) == (follower.cache.loading, follower.cache.applied, follower.cache.subjects)
    assert (SKEW_MS, "") == (follower.age_ms, follower.cache.lost)


def test_the_revision_goes_no_further_than_the_feed_says(follower: Follower) -> None:
    """Where an erasure left a hole, what has been given is taken over, and the revision waits."""
    ahead = Head(7, follower.cache.pseudonym("ada"), pack(EMPTY))
    fed = Fed((ahead,), through=0, beats=0, pending=1)
    follower.feeds[-1].take = lambda seconds: fed  # type: ignore[method-assign] # noqa: ARG005 - as a feed has it
    follower.steps(1)

    assert 0 == follower.cache.applied
    assert 1 == follower.cache.subjects


def test_an_empty_log_is_complete_at_once(store: Store) -> None:
    """There is nothing to wait for."""
    follower = Follower(store)
    follower.applier.load()

    assert (0, 0) == (follower.cache.applied, store.position)


def test_what_is_appended_before_the_feed_gives_anything_is_waited_for(store: Store, writer: SharedDesk) -> None:
    """Whose last entry came just then may not have been given yet."""
    writer.ledger.record("ada", no("a"))
    writer.ledger.record("bob", no("a"))
    follower = Follower(store, most=1)
    follow = follower.log.follow

    def followed(*, after: int | None) -> MemoryFeed:
        feed = follow(after=after)
        writer.ledger.erase("ada", "b")
        return feed

    follower.log.follow = followed  # type: ignore[method-assign]
    follower.applier.load()

    assert 3 == follower.cache.applied
    assert follower.knows("ada")


def test_a_log_whose_end_was_removed_is_complete_with_a_heartbeat(store: Store, writer: SharedDesk) -> None:
    """No entry will ever come for the last positions; a heartbeat is written behind them."""
    writer.ledger.record("ada", no("a"))
    store.position += 7
    follower = Follower(store)
    feed_of_silence(follower, store)
    follower.applier.load()

    assert 9 == follower.cache.applied == store.position


def feed_of_silence(follower: Follower, store: Store) -> None:
    """Have feeds not tell of positions that no entry has: as a server does that has nothing to deliver."""
    follow = follower.log.follow

    def following(*, after: int | None) -> MemoryFeed:
        feed = follow(after=after)
        feed.held_at = 1
        beat = store.beat

        def beaten() -> None:
            beat()
            feed.held_at = None

        store.beat = beaten  # type: ignore[method-assign]
        return feed

    follower.log.follow = following  # type: ignore[method-assign]


def test_failures_at_the_start_are_waited_out(store: Store, writer: SharedDesk) -> None:
    """Each is told of once; the pauses grow."""
    writer.ledger.record("ada", no("a"))
    follower = Follower(store)
    store.down = True
    pauses = follower.steps(6)
    store.down = False
    follower.applier.load()

    assert [0.1, 0.2, 0.5, 1.0, 1.0, 1.0] == pauses
    assert ["ConsentLogError: the log cannot be reached"] == follower.reported
    assert follower.knows("ada")


def test_a_saved_position_that_the_log_does_not_have_is_not_resumed(store: Store, writer: SharedDesk) -> None:
    """Everything is loaded instead."""
    writer.ledger.record("ada", no("a"))
    follower = Follower(store)
    begin, asked = follower.cache.begin, []

    def begun(*, now: Instant, resume: bool) -> int | None:
        asked.append(resume)
        begin(now=now, resume=resume)
        return 99 if resume else None

    follower.cache.begin = begun  # type: ignore[method-assign]
    follower.applier.load()

    assert [True, False] == asked
    assert follower.knows("ada")


def test_a_log_that_is_lost_at_the_start_is_waited_for(store: Store) -> None:
    """Not ready all the while; what descends from it is followed."""
    follower = Follower(store)
    store.become(Store())
    pauses = follower.steps(2)
    lost = follower.cache.lost
    store.become(Store(ancestors=(follower.log.log_id,)))
    follower.applier.load()

    assert [LOST_SECONDS, LOST_SECONDS] == pauses
    assert "not the one" in lost
    assert ("", store.log_id) == (follower.cache.lost, follower.cache.log_id)


# --- Following -----------------------------------------------------------------------------------------------------


def test_what_others_append_is_applied_in_order(follower: Follower, writer: SharedDesk) -> None:
    """Slots first, then the revision, a few at a time."""
    took: list[tuple[int, int]] = []
    take = follower.cache.take

    def taken(heads: Sequence[Head], *, through: int, now: Instant) -> None:
        took.append((len(heads), through))
        take(heads, through=through, now=now)

    follower.cache.take = taken  # type: ignore[method-assign]
    for number in range(6):
        writer.ledger.record(f"p{number}", no("a"))
    follower.applier.step()

    assert [(4, 4), (2, 6), (0, 6)] == took
    assert 6 == follower.cache.applied
    assert all(follower.knows(f"p{number}") for number in range(6))


def test_who_hears_no_heartbeat_for_a_while_writes_one(follower: Follower, store: Store) -> None:
    """A second and some more, so that not everybody does; whoever hears one waits again."""
    written = []
    for milliseconds in (1_200, 60, 1_000, 200, 60):
        follower.ticks.now += milliseconds * 1_000
        follower.steps(2)
        written.append(store.position)
    store.beat()
    follower.ticks.now += SECOND
    follower.steps(2)
    heard = store.position
    follower.ticks.now += SECOND
    follower.steps(2)
    follower.ticks.now += SECOND
    follower.steps(2)

    assert [0, 1, 1, 1, 2] == written
    assert (3, 4) == (heard, store.position)


def test_the_age_grows_while_the_log_is_silent(follower: Follower, store: Store) -> None:
    """And is over when it is there again."""
    follower.ticks.now += 2 * SECOND
    follower.steps(2)
    ages = [follower.age_ms]
    store.down = True
    follower.ticks.now += 20 * SECOND
    follower.steps(2)
    ages.append(follower.age_ms)
    store.down = False
    follower.ticks.now += 2 * SECOND
    follower.steps(3)
    ages.append(follower.age_ms)

    assert [SKEW_MS, 20_000 + SKEW_MS, SKEW_MS] == ages
    assert ["ConsentLogError: the log cannot be reached"] == follower.reported


def test_a_heartbeat_that_was_long_on_its_way_does_not_make_the_view_young(follower: Follower, store: Store) -> None:
    """It is stamped by the log's clock, whatever that says."""
    other_clock = FixedClock(7)
    store.clock = other_clock
    for _ in range(3):
        other_clock.now += SECOND
        follower.ticks.now += SECOND
        store.beat()
        follower.applier.step()
    store.beat()
    follower.ticks.now += 20 * SECOND
    follower.steps(1)

    assert 20_000 + SKEW_MS == follower.age_ms


def test_what_failed_in_the_middle_is_given_again(follower: Follower, writer: SharedDesk) -> None:
    """Even an error of ours skips nothing: the feed starts again where the view is."""
    take, failures = follower.cache.take, iter([None, ZeroDivisionError("a bug")])

    def failing(heads: Sequence[Head], *, through: int, now: Instant) -> None:
        error = next(failures, None)
        if error is not None:
            raise error
        take(heads, through=through, now=now)

    follower.cache.take = failing  # type: ignore[method-assign]
    for number in range(10):
        writer.ledger.record(f"p{number}", no("a"))
    pauses = follower.steps(2)

    assert [0.1, 0.0] == pauses
    assert ["ZeroDivisionError: a bug"] == follower.reported
    assert [True, False] == [feed.closed for feed in follower.feeds]
    assert all(follower.knows(f"p{number}") for number in range(10))


def test_a_view_that_was_away_for_too_long_starts_over(follower: Follower, store: Store, writer: SharedDesk) -> None:
    """An erasure that it has not seen may be forgotten by now: nothing that follows would tell of it."""
    writer.ledger.record("ada", yes("a"))
    writer.ledger.record("bob", yes("b"))
    follower.applier.step()
    store.down = True
    follower.ticks.now += 30 * DAY - SECOND
    follower.applier.step()
    feeds = len(follower.feeds)
    follower.ticks.now += 2 * SECOND
    store.down = False
    store.entries = {position: entry for position, entry in store.entries.items() if position == 2}
    writer.ledger.record("eve", no("e"))
    follower.applier.load()
    follower.steps(5)

    assert 1 == feeds
    assert (False, True, True) == tuple(follower.knows(subject) for subject in ("ada", "bob", "eve"))
    assert follower.age_ms < 2_000


def test_a_heartbeat_that_fails_does_not_interrupt_the_feed(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been appended, and something else be wrong; that is told once."""
    beat = follower.log.beat

    def half_done() -> None:
        beat()
        raise ConsentLogError("what was erased cannot be removed")

    monkeypatch.setattr(follower.log, "beat", half_done)
    ages = []
    for _ in range(4):
        follower.ticks.now += 2 * SECOND
        follower.steps(2)
        ages.append(follower.age_ms)
    monkeypatch.undo()
    follower.ticks.now += 2 * SECOND
    follower.steps(2)

    assert [SKEW_MS] * 4 == ages
    assert (1, ["ConsentLogError: what was erased cannot be removed"]) == (len(follower.feeds), follower.reported)


def test_a_heartbeat_that_finds_the_log_lost_says_so(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed need not have noticed."""

    def gone() -> None:
        raise LogLostError("it is gone")

    monkeypatch.setattr(follower.log, "beat", gone)
    follower.ticks.now += 2 * SECOND
    follower.steps(1)

    assert "it is gone" == follower.cache.lost


# --- A log that is lost --------------------------------------------------------------------------------------------


def test_a_log_that_is_not_the_same_any_more_is_lost(follower: Follower, store: Store, writer: SharedDesk) -> None:
    """One that was made anew, or emptied, is never followed: it would forget every no. The view stays, and ages."""
    writer.ledger.record("ada", no("a"))
    follower.applier.step()
    revision = follower.cache.revision()
    store.become(Store())
    pauses = follower.steps(3)
    follower.ticks.now += 5 * SECOND

    assert [LOST_SECONDS] * 3 == pauses
    assert follower.cache.lost
    assert 1 == len(follower.reported)
    assert follower.reported[0].startswith("LogLostError")
    assert (revision, True) == (follower.cache.revision(), follower.knows("ada"))
    assert 5_000 + SKEW_MS == follower.age_ms


def test_what_descends_from_a_lost_log_is_followed_from_its_start(
    follower: Follower, store: Store, writer: SharedDesk
) -> None:
    """Lost until the view of it is complete; then tokens are those of the new log."""
    writer.ledger.record("ada", yes("a"))
    follower.applier.step()
    child = SharedDesk(Store(ancestors=(store.log_id,)))
    for number in range(3):
        child.ledger.record(f"p{number}", no("a"))
    store.become(child.store)
    follower.applier.step()
    follower.most = 1
    follower.applier.step()
    follower.applier.step()
    during = (bool(follower.cache.lost), follower.knows("ada"), follower.cache.loading is not None)
    follower.steps(3)

    assert (True, True, True) == during
    assert ("", False, True) == (follower.cache.lost, follower.knows("ada"), follower.knows("p2"))
    assert f"{child.log.log_id}.3" == str(follower.cache.revision())
    assert SKEW_MS == follower.age_ms


def test_a_log_that_went_back_is_not_followed_until_it_has_everything_again(
    follower: Follower, store: Store, writer: SharedDesk
) -> None:
    """It is the same by its id, and has forgotten a no that was applied."""
    writer.ledger.record("ada", yes("a"))
    older = Store(log_id=store.log_id)
    older.entries, older.position = dict(store.entries), store.position
    writer.ledger.record("ada", no("b"))
    whole = Store(log_id=store.log_id)
    whole.entries, whole.position = dict(store.entries), store.position
    follower.applier.step()
    revision, held = follower.cache.revision(), follower.cache.lookup(follower.cache.pseudonym("ada"))
    store.become(older)
    pauses = follower.steps(3)
    during = (bool(follower.cache.lost), follower.cache.revision())
    store.become(whole)
    follower.steps(3)

    assert [LOST_SECONDS] * 3 == pauses
    assert (True, revision) == during
    assert ("", held) == (follower.cache.lost, follower.cache.lookup(follower.cache.pseudonym("ada")))


def test_a_lost_log_that_cannot_be_reached_is_looked_for_on(follower: Follower, store: Store) -> None:
    """Failures while looking are waited out as others are."""
    child = Store(ancestors=(store.log_id,))
    store.become(Store())
    follower.applier.step()
    store.down = True
    pauses = follower.steps(2)
    store.down = False
    store.become(child)
    follower.steps(3)

    assert [0.1, 0.2] == pauses
    assert "" == follower.cache.lost


def test_a_feed_that_cannot_be_made_yet_is_made_later(follower: Follower, store: Store) -> None:
    """The descendant is there, but the first attempts to follow it fail; the same trouble is told of once."""
    follow, failures = follower.log.follow, iter([ConsentLogError("not yet"), *[LogLostError("gone again")] * 2])

    def failing(*, after: int | None) -> MemoryFeed:
        error = next(failures, None)
        if error is not None:
            raise error
        return follow(after=after)

    store.become(Store(ancestors=(store.log_id,)))
    follower.applier.step()
    follower.log.follow = failing  # type: ignore[method-assign]
    follower.steps(5)

    assert "" == follower.cache.lost
    assert ["LogLostError", "ConsentLogError", "LogLostError"] == [each.split(":")[0] for each in follower.reported]


# --- The thread ----------------------------------------------------------------------------------------------------


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it does within five seconds."""
    until = time.monotonic() + 5
    while not holds() and time.monotonic() < until:
        time.sleep(0.001)
    return holds()


def test_a_thread_follows_until_it_is_stopped(follower: Follower, writer: SharedDesk) -> None:
    """Then its feed is closed."""
    follower.applier.start()
    writer.ledger.record("ada", no("a"))
    seen = eventually(lambda: follower.knows("ada"))
    follower.applier.stop()

    assert seen
    assert all(feed.closed for feed in follower.feeds)


def test_a_load_is_over_when_it_is_to_stop(store: Store) -> None:
    """However far it is."""
    follower = Follower(store)
    store.down = True
    loading = Thread(target=follower.applier.load)
    loading.start()
    began = eventually(lambda: bool(follower.reported))
    follower.applier.stop()
    loading.join(5)

    assert began
    assert not loading.is_alive()


def test_not_all_beat_at_once() -> None:
    """Each waits a little longer, at random."""
    outside = Outside(clock=lambda: NOW, ticks=lambda: 0, report=lambda _: None)

    assert 2 < len({outside.share() for _ in range(10)})
