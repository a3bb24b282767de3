"""Percentiles by their definition: the least value that so many do not exceed."""

import pytest

from benchmarks.load.percentiles import Percentiles, percentile, percentiles


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 50), (90, 90), (99, 99), (99.9, 100), (100, 100), (0, 1), (1, 1)]
)
def test_of_a_hundred_values(percent: float, expected: int) -> None:
    """The value at a percent is that place, rounded up."""
    assert expected == percentile(range(1, 101), percent)


def test_of_one_value_every_percentile_is_it() -> None:
    """There is no other."""
    assert Percentiles(calls=1, p50=7, p90=7, p99=7, p999=7, most=7) == percentiles([7])


def test_the_order_does_not_matter() -> None:
    """Calls end in any order."""
    assert percentiles([1, 2, 3, 4]) == percentiles([3, 1, 4, 2])
