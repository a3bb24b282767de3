"""When Python looks for cyclic garbage."""

import gc

import pytest

from sidecar.app.garbage import spare_what_is_here, undisturbed


@pytest.fixture(autouse=True)
def _as_before() -> None:
    """What other tests left is looked at again."""
    gc.unfreeze()


def test_nothing_disturbs_the_block() -> None:
    """No look in it, and what it made is spared afterwards."""
    with undisturbed():
        assert not gc.isenabled()
        made: list[list[int]] = [[] for _ in range(10)]

    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)
    gc.unfreeze()


def test_whoever_turned_it_off_finds_it_off() -> None:
    """Also when the block fails."""
    gc.disable()
    try:
        with pytest.raises(KeyError), undisturbed():
            raise KeyError

        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


def test_what_is_here_is_spared() -> None:
    """It is alive, and not looked at any more."""
    spare_what_is_here()

    assert gc.get_freeze_count() > 0
    gc.unfreeze()
