"""What a run wrote is what is read."""

import json
from pathlib import Path

from benchmarks.results import Result, read_results


def test_series_and_numbers_are_read(tmp_path: Path) -> None:
    """By benchmark and name; what the machine was is no result."""
    series = [{"name": "rate", "unit": "ratio", "values": [0.5], "more_is_better": True, "median": 0.5}]
    told = {"name": "server", "method": "m", "quick": True, "machine": {"cores": 2}, "threads": 20, "series": series}
    (tmp_path / "server.json").write_text(json.dumps(told), encoding="utf-8")

    assert {
        ("server", "rate"): Result(median=0.5, unit="ratio", more_is_better=True, quick=True),
        ("server", "threads"): Result(median=20, unit="", more_is_better=False, quick=True),
    } == read_results(tmp_path)


def test_nothing_was_measured(tmp_path: Path) -> None:
    """An empty folder, or none."""
    assert {} == read_results(tmp_path) == read_results(tmp_path / "none")
