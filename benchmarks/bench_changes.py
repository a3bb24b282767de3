"""What callers notice of changes: ``python -m benchmarks.bench_changes [--quick]``.

One sidecar on the native transport, with a million people, metrics and decision log on, is asked
by h2load, 70 percent as often as it can answer, which is found out anew before every round: what a machine can do that
is not ours alone changes by a third within minutes. Phases follow each other, round by round: nothing else happens; the
bundle is reloaded again and again; a thousand people a second decide; audiences of ten thousand people are looked up.
Of each the times of all calls are recorded. No call may fail, and p99 is compared with that of the first phase of its
round.

Then, still under load, people withdraw in the same process, and the next call after each acknowledgement is looked at;
and without any, audiences are looked up as fast as they can be. Last a sidecar is observed from within: how long the
interpreter was not to be had, in each phase, with and without load.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.chart import Chart, Line
from benchmarks.load.background import asking
from benchmarks.load.disturbances import EMAIL, Done, deciding, filtering, reloading
from benchmarks.load.h2load import HOW_TO_GET, Load, available, calls_for, run
from benchmarks.load.percentiles import Percentiles, percentiles
from benchmarks.measure import Series, arguments, draw, report
from benchmarks.servers.sidecar import Sidecar, sidecar
from benchmarks.worlds.people import borrowed_id
from benchmarks.worlds.place import place
from benchmarks.worlds.questions import question
from sidecar.api.v1 import authorization_pb2, authorization_pb2_grpc, consent_pb2, consent_pb2_grpc, model_pb2

TRANSPORT: Final = "native"
SHARE: Final = 0.7
"""Of what it can answer."""

CHANGES: Final = 1_000
RELOAD_SECONDS: Final = 1.0
SETTINGS: Final = {"BUNDLE_POLL_SECONDS": "0.1", "BUNDLE_SETTLE_SECONDS": "0.1"}
ALONE: Final = "FilterSubjects alone"
STEADY, RELOAD, DECIDE, FILTER = "steady", "reload", "1,000 changes a second", "FilterSubjects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is measured."""

    subjects: int
    rounds: int
    seconds: float  # of each phase
    withdrawals: int


