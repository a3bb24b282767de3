"""The log in memory does what other tests rely on."""

import pytest

from sidecar.consent.log import Fed
from sidecar.errors import ConsentLogError, LogConflictError, LogLostError
from tests.unit.consent.desk import no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import MemoryLog, Store


def test_a_feed_gives_what_comes_behind_a_position() -> None:
    """Entries of every log of the store, in order, with heartbeats counted."""
    one, other = SharedDesk(store := Store()), SharedDesk(store)
    feed = one.log.follow(after=0)
    one.ledger.record("ada", yes("a"))
    other.ledger.record("bob", yes("b"))
    one.log.beat()
    fed = feed.take(1)

    assert fed is not None
    assert ([1, 2], 3, 1, 0, 0) == ([head.position for head in fed.heads], *fed[1:])
    assert feed.take(0) is None


def test_a_feed_from_the_start_gives_last_entries_first() -> None:
    """Of each subject one, then everything."""
    desk = SharedDesk(Store())
    for name in ("a", "b"):
        desk.ledger.record("ada", no(name))
    feed = desk.log.follow(after=None)
    desk.ledger.record("ada", no("c"))
    feed.most = 1
    taken = [feed.take(0), feed.take(0)]

    assert [Fed((taken[0].heads[0],), 2, 0, 1), Fed((taken[1].heads[0],), 3, 0, 0)] == taken  # type: ignore[union-attr]


def test_an_erasure_purges() -> None:
    """Only its own entry is given."""
    desk = SharedDesk(Store())
    desk.ledger.record("ada", yes("a"))
    feed = desk.log.follow(after=0)
    desk.ledger.erase("ada", "e")
    fed = feed.take(0)

    assert fed is not None
    assert [2] == [head.position for head in fed.heads]


def test_another_log_in_its_place_is_noticed() -> None:
    """By everything but a look at a head, which a server answers from whatever is there."""
    log = MemoryLog(store := Store())
    feed = log.follow(after=None)
    store.become(Store())
    for call in (log.ping, log.beat, lambda: feed.take(0), lambda: log.follow(after=0)):
        with pytest.raises(LogLostError):
            call()

    assert not log.renew()
    assert log.head(b"x" * 16) is None
    store.become(Store(ancestors=(log.log_id,)))
    assert log.renew()


def test_one_that_is_down_is_silent() -> None:
    """Feeds wait, everything else fails."""
    log = MemoryLog(store := Store())
    feed = log.follow(after=None)
    store.beat()
    store.down = True

    assert feed.take(0) is None
    with pytest.raises(ConsentLogError):
        log.head(b"x" * 16)


def test_appending_is_compare_and_set() -> None:
    """Two writers that read the same last entry: one is refused."""
    desk = SharedDesk(store := Store())
    desk.ledger.record("ada", yes("a"))
    (entry,) = store.entries.values()
    with pytest.raises(LogConflictError), desk.log.batch() as batch:
        batch.append(SharedDesk.again(entry))
