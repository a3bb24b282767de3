"""What every benchmark needs: repetitions with median and spread, and a report of what they were taken on."""

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.chart import Chart

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "benchmarks"
TOOLS = ROOT / "build" / "tools"
PACKAGES = ("cedarpy", "grpcio", "protobuf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One thing measured several times, in one run of the machine."""

    name: str
    unit: str
    values: tuple[float, ...]  # one a repetition, in order
    more_is_better: bool = False

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest."""
        return min(self.values), max(self.values)


def arguments(doc: str | None) -> bool:
    """Whether the command line asks for a quick look instead of a measurement."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter repetitions: a look, not a measurement")
    quick: bool = parser.parse_args().quick
    return quick


def report(
    name: str, method: str, series: Sequence[Series], *, quick: bool, more: Mapping[str, float | int] | None = None
) -> None:
    """Print *series* as a table and write them to ``build/benchmarks/NAME.json`` with what they were taken on."""
    console = Console(width=max(110, Console().width), highlight=False)
    console.print(f"[bold]{name}[/bold]: {method}{' (quick: a look, not a measurement)' if quick else ''}")
    table = Table("measured", "median", "least", "greatest", "unit", box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify = "right"
    for each in series:
        table.add_row(each.name, *(f"{value:,.2f}" for value in (each.middle, *each.spread)), each.unit)
    console.print(table)
    facts = {"name": name, "method": method, "quick": quick, "machine": machine(), **(more or {})}
    measured = [{**asdict(each), "median": each.middle} for each in series]
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({**facts, "series": measured}, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {path.relative_to(ROOT)}\n")


def draw(name: str, chart: Chart) -> None:
    """Write *chart* to ``build/benchmarks/NAME.svg``; those in ``docs/images`` are copies of a real run's."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.svg").write_text(chart.svg(), encoding="utf-8")


def machine() -> dict[str, str | int | float | None]:
    """Processor, versions, and how busy the machine was."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - git from the path
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "revision": described.stdout.strip(),
        **{package: version(package) for package in PACKAGES},
    }


def _processor() -> str:
    """The name of the processor; that of its architecture where the kernel does not tell."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
