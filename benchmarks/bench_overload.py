"""Ten times more calls than are taken: ``python -m benchmarks.bench_overload [--quick]``.

One sidecar on the native transport that takes 256 calls at a time. Beside the load a client in Python asks one question
after the other on four threads, and records each call with its status. First nothing else happens, then h2load has ten
times as many calls in flight as the sidecar takes, then nothing again. While it is overloaded it must turn away what is
too many with RESOURCE_EXHAUSTED and with nothing else, and those whom it serves must not wait without bound; afterwards
the same client must soon be served as before.
"""

import sys
import time
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from benchmarks.load.h2load import HOW_TO_GET, available, calls_for, run
from benchmarks.load.percentiles import Percentiles, percentiles
from benchmarks.load.probe import probing, recovered
from benchmarks.measure import Series, arguments, report
from benchmarks.servers.sidecar import Sidecar, sidecar
from benchmarks.worlds.place import place
from benchmarks.worlds.questions import question

TAKEN: Final = 256
"""``limits.calls_in_flight`` of the sidecar here."""

TIMES: Final = 10
WINDOW_SECONDS: Final = 0.1
AFTER_SECONDS: Final = 3.0
SHED: Final = "RESOURCE_EXHAUSTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long to overload, and how often."""

    subjects: int
    rounds: int
    seconds: float


MEASUREMENT: Final = Size(subjects=1_000_000, rounds=5, seconds=8.0)
LOOK: Final = Size(subjects=20_000, rounds=2, seconds=3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Quiet, overload, quiet."""

    quiet: Percentiles
    served: Percentiles  # of those served while it was overloaded
    served_rate: float  # a second, of everybody's calls
    shed_rate: float
    other: int  # calls that ended in another way
    recovery: float  # seconds; more than was looked at if it did not


def ended_calls(asked: Sidecar) -> dict[str, float]:
    """How many checks have ended so far, by status."""
    codes = (name.partition('code="')[2].partition('"')[0] for name in asked.metrics() if "calls_total{" in name)
    metrics = asked.metrics()
    return {code: metrics.get(f'sidecar_calls_total{{code="{code}",method="Check"}}', 0.0) for code in set(codes)}


def overload(asked: Sidecar, calls: int) -> tuple[float, dict[str, float]]:
    """Make *calls* calls, far too many at a time; seconds, and calls that ended meanwhile by status."""
    load = asked.load("native", question(1).SerializeToString())
    before, began = ended_calls(asked), time.perf_counter()
    run(replace(load, connections=TIMES, in_flight=TAKEN), calls, record=False)
    seconds = time.perf_counter() - began
    return seconds, {code: count - before.get(code, 0.0) for code, count in ended_calls(asked).items()}


def one_round(asked: Sidecar, calls: int, seconds: float) -> Round:
    """Quiet, overload, quiet."""
    with probing(asked.sockets["native"], question(1).SerializeToString()) as probed:
        time.sleep(seconds / 2)
        began = time.perf_counter()
        quiet = percentiles([call.microseconds for call in probed.calls])
        lasted, ended = overload(asked, calls)
        over = time.perf_counter()
        time.sleep(AFTER_SECONDS)
    during = [call.microseconds for call in probed.calls if began <= call.ended <= over and call.code == "OK"]
    recovery = recovered(probed.calls, over, usual=quiet.p50, window=WINDOW_SECONDS)
    return Round(
        quiet=quiet,
        served=percentiles(during),
        served_rate=ended.get("OK", 0.0) / lasted,
        shed_rate=ended.get(SHED, 0.0) / lasted,
        other=round(sum(count for code, count in ended.items() if code not in ("OK", SHED))),
        recovery=AFTER_SECONDS if recovery is None else recovery,
    )


def calls_of(asked: Sidecar, seconds: float) -> int:
    """How many calls make an overload of about so many seconds; finding out is the first overload."""
    load = asked.load("native", question(1).SerializeToString())
    return calls_for(replace(load, connections=TIMES, in_flight=TAKEN), seconds)


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    size = LOOK if quick else MEASUREMENT
    if not available():
        sys.exit(HOW_TO_GET)
    with place(size.subjects) as (folder, bundle, data):
        settings = {"LIMITS_CALLS_IN_FLIGHT": str(TAKEN)}
        with sidecar(folder / "run", bundle, data, settings=settings) as asked:
            asked.require_allowed("native", 1)
            calls = calls_of(asked, size.seconds)
            found = [one_round(asked, calls, size.seconds) for _ in range(size.rounds)]
    series = [
        Series(name="quiet: p50", unit="us", values=tuple(one.quiet.p50 for one in found)),
        Series(name="quiet: p99", unit="us", values=tuple(one.quiet.p99 for one in found)),
        Series(name="overload: p50 of those served", unit="us", values=tuple(one.served.p50 for one in found)),
        Series(name="overload: p99 of those served", unit="us", values=tuple(one.served.p99 for one in found)),
        Series(name="overload: longest of those served", unit="us", values=tuple(one.served.most for one in found)),
        Series(name="overload: served", unit="calls/s", values=tuple(one.served_rate for one in found)),
        Series(name="overload: turned away", unit="calls/s", values=tuple(one.shed_rate for one in found)),
        Series(name="recovery", unit="s", values=tuple(one.recovery for one in found)),
    ]
    other = sum(one.other for one in found)
    shed = round(median(one.shed_rate for one in found))
    more = {"subjects": size.subjects, "taken": TAKEN, "in_flight": TAKEN * TIMES, "ended_otherwise": other}
    method = f"median of {size.rounds} overloads of about {size.seconds:g} s, one before them to warm up"
    report("overload", method, series, quick=quick, more={**more, "shed_per_second": shed})
    print(f"calls that ended neither OK nor {SHED}: {other}")


if __name__ == "__main__":
    main()
