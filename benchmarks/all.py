"""Every benchmark, one after the other, then what they say of our bars: ``python -m benchmarks.all [--quick]``.

Each is a process of its own. One that fails does not keep the others from being measured; in the end it is named, and
the exit code is 1.
"""

import subprocess
import sys
import time
from typing import Final

from benchmarks.bars import show
from benchmarks.gate import gate
from benchmarks.measure import ROOT, arguments
from benchmarks.results import read_results

BENCHMARKS: Final = (
    "engine",
    "scale",
    "server",
    "parts",
    "peers",
    "sizes",
    "changes",
    "overload",
    "consent",
    "withdrawal",
    "soak",
)


def main() -> int:
    """Run all of them; 1 if one failed, or a ratio is worse than the baseline allows."""
    flags = ["--quick"] if arguments(__doc__) else []
    failed = []
    for name in BENCHMARKS:
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", f"benchmarks.bench_{name}", *flags], cwd=ROOT, check=False)
        print(f"{name}: {time.monotonic() - began:.0f} s\n", flush=True)
        if done.returncode:
            failed.append(name)
    show(read_results())
    if gate():
        failed.append("gate")
    if failed:
        print(f"these failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
