"""Each thing that we set out to reach, beside what was last measured: ``python -m benchmarks.bars``.

A row says the bar, what was measured, and the margin: by how much it is better than the bar, as a share of the bar.
Nothing is made up: what was not measured says so.
"""

import argparse
import sys
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.results import Result, Results, read_results

_MILLION: Final = "1,000,000 people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What we set out to reach, and which series tells whether we did."""

    what: str
    benchmark: str
    series: str
    limit: float
    unit: str
    at_least: bool = False  # else at most

    def margin(self, measured: float) -> float:
        """By what share of the bar it is better than the bar; negative: it is missed."""
        if not self.limit:
            return -measured
        difference = measured / self.limit - 1
        return difference if self.at_least else -difference

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:,g} {self.unit}".rstrip()


def _ratio(what: str, benchmark: str, series: str, limit: float, *, at_least: bool) -> Bar:
    return Bar(what=what, benchmark=benchmark, series=series, limit=limit, unit="x", at_least=at_least)


def _most(what: str, benchmark: str, series: str, limit: float, unit: str) -> Bar:
    return Bar(what=what, benchmark=benchmark, series=series, limit=limit, unit=unit)


BARS: Final = (
    _ratio(
        "native, one field, 1 in flight: mean against no-op",
        "server",
        "native, one field, 1 in flight: mean, check / no-op",
        1.3,
        at_least=False,
    ),
    _ratio(
        "native, one field, 64 in flight: rate against no-op",
        "server",
        "native, one field, 64 in flight: rate, check / no-op",
        0.65,
        at_least=True,
    ),
    _ratio("the same, against Cerbos", "peers", "1 field, 64 in flight: rate, check / Cerbos", 5, at_least=True),
    _ratio("the same, against OPA-Envoy", "peers", "1 field, 64 in flight: rate, check / OPA-Envoy", 4, at_least=True),
    _ratio(
        "ten fields, 64 in flight: rate against ten resources of Cerbos",
        "peers",
        "10 fields, 64 in flight: rate, check / Cerbos",
        10,
        at_least=True,
    ),
    *(
        _ratio(
            f"grpcio, one field, {flight} in flight: rate against no-op",
            "server",
            f"grpcio, one field, {flight} in flight: rate, check / no-op",
            0.9,
            at_least=True,
        )
        for flight in (1, 64)
    ),
    _most("engine, warm: first field", "engine", "first field, warm, as bytes", 4, "us"),
    _most("engine, warm: each further field", "engine", "each further field, warm, as bytes", 1, "us"),
    _ratio("warm, 500 policies against 5", "scale", "warm, 500 against 5 policies", 1.1, at_least=False),
    _most("load of 500 policies", "scale", "load, 500 policies", 3, "s"),
    _most("first time asked, 500 policies", "scale", "first time asked, 500 policies", 1_000, "us"),
    *(
        _most(f"memory, {kind}: {how}", "consent", f"{kind}, {_MILLION}: {how}", 250, "bytes a subject")
        for kind in ("snapshot", "whole log in SQLite", "whole log on NATS")
        for how in ("steady", "peak")
    ),
    _most("warm start of 1 M", "consent", f"snapshot, {_MILLION}", 8, "s"),
    _most("bootstrap of 1 M from NATS", "consent", f"whole log on NATS, {_MILLION}", 60, "s"),
    *(
        _most(f"withdrawal to deny elsewhere, p99, {mode}", "withdrawal", f"{mode}_p99_ms", 20, "ms")
        for mode in ("replica", "on_demand")
    ),
    _most("withdrawal to deny, same process: stale answers", "changes", "stale_answers", 0, ""),
    _most("reload and 1,000 changes/s under load: failed calls", "changes", "failed_calls", 0, ""),
    *(
        _ratio(
            f"{what} under load: p99 against steady state", "changes", f"{what}: p99 against steady", 3, at_least=False
        )
        for what in ("reload", "1,000 changes a second")
    ),
    Bar(
        what="FilterSubjects alone",
        benchmark="changes",
        series="FilterSubjects alone",
        limit=200_000,
        unit="people/s",
        at_least=True,
    ),
    _most("overload: calls that ended neither well nor turned away", "overload", "ended_otherwise", 0, ""),
    _most("overload: served as before after", "overload", "recovery", 1, "s"),
    _most("soak: failed calls", "soak", "failed_calls", 0, ""),
    _most("longest interpreter hold", "changes", "longest hold", 1, "ms"),
)


def row(bar: Bar, result: Result | None) -> tuple[str, str, str, str]:
    """What, the bar, what was measured, and the margin; an asterisk marks a quick look."""
    if result is None:
        return bar.what, str(bar), "not measured", ""
    margin = bar.margin(result.median)
    said = f"{margin:+.0%}" if bar.limit else ("as wanted" if margin >= 0 else "")
    verdict = said if margin >= 0 else f"{said} MISSED".strip()
    return bar.what, str(bar), f"{_shown(result.median)} {bar.unit}".rstrip() + ("*" if result.quick else ""), verdict


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def show(results: Results) -> tuple[int, int]:
    """Print the table; how many bars are missed, and how many are not measured."""
    table = Table("what", "bar", "measured", "margin", box=None, pad_edge=False)
    found = [(bar, results.get((bar.benchmark, bar.series))) for bar in BARS]
    for bar, result in found:
        table.add_row(*row(bar, result))
    console = Console(width=max(120, Console().width), highlight=False)
    console.print(table)
    if any(result.quick for _, result in found if result is not None):
        console.print("* a quick look, not a measurement")
    measured = [(bar, result) for bar, result in found if result is not None]
    missed = sum(bar.margin(result.median) < 0 for bar, result in measured)
    return missed, len(found) - len(measured)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    missed, unmeasured = show(read_results())
    print(f"{missed} bars missed, {unmeasured} not measured")
    sys.exit(0)
