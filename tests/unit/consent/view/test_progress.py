from threading import Thread

from sidecar.consent.view.progress import Progress


def test_what_is_there_already_is_not_waited_for() -> None:
    """More than what was asked for returns at once, and says so."""
    progress = Progress()
    progress.reach(7)

    assert progress.wait(beyond=6, seconds=60)


def test_waiting_ends_when_the_time_is_over() -> None:
    """Nothing more came: it says so, and does not wait for ever."""
    progress = Progress()
    progress.reach(7)

    assert not progress.wait(beyond=7, seconds=0)


def test_who_waits_is_told() -> None:
    """Each of several, as soon as there is more; less than what is there changes nothing."""
    progress = Progress()
    told: list[bool] = []
    waiting = [Thread(target=lambda: told.append(progress.wait(beyond=3, seconds=60))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    progress.reach(3)
    progress.reach(4)
    progress.reach(2)
    for thread in waiting:
        thread.join(60)

    assert [True, True, True] == told
    assert progress.wait(beyond=3, seconds=0)
