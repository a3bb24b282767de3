"""The thread that follows: until it is stopped, and not in step with others."""

import time
from collections.abc import Callable
from threading import Thread

from sidecar.consent.view.applier import Outside
from tests.unit.consent.desk import NOW, no
from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.applier.following import Follower
from tests.unit.consent.view.memory_log import Store


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it does within five seconds."""
    until = time.monotonic() + 5
    while not holds() and time.monotonic() < until:
        time.sleep(0.001)
    return holds()


def test_a_thread_follows_until_it_is_stopped(follower: Follower, writer: SharedDesk) -> None:
    """Then its feed is closed."""
    follower.applier.start()
    writer.ledger.record("ada", no("a"))
    seen = eventually(lambda: follower.knows("ada"))
    follower.applier.stop()

    assert seen
    assert all(feed.closed for feed in follower.feeds)


def test_a_load_is_over_when_it_is_to_stop(store: Store) -> None:
    """However far it is."""
    follower = Follower(store)
    store.down = True
    loading = Thread(target=follower.applier.load)
    loading.start()
    began = eventually(lambda: bool(follower.reported))
    follower.applier.stop()
    loading.join(5)

    assert began
    assert not loading.is_alive()


def test_not_all_beat_at_once() -> None:
    """Each waits a little longer, at random."""
    outside = Outside(clock=lambda: NOW, ticks=lambda: 0, report=lambda _: None)

    assert 2 < len({outside.share() for _ in range(10)})
