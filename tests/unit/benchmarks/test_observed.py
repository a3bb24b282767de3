"""How long one thread can have held the interpreter, by what each used of the cores."""

import pytest

from benchmarks.servers.observed import held


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({1: 0}, {1: 5_000_000}, 4_000, id="one thread computed all the time: no more than the wait"),
        pytest.param({1: 0, 2: 0}, {1: 2_500_000, 2: 2_000_000}, 2_500, id="two that took turns are not one hold"),
        pytest.param({1: 7_000_000}, {1: 7_300_000}, 300, id="a holder without a core does not hold"),
        pytest.param({1: 9_000_000, 2: 0}, {2: 200_000}, 200, id="a thread that ended does not count"),
        pytest.param({}, {}, 0, id="nobody is there"),
    ],
)
def test_a_hold_is_what_one_thread_used(before: dict[int, int], after: dict[int, int], expected: int) -> None:
    """Of a wait of 4 ms, by clocks in nanoseconds."""
    assert expected == held(4_000, before, after)
