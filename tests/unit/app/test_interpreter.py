"""How Python runs while it serves."""

import gc
import sys

import pytest

from sidecar.app.interpreter import SWITCH_SECONDS, THRESHOLDS, serving


def _now() -> tuple[float, tuple[int, int, int]]:
    return sys.getswitchinterval(), gc.get_threshold()


def test_it_runs_otherwise_only_while_it_serves() -> None:
    """And as before when that ends, however it does."""
    before = _now()
    with serving():
        during = _now()
    after = _now()
    with pytest.raises(ZeroDivisionError), serving():
        1 / 0  # noqa: B018 - it fails

    assert pytest.approx(SWITCH_SECONDS) == during[0]
    assert THRESHOLDS == during[1]
    assert before == after == _now()
