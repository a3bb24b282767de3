"""When a source is examined: fingerprints and a clock that stands go in, steps come out."""

from sidecar.app.reload.watch import LAST_RETRY_SECONDS, Step, Watch
from sidecar.testing import FixedClock

A, B, C = b"a", b"b", b"c"


def watch(settle_seconds: float = 2.0) -> tuple[Watch, FixedClock]:
    """A watch on a source that was A when it was loaded."""
    return Watch(A, settle_seconds=settle_seconds), FixedClock(0)


def test_what_was_loaded_is_not_examined() -> None:
    """As long as nothing changes there is nothing to do."""
    look, clock = watch()

    assert Step.REST is look.see(A, clock.now)
    assert Step.REST is look.see(A, clock.advance(3600))


def test_a_change_is_examined_once_it_stood_still() -> None:
    """Not before the settle time is over, and at once when it is."""
    look, clock = watch()

    assert Step.WAIT is look.see(B, clock.now)
    assert Step.WAIT is look.see(B, clock.advance(1.999999))
    assert Step.EXAMINE is look.see(B, clock.advance(0.000001))


def test_a_checkout_under_way_is_waited_for() -> None:
    """Every further file begins the settle time anew."""
    look, clock = watch()
    steps = [look.see(seen, clock.advance(1.5)) for seen in (B, C, B, C, C)]

    assert [Step.WAIT] * 5 == steps
    assert Step.EXAMINE is look.see(C, clock.advance(0.5))


def test_a_change_that_is_taken_back_in_time_is_none() -> None:
    """The source is again what is served."""
    look, clock = watch()
    look.see(B, clock.now)

    assert Step.REST is look.see(A, clock.advance(0.1))


def test_without_a_settle_time_a_change_is_examined_at_once() -> None:
    """Zero is a settle time."""
    look, clock = watch(0)

    assert Step.EXAMINE is look.see(B, clock.now)


def test_what_is_good_is_what_is_there() -> None:
    """After a swap there is nothing to do."""
    look, clock = watch(0)
    look.see(B, clock.now)
    look.conclude(good=True)

    assert Step.REST is look.see(B, clock.advance(1))
    assert Step.EXAMINE is look.see(A, clock.advance(1))


def test_what_is_bad_is_not_examined_again_until_it_changes() -> None:
    """The same files would have the same problems; but what is served is not what is there."""
    look, clock = watch(0)
    look.see(B, clock.now)
    look.conclude(good=False)

    assert Step.WAIT is look.see(B, clock.advance(3600))
    assert Step.EXAMINE is look.see(C, clock.advance(1))


def test_a_rollback_to_what_is_served_is_examined() -> None:
    """Only that shows that the bad bundle is gone."""
    look, clock = watch(0)
    look.see(B, clock.now)
    look.conclude(good=False)

    assert Step.EXAMINE is look.see(A, clock.advance(1))


def test_a_failure_is_tried_again_with_growing_pauses() -> None:
    """1, 2, 4 ... 60 seconds; a failure is no fault of the bundle."""
    look, clock = watch(0)
    look.see(B, clock.now)
    pauses = []
    for _ in range(8):
        pauses.append(look.fail(clock.now))

        assert Step.WAIT is look.see(B, clock.advance(pauses[-1] - 0.000001))
        assert Step.EXAMINE is look.see(B, clock.advance(0.000001))

    assert [1, 2, 4, 8, 16, 32, 60, LAST_RETRY_SECONDS] == pauses


def test_a_change_after_a_failure_begins_anew() -> None:
    """It need not wait for the pause, and its own first pause is short."""
    look, clock = watch(0)
    look.see(B, clock.now)
    look.fail(clock.now)
    look.fail(clock.now)

    assert Step.EXAMINE is look.see(C, clock.now)
    assert 1 == look.fail(clock.now)


def test_a_success_after_failures_begins_anew() -> None:
    """The next failure is tried again soon."""
    look, clock = watch(0)
    look.see(B, clock.now)
    look.fail(clock.now)
    look.fail(clock.now)
    look.conclude(good=True)

    assert 1 == look.fail(clock.now)


def test_whoever_asks_gets_an_examination() -> None:
    """Of what is served, of what is bad, and of what failed; a change still has to settle."""
    look, clock = watch()
    look.forget()

    assert Step.EXAMINE is look.see(A, clock.now)

    look.conclude(good=False)
    look.forget()

    assert Step.EXAMINE is look.see(A, clock.now)

    look.fail(clock.now)
    look.forget()

    assert Step.EXAMINE is look.see(A, clock.now)

    look.forget()

    assert Step.WAIT is look.see(B, clock.now)


def test_what_moved_while_it_was_read_has_to_settle_again() -> None:
    """Even if the next look finds it as before."""
    look, clock = watch()
    look.see(B, clock.now)
    look.moved(clock.advance(5))

    assert Step.WAIT is look.see(B, clock.advance(1.9))
    assert Step.EXAMINE is look.see(B, clock.advance(0.1))
