"""Following a shared log: in order, honest about its age, through every failure."""

from collections.abc import Sequence

import pytest

from sidecar.consent.log import Head
from sidecar.consent.view.contact import SKEW_MS
from sidecar.consent.view.snapshot import DAY
from sidecar.errors import ConsentLogError, LogLostError
from sidecar.model.instant import SECOND, Instant
from sidecar.testing import FixedClock
from tests.unit.consent.desk import no, yes
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.applier.following import Follower
from tests.unit.consent.view.memory_log import Store


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
