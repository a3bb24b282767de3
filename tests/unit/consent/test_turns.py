"""Turns of those who write: none at once with another, and none waited for that hangs."""

from threading import Event, Thread

import pytest

from sidecar.consent.turns import Turns
from sidecar.errors import ConsentLogError


def held(turns: Turns, until: Event) -> Thread:
    """A thread that has a turn *until* then."""
    begun = Event()

    def hold() -> None:
        with turns.take():
            begun.set()
            until.wait(10)

    thread = Thread(target=hold)
    thread.start()
    assert begun.wait(10)
    return thread


def test_nobody_waits_behind_a_turn_that_hangs() -> None:
    """Or all threads of a server would, and no question would be answered; afterwards there are turns again."""
    turns, until = Turns(patience=0.01), Event()
    thread = held(turns, until)
    with pytest.raises(ConsentLogError, match="send the event again"), turns.take():
        pytest.fail("two at once")
    until.set()
    thread.join()
    taken = []
    with turns.take():
        taken.append(1)

    assert [1] == taken


def test_a_turn_that_is_quick_is_waited_for() -> None:
    """The next one comes when it is over, also if it failed."""
    turns, until, taken = Turns(), Event(), Event()
    thread = held(turns, until)

    def next_one() -> None:
        with turns.take():
            taken.set()

    waiting = Thread(target=next_one)
    waiting.start()
    before = taken.wait(0.1)
    until.set()
    thread.join()
    waiting.join(10)
    with pytest.raises(ZeroDivisionError), turns.take():
        raise ZeroDivisionError
    with turns.take():
        pass

    assert (False, True) == (before, taken.is_set())
