"""Where each microsecond of a check on the native transport goes: ``python -m benchmarks.bench_parts [--quick]``.

First the threads. A sidecar runs in this process, with metrics and decision log on, and h2load asks it about one
field with 64 calls in flight, then with 1; the kernel tells how long each thread used a core. Then what the serving
thread does for a call, taken apart: each part is done again and again with nothing else around it, at the same calls,
and the quickest of the repetitions counts. *A burst's beginning and end* are shared by the 64 calls of a full burst.
What the whole takes and no part explains is told too: calls of methods, loops, references.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from benchmarks.load.h2load import HOW_TO_GET, Load, available, calls_for, run
from benchmarks.measure import Series, arguments, report
from benchmarks.servers.threads import used_by_thread
from benchmarks.worlds.bundle import write_bundle
from benchmarks.worlds.people import AGREED, make_world
from benchmarks.worlds.questions import CHECK, question
from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.testing import Served, serving
from sidecar.transport.convert.outcomes import Encoded, Setting, to_view
from sidecar.transport.desk import Desk
from sidecar.transport.identity import Identity

BURST: Final = 64
MESSAGE: Final = question(1).SerializeToString()
LIBRARY: Final = "library"
GROUPS: Final = {"native": "serving thread", "decision-log": "decision log's thread", LIBRARY: "transport's threads"}


def by_thread(socket: Path, in_flight: int, repetitions: int, seconds: float) -> Iterator[Series]:
    """Microseconds of a core that each group of threads used for a call, with so many in flight."""
    load = Load(socket=socket, method=CHECK, message=MESSAGE, in_flight=in_flight)
    calls = calls_for(load, seconds)
    found: dict[str, list[float]] = {name: [] for name in (*GROUPS.values(), "all others")}
    for _ in range(repetitions):
        before = used_by_thread(LIBRARY)
        run(load, calls, record=False)
        after = used_by_thread(LIBRARY)
        spent = dict.fromkeys(found, 0.0)
        for name, used in after.items():
            spent[GROUPS.get(name, "all others")] += (used - before.get(name, 0.0)) / calls * 1e6
        for group, microseconds in spent.items():
            found[group].append(microseconds)
    for group, values in found.items():
        yield Series(name=f"{in_flight} in flight: {group}", unit="us a call", values=tuple(values))


def quickest(work: Callable[[], object], repetitions: int, times: int) -> float:
    """Microseconds that *work* takes on a core, the quickest of the repetitions."""
    found = []
    for _ in range(repetitions):
        began = time.thread_time()
        for _ in range(times):
            work()
        found.append((time.thread_time() - began) / times * 1e6)
    return min(found)


def parts(desk: Desk) -> Mapping[str, Callable[[], object]]:
    """What the serving thread does for a call, each part by itself."""
    world, identity = desk.shared.world, Identity("")
    cache, snapshot, now = world.cache, world.policies.snapshot, world.clock()
    nobody = pb.CheckRequest.FromString(MESSAGE)
    nobody.ClearField("subject")
    key = (identity.pin, nobody.SerializeToString())
    plan = snapshot.plans.by_key.get(key)
    pseudonym = cache.pseudonym(AGREED)
    standing = cache.lookup(pseudonym)
    assert plan is not None, "the question has no plan"
    assert standing is not None, "who agreed to all has no record"
    outcome = snapshot.plans.by_profile.get((plan, standing.profile))
    assert outcome is not None, "the question has no outcome"
    encoded = outcome.encoded or Encoded(outcome, snapshot.bundle.revision)
    setting = Setting(now, view=to_view(str(cache.revision()), 0), until=None)
    message = pb.CheckRequest.FromString(MESSAGE)

    def without_subject() -> bytes:
        message.ClearField("subject")
        bare = message.SerializeToString()
        message.subject = AGREED
        return bare

    return {
        "parse the message": lambda: pb.CheckRequest.FromString(MESSAGE),
        "take the subject out, and write the rest again": without_subject,
        "find the plan": lambda: snapshot.plans.by_key.get((identity.pin, key[1])),
        "pseudonym": lambda: cache.pseudonym(AGREED),
        "slot": lambda: cache.lookup(pseudonym),
        "find the outcome": lambda: snapshot.plans.by_profile.get((plan, standing.profile)),
        "join the response": lambda: setting.respond(encoded, standing, "0123456789abcdef-1a2b3c"),
    }


def whole(desk: Desk, repetitions: int, times: int, size: int) -> dict[str, float]:
    """Microseconds of a call in a burst of so many: its beginning, the checks, and its end."""
    identity, found = Identity(""), dict[str, list[float]]()

    def tell(name: str, began: float) -> None:
        found.setdefault(name, []).append((time.thread_time() - began) / times / size * 1e6)

    for _ in range(repetitions):
        began = time.thread_time()
        bursts = [desk.burst() for _ in range(times)]
        tell("a burst's beginning", began)
        began = time.thread_time()
        for burst in bursts:
            for _ in range(size):
                burst.check(MESSAGE, identity)
        tell("the checks", began)
        began = time.thread_time()
        for burst in bursts:
            burst.end()
        tell("a burst's end: counted, handed to the log", began)
        time.sleep(0.5)  # the log's queue is bounded, and what is dropped costs something else
    return {name: min(values) for name, values in found.items()}


def serving_thread(desk: Desk, repetitions: int, times: int) -> Iterator[Series]:
    """The parts of the serving thread's work, and what they leave unexplained."""
    of_burst = whole(desk, repetitions, max(1, times // BURST // 4), BURST)
    alone = whole(desk, repetitions, max(1, times // BURST // 4), 1)
    checks, explained = of_burst.pop("the checks"), 0.0
    for name, work in parts(desk).items():
        microseconds = quickest(work, repetitions, times)
        explained += microseconds
        yield Series(name=name, unit="us a call", values=(microseconds,))
    yield Series(name="the rest of a check", unit="us a call", values=(checks - explained,))
    for name, microseconds in of_burst.items():
        yield Series(name=f"{name}, a {BURST}th of it", unit="us a call", values=(microseconds,))
        yield Series(name=f"{name}, of one call alone", unit="us a call", values=(alone[name],))
    total = checks + sum(of_burst.values())
    yield Series(name="all of it, without the transport", unit="us a call", values=(total,))


def measure(served: Served, socket: Path, *, repetitions: int, seconds: float, times: int) -> Iterator[Series]:
    """Every series."""
    for in_flight in (BURST, 1):
        yield from by_thread(socket, in_flight, repetitions, seconds)
    yield from serving_thread(served.sidecar._grpc.desk, repetitions, times)  # noqa: SLF001 - a look inside


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    if not available():
        sys.exit(HOW_TO_GET)
    repetitions, seconds, times = (3, 0.4, 5_000) if quick else (7, 2.0, 50_000)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        bundle = write_bundle(folder / "bundle")
        data = make_world(folder / "data", bundle, 20_000 if quick else 1_000_000)
        socket = folder / "native.sock"
        settings = {"decision_log.output": str(folder / "decisions.log")}
        listen = (f"unix:{socket},transport=native",)
        with serving(bundle=bundle, data_dir=data, listen=listen, settings=settings) as served:
            series = list(measure(served, socket, repetitions=repetitions, seconds=seconds, times=times))
    in_thread = next(one.middle for one in series if one.name == f"{BURST} in flight: serving thread")
    alone = series[-1].middle
    series.append(Series(name="taking calls in and giving answers out", unit="us a call", values=(in_thread - alone,)))
    report("parts", f"threads: median of {repetitions}; parts: the quickest of {repetitions}", series, quick=quick)


if __name__ == "__main__":
    main()
