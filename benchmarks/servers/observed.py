"""The program with a thread beside it that tells how long one has to wait for the interpreter.

``OBSERVED=FILE python -m benchmarks.servers.observed serve ...`` appends a line a second to FILE: the second on the
monotonic clock, how often the thread wanted to go on, and the longest waits in microseconds. The thread sleeps for
half a millisecond, again and again; what it comes late is what others held the interpreter, their own waits for a
core included. What the thread itself waited for a core, as the kernel counts it, is taken off. It costs the server
some percent, so nothing else is measured meanwhile.
"""

import heapq
import json
import os
import time
from pathlib import Path
from threading import Thread
from typing import Final

from sidecar.cli.program import main

SLEEP_SECONDS: Final = 0.0005
LONGEST: Final = 20
"""So many of the longest waits of each second are told."""


def observe(path: Path) -> None:
    """Watch for ever; for a thread."""
    with (
        path.open("a", encoding="ascii", buffering=1) as file,
        Path("/proc/thread-self/schedstat").open("rb", 0) as stat,
    ):
        while True:
            second, waits, until = time.monotonic(), list[int](), time.monotonic() + 1
            while time.monotonic() < until:
                waits.append(_wait(stat.fileno()))
            longest = heapq.nlargest(LONGEST, waits)
            file.write(json.dumps({"at": second, "waits": len(waits), "longest_us": longest}) + "\n")


def _wait(stat: int) -> int:
    """Microseconds that the interpreter was not to be had when the thread woke up."""
    delayed, due = _delayed(stat), time.perf_counter() + SLEEP_SECONDS
    time.sleep(SLEEP_SECONDS)
    late = time.perf_counter() - due
    return max(0, round(late * 1e6 - (_delayed(stat) - delayed) / 1e3))


def _delayed(stat: int) -> int:
    """Nanoseconds that this thread has waited for a core."""
    return int(os.pread(stat, 128, 0).split()[1])


if __name__ == "__main__":
    Thread(target=observe, args=(Path(os.environ["OBSERVED"]),), name="observer", daemon=True).start()
    main()
