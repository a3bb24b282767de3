"""Write docs/schemas/decision.schema.json, what a line of the decision log is, or check that it is up to date.

python scripts/decision_schema.py            writes the schema
python scripts/decision_schema.py --check    exits 1, and says so, if it is not what would be written
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from msgspec.json import schema

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sidecar.telemetry.decisionlog.line import Line  # noqa: E402 - found by the line above

TARGET: Final = ROOT / "docs" / "schemas" / "decision.schema.json"


def document() -> str:
    """The whole file."""
    generated: dict[str, Any] = schema(Line)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A line of the decision log"}
    return json.dumps(head | generated, indent=2) + "\n"


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the schema is not up to date")
    text = document()
    if not parser.parse_args().check:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} is not up to date: run python scripts/decision_schema.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
