"""The regression gate: what is worse than its tolerance allows fails, and nothing else."""

import pytest

from benchmarks.gate import TOLERANCE, Baseline, Finding, accepted, compare
from benchmarks.results import Result, Results

BASELINE: Baseline = {"server": {"rate": {"median": 0.8, "tolerance": 0.1}, "mean": {"median": 1.2, "tolerance": 0.1}}}


def results(*, rate: float = 0.8, mean: float = 1.2, quick: bool = False, unit: str = "ratio") -> Results:
    """What was measured last."""
    return {
        ("server", "rate"): Result(median=rate, unit=unit, more_is_better=True, quick=quick),
        ("server", "mean"): Result(median=mean, unit=unit, more_is_better=False, quick=quick),
    }


def failed(measured: Results) -> list[str]:
    """The series that became worse than they may."""
    return [finding.series for finding in compare(BASELINE, measured) if finding.failed]


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        pytest.param(results(), [], id="the-same"),
        pytest.param(results(rate=0.73, mean=1.31), [], id="within-the-tolerance"),
        pytest.param(results(rate=0.71), ["rate"], id="less-where-more-is-better"),
        pytest.param(results(mean=1.33), ["mean"], id="more-where-less-is-better"),
        pytest.param(results(rate=2.0, mean=0.5), [], id="better-is-never-a-failure"),
        pytest.param(results(rate=0.65, mean=1.43, quick=True), [], id="of-a-quick-look-twice-as-much-is-allowed"),
        pytest.param(results(rate=0.63, quick=True), ["rate"], id="but-not-more"),
        pytest.param({}, [], id="not-measured-is-no-failure"),
    ],
)
def test_what_fails(measured: Results, expected: list[str]) -> None:
    """Only what was measured, and is worse by more than its tolerance."""
    assert expected == failed(measured)


def test_a_finding_names_its_row() -> None:
    """With what it is, what it was, and how much is allowed."""
    finding = next(each for each in compare(BASELINE, results(rate=0.4)) if each.failed)

    assert "server: rate: 0.4, was 0.8: 50% worse, 10% is allowed" == str(finding)


def test_what_was_not_measured_is_told() -> None:
    """It is no number."""
    assert Finding(benchmark="server", series="rate", was=0.8, now=None, worse=0.0, allowed=0.1) == next(
        iter(compare(BASELINE, {}))
    )
    assert "server: rate: not measured, was 0.8" == str(next(iter(compare(BASELINE, {}))))


def test_a_baseline_of_nought_allows_no_more_than_its_tolerance() -> None:
    """It has no share that something could be worse by."""
    baseline: Baseline = {"server": {"mean": {"median": 0.0, "tolerance": 0.1}}}

    assert [False] == [each.failed for each in compare(baseline, results(mean=0.05))]
    assert [True] == [each.failed for each in compare(baseline, results(mean=0.2))]


def test_accepting_takes_ratios_only() -> None:
    """Times of one machine say nothing on another."""
    assert {} == accepted({}, results(unit="us"))
    assert {
        "server": {
            "rate": {"median": 0.5, "tolerance": TOLERANCE},
            "mean": {"median": 1.2, "tolerance": TOLERANCE},
        }
    } == accepted({}, results(rate=0.5))


def test_accepting_keeps_tolerances_and_what_was_not_measured() -> None:
    """A tolerance is a person's decision."""
    more: Baseline = BASELINE | {"peers": {"rate": {"median": 6.0, "tolerance": 0.3}}}

    assert {
        "server": {"rate": {"median": 0.9, "tolerance": 0.1}, "mean": {"median": 1.2, "tolerance": 0.1}},
        "peers": {"rate": {"median": 6.0, "tolerance": 0.3}},
    } == accepted(more, results(rate=0.9))
