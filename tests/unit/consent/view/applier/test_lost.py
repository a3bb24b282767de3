"""A log that is lost: whatever is there instead is followed from its start, or not at all."""

from sidecar.consent.view.applier import LOST_SECONDS
from sidecar.consent.view.contact import SKEW_MS
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.instant import SECOND
from tests.unit.consent.desk import no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.applier.following import Follower
from tests.unit.consent.view.memory_log import MemoryFeed, Store


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
