"""Percentiles of times that were recorded one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Of some calls, in microseconds."""

    calls: int
    p50: float
    p90: float
    p99: float
    p999: float
    most: float


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The least of *ordered*, which is sorted and not empty, that *percent* of a hundred do not exceed."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def percentiles(values: Sequence[float]) -> Percentiles:
    """The percentiles of *values*, of which there is at least one."""
    ordered = sorted(values)
    p50, p90, p99, p999 = (percentile(ordered, percent) for percent in (50, 90, 99, 99.9))
    return Percentiles(calls=len(ordered), p50=p50, p90=p90, p99=p99, p999=p999, most=ordered[-1])
