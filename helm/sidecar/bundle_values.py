"""Write a folder with a bundle as values of the chart: ``bundle_values.py FOLDER > bundle.json``.

The output is JSON, which is YAML, so ``helm install --values bundle.json`` takes it. Needs nothing but Python.
"""

import argparse
import json
import sys
from pathlib import Path


def bundle_files(folder: Path) -> dict[str, str]:
    """From path to text, for every file in *folder* that is not hidden; sorted."""
    paths = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        relative.as_posix(): path.read_text(encoding="utf-8")
        for relative, path in paths.items()
        if not any(part.startswith(".") for part in relative.parts)
    }


def main() -> int:
    """Print the values of the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of the bundle")
    folder: Path = parser.parse_args().folder
    if not folder.is_dir():
        parser.error(f"`{folder}` is not a folder")
    files = bundle_files(folder)
    if not files:
        parser.error(f"`{folder}` has no files")
    json.dump({"bundle": {"files": files}}, sys.stdout, indent=2)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
