"""Write the schemas of what lines of the decision log are, or check that they are up to date.

python scripts/decision_schema.py            writes docs/schemas/decision.schema.json and audience.schema.json
python scripts/decision_schema.py --check    exits 1, and says so, if they are not what would be written
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from msgspec.json import schema

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sidecar.telemetry.decisionlog.audience import AudienceLine  # noqa: E402 - found by the line above
from sidecar.telemetry.decisionlog.line import Line  # noqa: E402

TARGETS: Final = {
    ROOT / "docs" / "schemas" / "decision.schema.json": (Line, "A line of the decision log"),
    ROOT / "docs" / "schemas" / "audience.schema.json": (AudienceLine, "A line of the decision log about an audience"),
}


def document(line: type, title: str) -> str:
    """A whole file."""
    generated: dict[str, Any] = schema(line)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return json.dumps(head | generated, indent=2) + "\n"


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if one is not up to date")
    check: bool = parser.parse_args().check
    stale = 0
    for target, (line, title) in TARGETS.items():
        text = document(line, title)
        if not check:
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")
        elif not target.is_file() or target.read_text(encoding="utf-8") != text:
            told = f"{target.relative_to(ROOT)} is not up to date: run python scripts/decision_schema.py"
            print(told, file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