MEASUREMENT: Final = Size(subjects=1_000_000, rounds=5, seconds=5.0, withdrawals=1_000)
LOOK: Final = Size(subjects=20_000, rounds=2, seconds=2.0, withdrawals=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What a phase of a round gave."""

    times: Percentiles
    failed: int
    done: float  # of what happened beside it, a second
    asked: int  # calls a second


def disturbances(asked: Sidecar, bundle: Path) -> dict[str, Callable[[], AbstractContextManager[Done]]]:
    """What happens in each phase."""
    return {
        STEADY: nothing,
        RELOAD: lambda: reloading(bundle, RELOAD_SECONDS),
        DECIDE: lambda: deciding(asked, CHANGES),
        FILTER: lambda: filtering(asked, TRANSPORT, borrowed_id),
    }


@contextmanager
def nothing() -> Iterator[Done]:
    """Nothing happens."""
    yield Done()


def failed_calls(metrics: dict[str, float]) -> float:
    """Checks that ended with another status than OK."""
    return sum(
        n for name, n in metrics.items() if 'method="Check"' in name and "calls_total" in name and '"OK"' not in name
    )


def phase(asked: Sidecar, load: Load, beside: AbstractContextManager[Done], seconds: float) -> Phase:
    """One phase."""
    assert load.per_second is not None
    calls, before = round(load.per_second * seconds), failed_calls(asked.metrics())
    with beside as done:
        outcome = run(load, calls)
    refused = failed_calls(asked.metrics()) - before
    return Phase(
        times=percentiles(outcome.microseconds),
        failed=round(refused) + calls - outcome.counted.succeeded,
        done=done.rate,
        asked=load.per_second,
    )


def share_of(load: Load) -> Load:
    """*load*, paced to the share of what can be answered now."""
    return load.paced(calls_for(load, 1.0) * SHARE)


def rounds(asked: Sidecar, bundle: Path, load: Load, size: Size) -> dict[str, list[Phase]]:
    """The phases of each kind, round by round."""
    kinds = disturbances(asked, bundle)
    found: dict[str, list[Phase]] = {kind: [] for kind in kinds}
    for number in range(size.rounds + 1):
        paced = share_of(load)
        for kind, beside in kinds.items():
            one = phase(asked, paced, beside(), size.seconds if number else size.seconds / 4)
            if number:  # the first warms up
                found[kind].append(one)
    return found


def described(found: dict[str, list[Phase]]) -> Iterator[Series]:
    """Percentiles of each kind, and what they are of those of the steady state."""
    yield Series(
        name="asked", unit="calls/s", values=tuple(float(one.asked) for one in found[STEADY]), more_is_better=True
    )
    for kind, ones in found.items():
        yield Series(name=f"{kind}: p50", unit="us", values=tuple(one.times.p50 for one in ones))
        yield Series(name=f"{kind}: p99", unit="us", values=tuple(one.times.p99 for one in ones))
        yield Series(name=f"{kind}: p99.9", unit="us", values=tuple(one.times.p999 for one in ones))
        if kind == STEADY:
            continue
        done = tuple(one.done for one in ones)
        yield Series(name=f"{kind}: done beside it", unit="a second", values=done, more_is_better=True)
        pairs = zip(ones, found[STEADY], strict=True)
        ratios = tuple(one.times.p99 / steady.times.p99 for one, steady in pairs)
        yield Series(name=f"{kind}: p99 against steady", unit="ratio", values=ratios)


def plot(found: dict[str, list[Phase]]) -> None:
    """p99 of each kind, round by round."""
    lines = tuple(
        Line(name=kind, points=tuple((float(n), one.times.p99 / 1e3) for n, one in enumerate(ones, start=1)))
        for kind, ones in found.items()
    )
    draw("changes", Chart(title="p99 of checks under load", x="round", y="milliseconds", lines=lines))


def audience(asked: Sidecar, seconds: float) -> float:
    """People a second that are looked up while nobody else asks."""
    with filtering(asked, TRANSPORT, borrowed_id) as done:
        time.sleep(seconds)
    return done.rate


def withdrawals(asked: Sidecar, count: int) -> int:
    """Of so many people who withdraw, how many were still allowed at the call after the acknowledgement."""
    stale = 0
    with asked.channel(TRANSPORT) as channel:
        ask = authorization_pb2_grpc.AuthorizationServiceStub(channel).Check
        record = consent_pb2_grpc.ConsentServiceStub(channel).RecordEvent
        scope = consent_pb2.Scope(purposes=[EMAIL], categories=["user.contact.email"])
        for number in range(count):
            request = authorization_pb2.CheckRequest(
                service="newsletter", subject=f"withdraws-{number}", fields=["customer.email"], purpose=EMAIL
            )
            for kind, effect in (("GIVEN", model_pb2.EFFECT_ALLOW), ("WITHDRAWN", model_pb2.EFFECT_DENY)):
                choice = consent_pb2.Choice(kind=f"CHOICE_KIND_{kind}", scope=scope)
                event = consent_pb2.Event(id=kind, submission=consent_pb2.Submission(choices=[choice]))
                record(
                    consent_pb2.RecordEventRequest(subject=request.subject, event=event),
                    metadata=asked.operator,
                    timeout=10,
                )
                stale += ask(request, timeout=10).results[0].effect != effect
    return stale


def holds(folder: Path, bundle: Path, data: Path, seconds: float) -> Iterator[Series]:
    """The longest waits for the interpreter, in milliseconds: one a second of each phase."""
    told = folder / "observed"
    with sidecar(folder / "observed-run", bundle, data, settings=SETTINGS, observed=told) as asked:
        load = share_of(asked.load(TRANSPORT, question(1).SerializeToString(), in_flight=64))
        for loaded in (True, False):
            for kind, beside in disturbances(asked, bundle).items():
                began = time.monotonic()
                with ExitStack() as stack:
                    if loaded:
                        stack.enter_context(asking(load))
                    stack.enter_context(beside())
                    time.sleep(seconds)
                where = f"{kind}, {'under' if loaded else 'without'} load"
                for what, key in (("held", "held_us"), ("waited for", "waited_us")):
                    values = _longest(told, key, began, time.monotonic())
                    yield Series(name=f"interpreter {what}, {where}", unit="ms", values=values)


def _longest(told: Path, key: str, began: float, ended: float) -> tuple[float, ...]:
    """The longest of each second that lies between the two instants."""
    seconds = map(json.loads, told.read_text(encoding="ascii").splitlines())
    return tuple(one[key][0] / 1e3 for one in seconds if began <= one["at"] <= ended - 1)


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    size = LOOK if quick else MEASUREMENT
    if not available():
        sys.exit(HOW_TO_GET)
    with place(size.subjects) as (folder, bundle, data):
        with sidecar(folder / "run", bundle, data, settings=SETTINGS) as asked:
            asked.require_allowed(TRANSPORT, 1)
            load = asked.load(TRANSPORT, question(1).SerializeToString(), in_flight=64)
            found = rounds(asked, bundle, load, size)
            with asking(share_of(load)):
                stale = withdrawals(asked, size.withdrawals)
            alone = [audience(asked, size.seconds) for _ in range(size.rounds)]
        waited = list(holds(folder, bundle, data, size.seconds))
    plot(found)
    longest = [max(one.values) for one in waited if "held" in one.name and "under load" in one.name]
    failed = sum(one.failed for ones in found.values() for one in ones)
    more = {"subjects": size.subjects, "failed_calls": failed, "stale_answers": stale}
    series = [*described(found), Series(name=ALONE, unit="people/s", values=tuple(alone), more_is_better=True), *waited]
    series += [Series(name="longest hold", unit="ms", values=(max(longest),))]
    method = f"median of {size.rounds} rounds, {size.seconds:g} s a phase, a quarter of one before them to warm up"
    report("changes", method, series, quick=quick, more=more)
    print(f"failed calls: {failed}; stale answers after {size.withdrawals} withdrawals: {stale}")


if __name__ == "__main__":
    main()
