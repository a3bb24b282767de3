"""What the last runs wrote, read again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.measure import RESULTS

RATIO: Final = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One series of one benchmark, as it was last measured."""

    median: float
    unit: str
    more_is_better: bool
    quick: bool


Results: TypeAlias = Mapping[tuple[str, str], Result]
"""By benchmark and series."""


def read_results(folder: Path = RESULTS) -> dict[tuple[str, str], Result]:
    """All that was measured; numbers beside the series are there too, as series of their own name."""
    return dict(pair for path in sorted(folder.glob("*.json")) for pair in _read(path))


def _read(path: Path) -> Iterator[tuple[tuple[str, str], Result]]:
    told = json.loads(path.read_text(encoding="utf-8"))
    quick = told["quick"]
    for name, value in told.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield (told["name"], name), Result(median=value, unit="", more_is_better=False, quick=quick)
    for one in told["series"]:
        found = Result(
            median=one["median"], unit=one["unit"], more_is_better=one.get("more_is_better", False), quick=quick
        )
        yield (told["name"], one["name"]), found
