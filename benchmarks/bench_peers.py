"""How a check compares with other engines: ``python -m benchmarks.bench_peers [--quick]``.

The sidecar on the native transport, Cerbos and, where there is one, OPA with the Envoy plugin,
each with a policy that decides the same; with metrics, and the sidecar with its decision log too. First all are asked
the same questions, and must answer alike. Then one h2load asks them in turn over one connection of a Unix socket: one
field against one resource, ten against ten, with 1, 16 and 64 calls in flight. The others know nobody: whoever asks
them must have looked up what the person decided, and that is not measured.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.chart import Chart, Line
from benchmarks.load.compare import Pace, Side, at_once, described, in_turn, rate_ratio
from benchmarks.load.h2load import HOW_TO_GET, available
from benchmarks.measure import Series, arguments, draw, report
from benchmarks.peers import cerbos, opa
from benchmarks.peers.equal import RULES, require_equal
from benchmarks.peers.peer import Asked, Peer, side
from benchmarks.servers.sidecar import Sidecar, sidecar
from benchmarks.worlds.bundle import FIELDS, PURPOSE, SERVICE, category_of, write_bundle
from benchmarks.worlds.people import make_world
from benchmarks.worlds.questions import question

TRANSPORT: Final = "native"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is measured."""

    subjects: int
    compared: int  # people about whom both must answer alike
    in_flight: tuple[int, ...]
    pace: Pace


MEASUREMENT: Final = Size(subjects=1_000_000, compared=500, in_flight=(1, 16, 64), pace=Pace(rounds=7, seconds=1.5))
LOOK: Final = Size(subjects=20_000, compared=60, in_flight=(1, 64), pace=Pace(rounds=3, seconds=0.4))


def start_peers(stack: ExitStack, folder: Path) -> Iterator[Peer]:
    """Those that there are; of the others a line says how to get them."""
    server = cerbos.program()
    if server is not None:
        yield stack.enter_context(cerbos.cerbos(server, folder / "cerbos", RULES))
    else:
        print(f"Cerbos is not measured: {cerbos.HOW_TO_GET}")
    server = opa.program()
    if server is not None:
        yield stack.enter_context(opa.opa(server, folder / "opa", RULES))
    else:
        print(f"OPA is not measured: {opa.HOW_TO_GET}")


def compared(fields: int, asked: Sidecar, peers: Sequence[Peer], size: Size) -> Iterator[Series]:
    """So many fields against as many resources."""
    ours = question(fields).SerializeToString()
    categories = {name: category_of(name) for name in FIELDS[:fields]}
    theirs = Asked(
        service=SERVICE, purpose=PURPOSE, categories=categories, consent="given", minor=False, restricted=False
    )
    check = Side(
        name="check",
        load=asked.load(TRANSPORT, ours),
        answers=asked.answer_bytes(TRANSPORT, ours),
        processor_seconds=asked.process.processor_seconds,
    )
    sides = [*(side(peer, theirs) for peer in peers if fields <= peer.most_fields), check]
    for flight in size.in_flight:
        rounds = in_turn([at_once(each, flight) for each in sides], size.pace)
        what = f"{fields} {'field' if fields == 1 else 'fields'}, {flight} in flight"
        yield from described(what, rounds)
        for other in sides[:-1]:
            yield rate_ratio(f"{what}: rate, check / {other.name}", rounds["check"], rounds[other.name])


def plot(peers: Sequence[Peer], size: Size, series: Sequence[Series]) -> None:
    """Calls a second of each, by how many are in flight."""
    rates = {one.name: one.middle for one in series}
    lines = tuple(
        Line(
            name=f"{name}, {fields}",
            points=tuple((float(n), rates[f"{fields}, {n} in flight: {name}, rate"]) for n in size.in_flight),
        )
        for fields in ("1 field", "10 fields")
        for name in ("check", *(peer.name for peer in peers))
        if f"{fields}, {size.in_flight[0]} in flight: {name}, rate" in rates
    )
    draw("peers", Chart(title="Checks beside other engines", x="calls in flight", y="calls a second", lines=lines))


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    size = LOOK if quick else MEASUREMENT
    if not available():
        sys.exit(HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        peers = list(start_peers(stack, folder))
        if not peers:
            return
        bundle = write_bundle(folder / "bundle")
        data = make_world(folder / "data", bundle, size.subjects)
        asked = stack.enter_context(sidecar(folder / "run", bundle, data))
        asked.require_allowed(TRANSPORT, 10)
        alike = require_equal(asked, TRANSPORT, peers, size.compared)
        print(f"{', '.join(peer.name for peer in peers)} and the sidecar answered alike about {alike} fields")
        series = [one for fields in (1, 10) for one in compared(fields, asked, peers, size)]
    plot(peers, size, series)
    method = f"median of {size.pace.rounds} rounds of about {size.pace.seconds:g} s each, warmed up, A B B A"
    report("peers", method, series, quick=quick, more={"subjects": size.subjects, "equal_answers": alike})


if __name__ == "__main__":
    main()
