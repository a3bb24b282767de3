"""Write the JSON Schemas of the demo bundle, or check that they are up to date.

python scripts/schemas.py            writes policies/.schemas/
python scripts/schemas.py --check    exits 1, and says which, if one of them is not what would be written
"""

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sidecar.authoring.schemas.published import FOLDER, schema_files, write_schemas  # noqa: E402 - found by the line above

TARGET: Final = ROOT / "policies" / FOLDER


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a schema is not up to date")
    if not parser.parse_args().check:
        write_schemas(TARGET)
        return 0
    texts = schema_files()
    there = {path.name: path.read_text(encoding="utf-8") for path in TARGET.glob("*")}
    stale = sorted(name for name in texts.keys() | there.keys() if texts.get(name) != there.get(name))
    for name in stale:
        path = (TARGET / name).relative_to(ROOT)
        print(f"{path} is not up to date: run python scripts/schemas.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
