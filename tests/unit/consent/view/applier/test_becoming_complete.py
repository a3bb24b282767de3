"""A view of a shared log is complete before it is used."""

from sidecar.consent.log import Fed, Head
from sidecar.consent.packing import pack
from sidecar.consent.record import EMPTY
from sidecar.consent.view.applier import LOST_SECONDS
from sidecar.consent.view.contact import SKEW_MS
from sidecar.consent.view.loading import Loading
from sidecar.model.instant import Instant
from tests.unit.consent.desk import no
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.applier.following import Follower
from tests.unit.consent.view.memory_log import MemoryFeed, Store


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
