"""Workers: everything that is submitted is done, once, and told once."""

from collections.abc import Iterator
from threading import Barrier, Event, get_ident
from typing import NoReturn

import pytest

from sidecar.transport.workers import Work, Workers

SECONDS = 10.0


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Two of them."""
    workers = Workers(2, "test")
    yield workers
    workers.shutdown(cancel_futures=True)


def _raise() -> NoReturn:
    raise SystemExit


def test_two_work_at_the_same_time(workers: Workers) -> None:
    """Neither waits for the other."""
    barrier = Barrier(3)
    for _ in range(2):
        workers.submit(barrier.wait, SECONDS)

    barrier.wait(SECONDS)


def test_what_is_raised_ends_no_thread(workers: Workers) -> None:
    """Not even what ends a process."""
    told: list[int] = []
    for _ in range(8):
        workers.submit(_raise).add_done_callback(lambda _: told.append(get_ident()))
    done = Event()
    workers.submit(done.set)
    assert done.wait(SECONDS)
    workers.shutdown()

    assert 8 == len(told)


def test_every_callback_is_called_once_however_late_it_comes(workers: Workers) -> None:
    """While it is queued, while it is done, and after it."""
    told: list[Work] = []
    works = [workers.submit(int) for _ in range(2_000)]
    for work in works:
        work.add_done_callback(told.append)
    workers.shutdown()
    for work in works:
        work.add_done_callback(told.append)

    assert 4_000 == len(told)
    assert set(works) == set(told)


def test_what_is_queued_is_done_unless_it_is_to_be_forgotten() -> None:
    """Whoever shuts down says which."""
    for forget, expected in ((False, ["first", "second"]), (True, ["first"])):
        workers, begun, go_on = Workers(1, "test"), Event(), Event()
        done: list[str] = []

        def first(begun: Event = begun, go_on: Event = go_on, done: list[str] = done) -> None:
            begun.set()
            go_on.wait(SECONDS)
            done.append("first")

        workers.submit(first)
        assert begun.wait(SECONDS)
        workers.submit(done.append, "second")
        workers.shutdown(wait=False, cancel_futures=forget)
        go_on.set()
        workers.shutdown()

        assert expected == done


def test_nothing_is_taken_once_they_end(workers: Workers) -> None:
    """It would never be done."""
    workers.shutdown()

    with pytest.raises(RuntimeError, match="about to end"):
        workers.submit(int)
