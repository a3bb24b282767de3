"""What is written into the document is what was measured, between the marks and nowhere else."""

from benchmarks.publish import BEGIN, END, measured, replaced
from benchmarks.results import Result, Results

RESULTS: Results = {
    ("parts", "pseudonym"): Result(median=0.456, unit="us a call", more_is_better=False, quick=False),
    ("changes", "failed_calls"): Result(median=0, unit="", more_is_better=False, quick=False),
}


def test_only_what_is_between_the_marks_is_replaced() -> None:
    """Again and again, without growing."""
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = replaced(document, iter(["new"]))

    assert f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n" == once
    assert once == replaced(once, iter(["new"]))


def test_it_tells_machine_bars_parts_and_charts() -> None:
    """A bar that nobody measured says so."""
    lines = list(measured({"cores": 2, "load_average": 0.1}, RESULTS, {"sizes": "By people"}))

    assert "Taken on one machine: cores 2, load average 0.1." == lines[0]
    assert "| pseudonym | 0.46 |" in lines
    assert "| reload and 1,000 changes/s under load: failed calls | <= 0 | 0 | as wanted |" in lines
    assert "| load of 500 policies | <= 3 s | not measured |  |" in lines
    assert "![By people](images/sizes.svg)" == lines[-1]
