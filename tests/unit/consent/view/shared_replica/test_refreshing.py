"""A record that is read again: neither the feed nor another reader is overtaken by it."""

import pytest

from sidecar.errors import LogLostError
from tests.unit.consent.desk import NOW, no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.memory_log import Store
from tests.unit.consent.view.shared_replica.standings import is_current, is_doubtful, refreshed_while


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
