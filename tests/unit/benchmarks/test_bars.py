"""The table of what was to be reached: margins, misses, and nothing made up."""

import pytest

from benchmarks.bars import BARS, Bar, row
from benchmarks.results import Result

AT_MOST = Bar(what="mean", benchmark="server", series="mean", limit=2.0, unit="x")
AT_LEAST = Bar(what="rate", benchmark="server", series="rate", limit=4.0, unit="x", at_least=True)
NONE = Bar(what="failed", benchmark="changes", series="failed", limit=0, unit="")


def measured(median: float, *, quick: bool = False) -> Result:
    """What was measured."""
    return Result(median=median, unit="", more_is_better=False, quick=quick)


@pytest.mark.parametrize(
    ("bar", "result", "expected"),
    [
        pytest.param(AT_MOST, measured(1.5), ("mean", "<= 2 x", "1.5 x", "+25%"), id="below-what-it-may-be"),
        pytest.param(AT_MOST, measured(3), ("mean", "<= 2 x", "3 x", "-50% MISSED"), id="above-what-it-may-be"),
        pytest.param(AT_LEAST, measured(6), ("rate", ">= 4 x", "6 x", "+50%"), id="above-what-it-must-be"),
        pytest.param(AT_LEAST, measured(3), ("rate", ">= 4 x", "3 x", "-25% MISSED"), id="below-what-it-must-be"),
        pytest.param(AT_LEAST, measured(4), ("rate", ">= 4 x", "4 x", "+0%"), id="just-reached"),
        pytest.param(NONE, measured(0), ("failed", "<= 0", "0", "as wanted"), id="none-wanted-and-none-seen"),
        pytest.param(NONE, measured(2), ("failed", "<= 0", "2", "MISSED"), id="none-wanted-and-some-seen"),
        pytest.param(AT_MOST, None, ("mean", "<= 2 x", "not measured", ""), id="not-measured"),
        pytest.param(AT_MOST, measured(1, quick=True), ("mean", "<= 2 x", "1 x*", "+50%"), id="a-quick-look"),
    ],
)
def test_a_row_says_bar_measurement_and_margin(
    bar: Bar, result: Result | None, expected: tuple[str, str, str, str]
) -> None:
    """The margin is a share of the bar."""
    assert expected == row(bar, result)


def test_no_bar_is_there_twice() -> None:
    """By what it says, and by what it reads."""
    assert len(BARS) == len({bar.what for bar in BARS}) == len({(bar.benchmark, bar.series) for bar in BARS})
