"""What a check costs on top of its transport: ``python -m benchmarks.bench_server [--quick]``.

The sidecar, with a listener for each transport, metrics and decision log on, and a view of a million people; and for
each transport a server that answers nothing at once, as a process of its own. One h2load asks them in turn, round by
round, over one connection of a Unix socket: one, ten and sixty-four fields, and batches of sixty-four questions, with
1, 16 and 64 calls in flight. Streams of questions, which h2load cannot make, are asked by one client in Python,
against a server that sends nothing back for each question.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.chart import Chart, Line
from benchmarks.load.compare import Pace, Side, described, in_turn, mean_ratio, rate_ratio
from benchmarks.load.h2load import HOW_TO_GET, Load, available
from benchmarks.load.streams import StreamLoad, streams_in_turn
from benchmarks.measure import Series, arguments, draw, report
from benchmarks.servers.noop import THREADS, noop
from benchmarks.servers.process import Process
from benchmarks.servers.sidecar import TRANSPORTS, Sidecar, sidecar
from benchmarks.worlds.bundle import write_bundle
from benchmarks.worlds.people import AGREED, make_world
from benchmarks.worlds.questions import CHECK, CHECK_BATCH, batch, question

BATCH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is measured."""

    subjects: int
    fields: tuple[int, ...]
    in_flight: tuple[int, ...]
    pace: Pace


MEASUREMENT: Final = Size(
    subjects=1_000_000, fields=(1, 10, 64), in_flight=(1, 16, 64), pace=Pace(rounds=5, seconds=1.0)
)
LOOK: Final = Size(subjects=20_000, fields=(1, 10), in_flight=(1, 64), pace=Pace(rounds=3, seconds=0.25))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of call."""

    name: str
    method: str
    message: bytes
    in_flight: int


def cases(size: Size) -> Iterator[Case]:
    """Every kind of call."""
    for fields in size.fields:
        for flight in size.in_flight:
            message = question(fields).SerializeToString()
            yield Case(name=f"{_said(fields)}, {flight} in flight", method=CHECK, message=message, in_flight=flight)
    for flight in (size.in_flight[0], size.in_flight[-1]):
        name = f"batch of {BATCH}, {flight} in flight"
        yield Case(name=name, method=CHECK_BATCH, message=batch([AGREED] * BATCH), in_flight=flight)


def _said(fields: int) -> str:
    return "one field" if fields == 1 else f"{fields} fields"


def compared(case: Case, transport: str, asked: Sidecar, nothing: Process, pace: Pace) -> Iterator[Series]:
    """One kind of call on one transport, and how it compares with nothing."""
    check = Side(
        name="check",
        load=asked.load(transport, case.message, method=case.method, in_flight=case.in_flight),
        answers=asked.answer_bytes(transport, case.message, case.method),
        processor_seconds=asked.process.processor_seconds,
    )
    empty = Load(socket=nothing.socket, method=case.method, message=case.message, in_flight=case.in_flight)
    without = Side(name="no-op", load=empty, answers=(0, 0), processor_seconds=nothing.processor_seconds)
    rounds = in_turn((without, check), pace)
    what = f"{transport}, {case.name}"
    yield from described(what, rounds)
    yield rate_ratio(f"{what}: rate, check / no-op", rounds["check"], rounds["no-op"])
    yield mean_ratio(f"{what}: mean, check / no-op", rounds["check"], rounds["no-op"])


def streams(asked: Sidecar, nothing: Process, pace: Pace) -> Iterator[Series]:
    """Questions a second on one stream."""
    loads = {
        "no-op": StreamLoad(socket=nothing.socket, empty=True),
        "check": StreamLoad(socket=asked.sockets["grpcio"], empty=False),
    }
    rates = streams_in_turn(loads, pace)
    for name, values in rates.items():
        yield Series(name=f"stream, 64 in flight: {name}, rate", unit="questions/s", values=values)
    ratios = tuple(one / other for one, other in zip(rates["check"], rates["no-op"], strict=True))
    yield Series(name="stream, 64 in flight: rate, check / no-op", unit="ratio", values=ratios, more_is_better=True)


def measure(folder: Path, size: Size) -> tuple[list[Series], dict[str, float]]:
    """Every series, and what the sidecar counted."""
    bundle = write_bundle(folder / "bundle")
    data = make_world(folder / "data", bundle, size.subjects)
    with ExitStack() as stack:
        asked = stack.enter_context(sidecar(folder / "run", bundle, data))
        empty = {transport: stack.enter_context(noop(transport, folder / "run")) for transport in TRANSPORTS}
        for transport in TRANSPORTS:
            for fields in size.fields:
                asked.require_allowed(transport, fields)
        series = [
            one
            for case in cases(size)
            for transport in TRANSPORTS
            for one in compared(case, transport, asked, empty[transport], size.pace)
        ]
        series += streams(asked, empty["grpcio"], size.pace)
        return series, asked.metrics()


def plot(size: Size, series: Sequence[Series]) -> None:
    """Calls a second about one field on each transport, by how many are in flight."""
    rates = {one.name: one.middle for one in series}
    lines = tuple(
        Line(
            name=f"{transport}, {name}",
            points=tuple(
                (float(flight), rates[f"{transport}, one field, {flight} in flight: {name}, rate"])
                for flight in size.in_flight
            ),
        )
        for transport in TRANSPORTS
        for name in ("no-op", "check")
    )
    draw("server", Chart(title="Checks about one field", x="calls in flight", y="calls a second", lines=lines))


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    if not available():
        sys.exit(HOW_TO_GET)
    size = LOOK if quick else MEASUREMENT
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        series, counted = measure(Path(name), size)
    plot(size, series)
    logged, dropped = (counted.get(f"sidecar_decision_log_{what}_total", 0.0) for what in ("written", "dropped"))
    more = {"threads": THREADS, "subjects": size.subjects, "lines_logged": logged, "lines_dropped": dropped}
    method = f"median of {size.pace.rounds} rounds of about {size.pace.seconds:g} s each, warmed up, A B B A"
    report("server", method, series, quick=quick, more=more)


if __name__ == "__main__":
    main()
