"""Whether it matters how many people there are: ``python -m benchmarks.bench_sizes [--quick]``.

Sidecars with a thousand, a hundred thousand, a million and five million people, each a process of its own on the native
transport, started from what was saved, with metrics and decision log on. One h2load asks them in turn about one field,
with 1 and with 64 calls in flight. Then each is asked in batches about ever other people, picked at random, so that
nothing of them is in the processor's caches: there what the server uses of a core tells, not the client's own pace.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from benchmarks.chart import Chart, Line
from benchmarks.load.compare import Pace, Side, at_once, described, in_turn, rate_ratio
from benchmarks.load.h2load import HOW_TO_GET, available
from benchmarks.measure import Series, arguments, draw, report
from benchmarks.servers.sidecar import Sidecar, sidecar
from benchmarks.worlds.bundle import write_bundle
from benchmarks.worlds.people import make_world, somebody
from benchmarks.worlds.questions import CHECK_BATCH, batch, question

if TYPE_CHECKING:
    import grpc

BATCH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is measured."""

    subjects: tuple[int, ...]
    pace: Pace
    batches: int  # of questions about ever other people


MEASUREMENT: Final = Size(
    subjects=(1_000, 100_000, 1_000_000, 5_000_000), pace=Pace(rounds=5, seconds=1.5), batches=400
)
LOOK: Final = Size(subjects=(1_000, 20_000), pace=Pace(rounds=3, seconds=0.3), batches=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A sidecar that has so many people."""

    subjects: int
    asked: Sidecar
    start_seconds: float
    resident_bytes: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.subjects:,} people"


def start(stack: ExitStack, folder: Path, bundle: Path, subjects: int) -> World:
    """A sidecar that has so many people, until *stack* is closed."""
    data = make_world(folder / f"data-{subjects}", bundle, subjects)
    began = time.monotonic()
    asked = stack.enter_context(sidecar(folder / f"run-{subjects}", bundle, data))
    seconds = time.monotonic() - began
    asked.require_allowed("native", 1)
    return World(subjects=subjects, asked=asked, start_seconds=seconds, resident_bytes=asked.process.resident_bytes())


def one_person(worlds: Sequence[World], pace: Pace) -> Iterator[Series]:
    """All are asked about one person."""
    message = question(1).SerializeToString()
    sides = [
        Side(
            name=world.name,
            load=world.asked.load("native", message),
            answers=world.asked.answer_bytes("native", message),
            processor_seconds=world.asked.process.processor_seconds,
        )
        for world in worlds
    ]
    for flight in (1, 64):
        rounds = in_turn([at_once(side, flight) for side in sides], pace)
        yield from described(f"{flight} in flight", rounds)
        few, *more = rounds
        for name in more:
            yield rate_ratio(f"{flight} in flight: rate, {name} / {few}", rounds[name], rounds[few])


def other_people(worlds: Sequence[World], size: Size) -> Iterator[Series]:
    """All are asked about ever other people; microseconds that the server used of a core for each."""
    used: dict[str, list[float]] = {world.name: [] for world in worlds}
    for number in range(size.pace.rounds):
        for world in worlds:
            dice = Random(number)  # noqa: S311 - nothing is kept secret here
            used[world.name].append(_used(world, [_batch(world, dice) for _ in range(size.batches)]))
    few, *more = used
    for name, values in used.items():
        yield Series(name=f"ever other people, {name}, on a core", unit="us a question", values=tuple(values))
    for name in more:
        ratios = tuple(one / other for one, other in zip(used[name], used[few], strict=True))
        yield Series(name=f"ever other people: on a core, {name} / {few}", unit="ratio", values=ratios)


def _batch(world: World, dice: Random) -> bytes:
    return batch(somebody(dice.randrange(world.subjects), world.subjects) for _ in range(BATCH))


def _used(world: World, messages: Sequence[bytes]) -> float:
    before = world.asked.process.processor_seconds()
    with world.asked.channel("native") as channel:
        ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CHECK_BATCH)
        for message in messages:
            ask(message, timeout=10)
    return (world.asked.process.processor_seconds() - before) / len(messages) / BATCH * 1e6


def plot(worlds: Sequence[World], series: Sequence[Series]) -> None:
    """Calls a second by the number of people."""
    rates = {one.name: one.middle for one in series}
    lines = tuple(
        Line(
            name=f"{flight} in flight",
            points=tuple((float(each.subjects), rates[f"{flight} in flight: {each.name}, rate"]) for each in worlds),
        )
        for flight in (1, 64)
    )
    draw("sizes", Chart(title="Checks, by how many people there are", x="people", y="calls a second", lines=lines))


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    size = LOOK if quick else MEASUREMENT
    if not available():
        sys.exit(HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        bundle = write_bundle(folder / "bundle")
        worlds = [start(stack, folder, bundle, subjects) for subjects in size.subjects]
        series = [*one_person(worlds, size.pace), *other_people(worlds, size)]
        for world in worlds:
            series.append(Series(name=f"{world.name}: start", unit="s", values=(world.start_seconds,)))
            each = world.resident_bytes / world.subjects
            series.append(Series(name=f"{world.name}: whole process", unit="bytes each", values=(each,)))
    plot(worlds, series)
    method = f"median of {size.pace.rounds} rounds of about {size.pace.seconds:g} s each, warmed up, all in turn"
    report("sizes", method, series, quick=quick)


if __name__ == "__main__":
    main()
