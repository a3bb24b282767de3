"""Writes what was last measured into ``docs/benchmarks.md``: ``python -m benchmarks.publish``.

Between its marks come the machine, the bars with their margins, where each microsecond goes, and the charts, which are
copied to ``docs/images``. A quick look is not published.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.bars import BARS, row
from benchmarks.measure import RESULTS, ROOT
from benchmarks.results import Results, read_results

DOCUMENT: Final = ROOT / "docs" / "benchmarks.md"
IMAGES: Final = ROOT / "docs" / "images"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CHARTS: Final = {
    "server": "Checks a second, and those of a handler that answers nothing, by calls in flight",
    "peers": "Checks a second beside other engines, by calls in flight",
    "sizes": "Checks a second by how many people there are",
    "changes": "p99 of checks while other things happen, round by round",
    "soak-memory": "Memory during ten minutes under load",
    "soak-times": "Times of calls during ten minutes under load",
}
"""What the charts beside the results show. Those of consent and withdrawal stand in their own sections."""

_ELSEWHERE: Final = ("consent-import", "consent-start", "consent-memory", "withdrawal")


def measured(machine: Mapping[str, Any], results: Results, charts: Mapping[str, str]) -> Iterator[str]:
    """The lines between the marks."""
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items())
    yield f"Taken on one machine: {said}."
    yield ""
    yield from ("| what | bar | measured | margin |", "|---|---|---|---|")
    for bar in BARS:
        yield f"| {' | '.join(row(bar, results.get((bar.benchmark, bar.series))))} |"
    parts = {name: result for (benchmark, name), result in results.items() if benchmark == "parts" and result.unit}
    if parts:
        yield ""
        yield "Where the microseconds of a check about one field go, on the native transport:"
        yield ""
        yield from ("| part | us a call |", "|---|---|")
        yield from (f"| {name} | {result.median:.2f} |" for name, result in parts.items())
    for name, title in charts.items():
        yield ""
        yield f"![{title}](images/{name}.svg)"


def replaced(document: str, lines: Iterator[str]) -> str:
    """*document* with *lines* between its marks."""
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return "\n".join((f"{head}{BEGIN}", "", *lines, "", f"{END}{tail}"))


def copy(folder: Path = RESULTS) -> dict[str, str]:
    """Copy the charts; those that there are, with their titles."""
    there = {name: title for name, title in CHARTS.items() if (folder / f"{name}.svg").exists()}
    for name in (*there, *_ELSEWHERE):
        if (folder / f"{name}.svg").exists():
            shutil.copy(folder / f"{name}.svg", IMAGES)
    return there


def main() -> int:
    """Publish; 1 if there is nothing to be."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    results = read_results()
    if any(result.quick for result in results.values()) or not results:
        print("the last results are a quick look, or none: they are not published", file=sys.stderr)
        return 1
    newest = max(RESULTS.glob("*.json"), key=lambda path: path.stat().st_mtime)
    machine: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))["machine"]
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(replaced(document, measured(machine, results, copy())), encoding="utf-8")
    print(f"written to {DOCUMENT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
