"""A load that goes on while something else is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from benchmarks.load.h2load import Load, run


@contextmanager
def asking(load: Load) -> Iterator[None]:
    """*load*, which is paced, a second of it again and again, until the end of the block; raises ``LoadError``."""
    assert load.per_second is not None
    each, stop, failures = load.per_second, Event(), list[Exception]()

    def again() -> None:
        try:
            while not stop.is_set():
                run(load, each, record=False)
        except Exception as error:  # noqa: BLE001 - raised in the end, by the thread that waits for it
            failures.append(error)

    thread = Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]
