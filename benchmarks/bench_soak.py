"""A long time under load: ``python -m benchmarks.bench_soak [--quick] [--minutes N]``.

One sidecar on the native transport, with a million people, metrics and decision log on, is asked by h2load 70 percent
as often as it can answer, for ten minutes. All the while two hundred people a second decide, and every five seconds
the bundle is reloaded. No call may fail; the time of each is recorded; and what the process has in memory is read
every second: its slope is that of the line that fits best to all but the first fifth.
"""

import argparse
import math
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import linear_regression
from threading import Event, Thread
from typing import Final

from benchmarks.chart import Chart, Line
from benchmarks.load.disturbances import deciding, reloading
from benchmarks.load.h2load import HOW_TO_GET, available, calls_for, run
from benchmarks.load.percentiles import Percentiles, percentiles
from benchmarks.measure import Series, draw, report
from benchmarks.servers.sidecar import Sidecar, sidecar
from benchmarks.worlds.place import place
from benchmarks.worlds.questions import question

SHARE: Final = 0.7
CHANGES: Final = 200
RELOAD_SECONDS: Final = 5.0
STRETCH_SECONDS: Final = 10.0
SETTINGS: Final = {"BUNDLE_POLL_SECONDS": "0.1", "BUNDLE_SETTLE_SECONDS": "0.1"}
WARM_UP: Final = 0.2
"""This share of the readings of memory is before it has settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long."""

    subjects: int
    minutes: float


MEASUREMENT: Final = Size(subjects=1_000_000, minutes=10)
LOOK: Final = Size(subjects=20_000, minutes=1)


@dataclass(slots=True)
class Memory:
    """What the process had in memory, by seconds since the beginning."""

    readings: list[tuple[float, float]] = field(default_factory=list)  # seconds, MiB

    def slope(self) -> float:
        """MiB an hour, of all but the first readings."""
        settled = self.readings[int(len(self.readings) * WARM_UP) :]
        seconds, mebibytes = zip(*settled, strict=True)
        return linear_regression(seconds, mebibytes).slope * 3_600


@contextmanager
def weighing(asked: Sidecar) -> Iterator[Memory]:
    """Read every second what *asked* has in memory, until the end of the block."""
    stop, memory, began = Event(), Memory(), time.monotonic()

    def again() -> None:
        while not stop.wait(1.0):
            memory.readings.append((time.monotonic() - began, asked.process.resident_bytes() / 2**20))

    thread = Thread(target=again)
    thread.start()
    try:
        yield memory
    finally:
        stop.set()
        thread.join()


@dataclass(slots=True)
class Asked:
    """What came of all calls."""

    times: "array[int]" = field(default_factory=lambda: array("I"))  # microseconds
    stretches: list[Percentiles] = field(default_factory=list)
    failed: int = 0


def ask(asked: Sidecar, per_second: float, seconds: float) -> Asked:
    """Ask for so long, a stretch at a time."""
    load, came = asked.load("native", question(1).SerializeToString()).paced(per_second), Asked()
    before, until = failures(asked), time.monotonic() + seconds
    while time.monotonic() < until:
        calls = round(per_second * STRETCH_SECONDS)
        outcome = run(load, calls)
        came.times.extend(outcome.microseconds)
        came.stretches.append(percentiles(outcome.microseconds))
        came.failed += calls - outcome.counted.succeeded
    came.failed += round(failures(asked) - before)
    return came


def failures(asked: Sidecar) -> float:
    """Checks so far that ended otherwise than OK."""
    each = asked.metrics().items()
    return sum(count for name, count in each if "calls_total{" in name and "Check" in name and '"OK"' not in name)


def plot(memory: Memory, stretches: Sequence[Percentiles]) -> None:
    """Memory and times over the whole run."""
    line = Line(name="resident", points=tuple(memory.readings))
    draw("soak-memory", Chart(title="Memory under load", x="seconds", y="MiB", lines=(line,), marks=False))
    names = (("p50", "p50"), ("p99", "p99"), ("p99.9", "p999"))
    lines = tuple(
        Line(
            name=name,
            points=tuple(
                (STRETCH_SECONDS * (number + 1), getattr(each, key) / 1e3) for number, each in enumerate(stretches)
            ),
        )
        for name, key in names
    )
    draw("soak-times", Chart(title="Times of calls, ten seconds a point", x="seconds", y="milliseconds", lines=lines))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one minute, and fewer people")
    parser.add_argument("--minutes", type=float, help="how long")
    options = parser.parse_args()
    size = LOOK if options.quick else MEASUREMENT
    minutes: float = size.minutes if options.minutes is None else options.minutes
    if not 0 < minutes < math.inf:
        parser.error("--minutes is more than 0")
    if not available():
        sys.exit(HOW_TO_GET)
    with (
        place(size.subjects) as (folder, bundle, data),
        sidecar(folder / "run", bundle, data, settings=SETTINGS) as asked,
    ):
        asked.require_allowed("native", 1)
        peak = calls_for(asked.load("native", question(1).SerializeToString(), in_flight=64), 1.0)
        with (
            weighing(asked) as memory,
            deciding(asked, CHANGES) as decided,
            reloading(bundle, RELOAD_SECONDS) as changed,
        ):
            came = ask(asked, peak * SHARE, minutes * 60)
        swapped = asked.metrics().get('sidecar_policy_reloads_total{outcome="swapped"}', 0.0)
    plot(memory, came.stretches)
    whole = percentiles(came.times)
    series = [
        Series(name="memory: slope", unit="MiB an hour", values=(memory.slope(),)),
        Series(name="memory: resident", unit="MiB", values=tuple(mebibytes for _, mebibytes in memory.readings)),
        *(
            Series(name=name, unit="us", values=(value,))
            for name, value in (("p50", whole.p50), ("p99", whole.p99), ("p99.9", whole.p999), ("most", whole.most))
        ),
        Series(name="p99.9 of each stretch", unit="us", values=tuple(each.p999 for each in came.stretches)),
    ]
    done = {"calls": whole.calls, "failed_calls": came.failed, "decided": decided.times, "changed": changed.times}
    more = {
        "subjects": size.subjects,
        "minutes": minutes,
        "per_second": round(peak * SHARE),
        **done,
        "swapped": swapped,
    }
    report("soak", f"once, {minutes:g} minutes", series, quick=bool(options.quick), more=more)
    print(", ".join(f"{name}: {value:,.0f}" for name, value in more.items()))


if __name__ == "__main__":
    main()
