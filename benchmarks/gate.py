"""Whether anything became slower: ``python -m benchmarks.gate [--accept]``.

Compares the ratios of the last results with ``benchmarks/baseline.json``, never the absolute times: a ratio is of two
things that were measured in turn, so it means the same on another machine, or nearly. A ratio that is worse than its
tolerance allows is named, and the exit code is 1; of a quick look twice as much is allowed. What was not measured is
told and is no failure. ``--accept`` makes the last results the baseline; they must not be a quick look.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks.measure import ROOT
from benchmarks.results import RATIO, Results, read_results

BASELINE: Final = ROOT / "benchmarks" / "baseline.json"
TOLERANCE: Final = 0.15
"""Of a ratio that is new in the baseline; one that is there keeps its own, which may be edited."""

_QUICK_FACTOR: Final = 2

Baseline: TypeAlias = dict[str, dict[str, dict[str, Any]]]
"""By benchmark and series: ``median`` and ``tolerance``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A ratio of the baseline, and what it is now."""

    benchmark: str
    series: str
    was: float
    now: float | None  # None: it was not measured
    worse: float  # by what share; negative if it is better
    allowed: float

    @property
    def failed(self) -> bool:
        """Whether it is worse than it may be."""
        return self.now is not None and self.worse > self.allowed

    def __str__(self) -> str:
        head = f"{self.benchmark}: {self.series}"
        if self.now is None:
            return f"{head}: not measured, was {self.was:.3g}"
        how = f"{abs(self.worse):.0%} {'worse' if self.worse > 0 else 'better'}"
        return f"{head}: {self.now:.3g}, was {self.was:.3g}: {how}, {self.allowed:.0%} is allowed"


def compare(baseline: Baseline, results: Results) -> Iterator[Finding]:
    """Every ratio of *baseline* beside that of *results*."""
    for benchmark, each in baseline.items():
        for series, entry in each.items():
            was, result = entry["median"], results.get((benchmark, series))
            finding = {"benchmark": benchmark, "series": series, "was": was}
            if result is None:
                yield Finding(**finding, now=None, worse=0.0, allowed=entry["tolerance"])
                continue
            change = result.median / was if was else 1.0 + result.median
            worse = 1 - change if result.more_is_better else change - 1
            allowed = entry["tolerance"] * (_QUICK_FACTOR if result.quick else 1)
            yield Finding(**finding, now=result.median, worse=worse, allowed=allowed)


def accepted(baseline: Baseline, results: Results) -> Baseline:
    """*baseline* with the ratios of *results*; what those do not have stays."""
    made: Baseline = {benchmark: dict(each) for benchmark, each in baseline.items()}
    for (benchmark, series), result in results.items():
        if result.unit == RATIO:
            before = made.setdefault(benchmark, {}).get(series, {"tolerance": TOLERANCE})
            made[benchmark][series] = {"median": round(result.median, 4), "tolerance": before["tolerance"]}
    return made


def gate(path: Path = BASELINE) -> int:
    """Print what became worse than it may, and what was not measured; 1 if something became worse."""
    if not path.exists():
        print(f"there is no {path.relative_to(ROOT)} to compare with; `python -m benchmarks.gate --accept` makes one")
        return 0
    findings = list(compare(json.loads(path.read_text(encoding="utf-8")), read_results()))
    for finding in findings:
        if finding.failed or finding.now is None:
            print(finding)
    failed = sum(finding.failed for finding in findings)
    print(f"{failed} of {len(findings)} ratios became worse than they may")
    return 1 if failed else 0


def accept(path: Path = BASELINE) -> int:
    """Make the last results the baseline; 1 if they are none."""
    results = read_results()
    if any(result.quick for result in results.values()) or not results:
        print("the last results are a quick look, or none: they make no baseline", file=sys.stderr)
        return 1
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(accepted(before, results), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"the last results are in {path.relative_to(ROOT)} now")
    return 0


def main() -> int:
    """Compare, or accept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", action="store_true", help="make the last results the baseline")
    return accept() if parser.parse_args().accept else gate()


if __name__ == "__main__":
    sys.exit(main())
