"""The bundle of the benchmarks: the demo's, and one service more that uses sixty-four fields."""

import shutil
from pathlib import Path
from typing import Final

from benchmarks.measure import ROOT

SERVICE: Final = "benchmark"
PURPOSE: Final = "personalize.content"
FIELDS: Final = tuple(f"benchmark.field{number:02}" for number in range(64))
CATEGORIES: Final = (
    "user.behavior.purchase_history",
    "user.behavior.browsing_history",
    "user.behavior.media_consumption",
    "user.telemetry",
)


def category_of(field: str) -> str:
    """The data category that a field of ``FIELDS`` belongs to."""
    return CATEGORIES[FIELDS.index(field) % len(CATEGORIES)]


def write_bundle(folder: Path) -> Path:
    """The bundle in *folder*, which must not be there."""
    shutil.copytree(ROOT / "policies", folder)
    fields = folder / "catalog" / "fields.yaml"
    lines = (f"{field}: {{title: {field}, categories: [{category_of(field)}]}}\n" for field in FIELDS)
    fields.write_text(fields.read_text(encoding="utf-8") + "".join(lines), encoding="utf-8")
    uses = f"  - purpose: {PURPOSE}\n    fields: [{', '.join(FIELDS)}]\n    actions: [use]\n"
    service = folder / "catalog" / "services" / f"{SERVICE}.yaml"
    service.write_text(f"title: Benchmark\nowner: team-outreach\nmay_use:\n{uses}", encoding="utf-8")
    for tests in (folder / "tests").glob("*.yaml"):
        tests.unlink()  # they say what the demo's services may, and nothing of one more
    return folder
