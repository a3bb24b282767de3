"""The program with a thread beside it that tells how long one has to wait for the interpreter.

``OBSERVED=FILE python -m benchmarks.servers.observed serve ...`` appends a line a second to FILE: the second on the
monotonic clock, how often the thread wanted to go on, and the longest waits in microseconds. The thread sleeps for
half a millisecond, again and again; how much later it goes on is how long others held the interpreter. What the
thread itself waited for a core, as the kernel counts it, is taken off. That is a wait, and told as such. A hold is what
one thread does in one go, and two more things make a wait long: others took turns before this one had its own, and
whoever held the interpreter waited for a core, on a machine that has fewer than threads that want one. So a hold counts
for no more than that thread of Python used of the cores which used most, from half a millisecond before on. It is still
a bound from above: that thread may have let go in between, or computed without the interpreter. Watching costs the
server some percent, so nothing else is measured meanwhile.
"""

import heapq
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Final, NamedTuple

from sidecar.cli.program import main

SLEEP_SECONDS: Final = 0.0005
LONGEST: Final = 20
"""So many of the longest of each second are told."""


class Wait(NamedTuple):
    """Once that the interpreter was not to be had at once, in microseconds."""

    held: int  # no more than one thread of Python used of the cores
    waited: int


def observe(path: Path) -> None:
    """Watch for ever; for a thread."""
    with (
        path.open("a", encoding="ascii", buffering=1) as file,
        Path("/proc/thread-self/schedstat").open("rb", 0) as stat,
    ):
        while True:
            second, waits, until, clocks = time.monotonic(), list[Wait](), time.monotonic() + 1, _clocks()
            while time.monotonic() < until:
                waits.append(_wait(stat.fileno(), clocks))
            told = {
                "at": second,
                "waits": len(waits),
                "held_us": heapq.nlargest(LONGEST, (wait.held for wait in waits)),
                "waited_us": heapq.nlargest(LONGEST, (wait.waited for wait in waits)),
            }
            file.write(json.dumps(told) + "\n")


def _clocks() -> list[int]:
    """Of each thread of Python the clock that counts what it uses of a core."""
    ids = [thread.native_id for thread in threading.enumerate()]
    # As the kernel makes them: `time.pthread_getcpuclockid` is not safe for a thread that ends meanwhile.
    return [~number << 3 | 6 for number in ids if number is not None]


def _wait(stat: int, clocks: Sequence[int]) -> Wait:
    """How long the interpreter was not to be had when the thread woke up."""
    used, delayed, due = _used(clocks), _delayed(stat), time.perf_counter() + SLEEP_SECONDS
    time.sleep(SLEEP_SECONDS)
    late = time.perf_counter() - due
    waited = max(0, round(late * 1e6 - (_delayed(stat) - delayed) / 1e3))
    return Wait(held(waited, used, _used(clocks)), waited)


def held(waited: int, before: Mapping[int, int], after: Mapping[int, int]) -> int:
    """Microseconds of *waited* that one thread can have held the interpreter, by the clocks of all threads."""
    most = max((used - before[clock] for clock, used in after.items() if clock in before), default=0)
    return min(waited, round(most / 1e3))


def _used(clocks: Sequence[int]) -> dict[int, int]:
    """Nanoseconds that each of these has counted, without those whose thread has ended."""
    used = dict[int, int]()
    for clock in clocks:
        with suppress(OSError):
            used[clock] = time.clock_gettime_ns(clock)
    return used


def _delayed(stat: int) -> int:
    """Nanoseconds that this thread has waited for a core."""
    return int(os.pread(stat, 128, 0).split()[1])


if __name__ == "__main__":
    Thread(target=observe, args=(Path(os.environ["OBSERVED"]),), name="observer", daemon=True).start()
    main()
