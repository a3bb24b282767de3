"""What this process put before the feed came to it: the later of the two stays, whatever comes first."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.consent.view.ahead import Ahead

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16


def test_the_feed_does_not_go_behind_what_was_put() -> None:
    """Until it comes to that entry, or to a later one."""
    ahead = Ahead()
    ahead.put(A, 5)

    assert [False, True, True] == [ahead.fed(A, 4), ahead.fed(A, 5), ahead.fed(A, 4)]
    assert ahead.fed(B, 1)


def test_an_older_entry_of_our_own_is_not_put() -> None:
    """A record that was read before the last append, say."""
    ahead = Ahead()

    assert [True, False, True, True] == [ahead.put(A, 5), ahead.put(A, 4), ahead.put(A, 5), ahead.put(A, 6)]
    assert 1 == len(ahead)


def test_what_the_feed_passed_is_forgotten() -> None:
    """An erasure may have kept it from being given; what is further ahead stays."""
    ahead = Ahead()
    ahead.put(A, 5)
    ahead.put(B, 7)
    ahead.passed(6)

    assert 1 == len(ahead)
    assert [True, False] == [ahead.fed(A, 4), ahead.fed(B, 6)]


def test_what_does_not_fit_makes_the_feed_doubtful() -> None:
    """Up to that position; subjects that have a place keep it."""
    ahead = Ahead(capacity=1)
    ahead.put(A, 5)
    ahead.put(B, 9)
    ahead.put(C, 7)
    ahead.put(A, 10)

    assert (1, 9) == (len(ahead), ahead.doubted_through)
    assert not ahead.fed(A, 9)


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.booleans()), max_size=30), st.randoms())
def test_the_last_put_is_the_latest_entry(appends: list[tuple[bytes, bool]], order: object) -> None:
    """Of any log and any interleaving of feed and own entries, each in order, a slot ends as its subject's last."""
    slots: dict[bytes, int] = {}
    ahead, through = Ahead(capacity=2), 0
    feed = list(enumerate((pseudonym for pseudonym, _ in appends), start=1))
    own = [(position, pseudonym) for (position, pseudonym), (_, ours) in zip(feed, appends, strict=True) if ours]
    while feed or own:
        if own and (not feed or order.random() < 0.5):  # type: ignore[attr-defined] # a random.Random
            position, pseudonym = own.pop(0)
            if position > through and ahead.put(pseudonym, position):
                slots[pseudonym] = position
        else:
            through, pseudonym = feed.pop(0)
            if ahead.fed(pseudonym, through):
                slots[pseudonym] = through
            ahead.passed(through)

    assert {pseudonym: position for position, (pseudonym, _) in enumerate(appends, start=1)} == slots
    assert 0 == len(ahead)
