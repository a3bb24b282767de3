"""Generate the Python code of the protocol from ``proto/``: ``scripts/proto.py [--check]``.

With ``--check`` nothing is written; the exit code is 1 when the committed code is not what ``proto/`` says.
Package, path and import path are the same (``sidecar/api/v1``), so that the output needs no patching.
"""

import argparse
import filecmp
import shutil
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
GENERATED = Path("sidecar/api/v1")
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py")


def generate(out: Path) -> None:
    """Write the generated modules below *out*."""
    sources = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    includes = (str(ROOT / "proto"), str(Path(protoc.__file__).parent / "_proto"))
    arguments = [
        "protoc",
        *(f"-I{include}" for include in includes),
        f"--python_out={out}",
        f"--pyi_out={out}",
        f"--grpc_python_out={out}",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        sys.exit("`protoc` failed: see its messages above")


def generated_names(folder: Path) -> set[str]:
    """The names of the generated modules in *folder*."""
    return {path.name for path in folder.glob("*_pb2*") if path.name.endswith(SUFFIXES)}


def differences(fresh: Path, committed: Path) -> list[str]:
    """Names of the modules that are missing, left over or different; sorted."""
    names = sorted(generated_names(fresh) | generated_names(committed))
    return [
        name
        for name in names
        if not ((fresh / name).is_file() and (committed / name).is_file())
        or not filecmp.cmp(fresh / name, committed / name, shallow=False)
    ]


def replace(fresh: Path, committed: Path) -> None:
    """Make *committed* hold exactly the generated modules of *fresh*."""
    for name in generated_names(committed) - generated_names(fresh):
        (committed / name).unlink()
    for name in generated_names(fresh):
        shutil.copyfile(fresh / name, committed / name)


def main() -> int:
    """Generate, then compare or replace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed code; write nothing")
    check: bool = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh, committed = Path(folder) / GENERATED, ROOT / GENERATED
        stale = differences(fresh, committed)
        if check:
            for name in stale:
                print(f"{GENERATED / name} is not what proto/ says: run `make proto`", file=sys.stderr)
            return 1 if stale else 0
        replace(fresh, committed)
        print(f"{len(stale)} of {len(generated_names(fresh))} generated modules changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
