"""What a large bundle costs beside a small one: ``python -m benchmarks.bench_scale [--quick]``.

200 services, 500 fields, 56 purposes, with 5, 50, 500 and 5,000 policies (``tests/scale_bundle.py``). Load is from
the folder to policies that can be asked. Warm is a whole decision about a person without a record, asked before. All
bundles are asked the same, in turn, so that whatever the machine does meets both; and only what all answer with the
same reason, since to tell which consent is missing takes longer than to allow. First time asked goes through Cedar.

What authors wait for, of 500: loading, `policy diff` of two bundles that are loaded (a policy that closed
much now closes nothing, so there are many classes to tell), and `policy guardrails`.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.measure import Series, arguments, report
from sidecar.authoring.comparison import compare_bundles
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.engine.decide import decide_standing
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Catalog
from sidecar.model.decision import Request
from sidecar.model.vocabulary import Action
from sidecar.policy.analysis.guardrails import prove_guardrails
from sidecar.policy.analysis.uses import uses_of
from sidecar.policy.bundle import Bundle, load_bundle, read_draft
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from tests.scale_bundle import write_scale_bundle

SIZES: Final = (5, 50, 500, 5_000)
FIRST: Final = 100
"""So many questions are asked for the first time in each repetition."""

SIZES_QUICK: Final = (5, 500)
AUTHORED: Final = 500
"""Of so many policies `diff` and `guardrails` are measured."""

NOW: Final = 0
_ROUNDS: Final = 20
"""Of all questions, when warm; the quickest is kept."""


def requests_about(catalog: Catalog, count: int) -> list[Request]:
    """*count* of the questions that services declare, each once; the same ones every time."""
    uses = Random(20260101).sample(uses_of(catalog), count)  # noqa: S311 - nothing is kept secret here
    return [
        Request(
            service=use.service,
            action=Action(use.action),
            subject="nobody",
            fields=(use.field,),
            purpose=use.purpose,
            channel=None if use.channel == NO_CHANNEL else use.channel,
            recipient=use.recipient if use.action == Action.SHARE else None,
        )
        for use in uses
    ]


def same_reasons(bundles: Iterable[Bundle], requests: Sequence[Request]) -> list[Request]:
    """Those of *requests* that all *bundles* answer with the same reason."""
    snapshots = [Snapshot(bundle) for bundle in bundles]
    return [
        request
        for request in requests
        if len({decide_standing(request, UNKNOWN_STANDING, one, now=NOW).results[0].reason for one in snapshots}) == 1
    ]


def microseconds(snapshot: Snapshot, requests: Sequence[Request]) -> float:
    """Microseconds a request takes."""
    began = time.perf_counter()
    for request in requests:
        decide_standing(request, UNKNOWN_STANDING, snapshot, now=NOW)
    return (time.perf_counter() - began) / len(requests) * 1e6


def loads(folders: Iterable[tuple[int, Path]], repetitions: int) -> Iterator[Series]:
    """Seconds from a folder to its bundle."""
    for size, folder in folders:
        values = []
        for _ in range(repetitions):
            began = time.perf_counter()
            load_bundle(folder)
            values.append(time.perf_counter() - began)
        yield Series(name=f"load, {size} policies", unit="s", values=tuple(values))


def questions(bundles: dict[int, Bundle], requests: Sequence[Request], repetitions: int) -> Iterator[Series]:
    """Microseconds of a first and of a later answer, and how the later ones compare."""
    first: dict[int, list[float]] = {size: [] for size in bundles}
    warm: dict[int, list[float]] = {size: [] for size in bundles}
    for _ in range(repetitions):
        for size, bundle in bundles.items():
            first[size].append(microseconds(Snapshot(bundle), requests[:FIRST]))
    snapshots = {size: Snapshot(bundle) for size, bundle in bundles.items()}
    for snapshot in snapshots.values():
        microseconds(snapshot, requests)
    for _ in range(repetitions):
        rounds = [
            {size: microseconds(snapshot, requests) for size, snapshot in snapshots.items()} for _ in range(_ROUNDS)
        ]
        for size in bundles:
            warm[size].append(min(taken[size] for taken in rounds))
    for size in bundles:
        yield Series(name=f"first time asked, {size} policies", unit="us", values=tuple(first[size]))
        yield Series(name=f"warm, {size} policies", unit="us", values=tuple(warm[size]))
    small, *larger = bundles
    for large in larger:
        ratios = tuple(one / other for one, other in zip(warm[large], warm[small], strict=True))
        yield Series(name=f"warm, {large} against {small} policies", unit="ratio", values=ratios)


def authors(folder: Path, repetitions: int) -> Iterator[Series]:
    """Seconds that a comparison and a proof take."""
    old = read_draft(folder)
    path = folder / "policies-00.cedar"
    path.write_text(path.read_text("utf-8").replace("context.objected", "false", 1), "utf-8")
    new = read_draft(folder)
    for name, work in (("diff", lambda: compare_bundles(old, new)), ("guardrails", lambda: prove_guardrails(old))):
        values = []
        for _ in range(repetitions):
            began = time.perf_counter()
            work()
            values.append(time.perf_counter() - began)
        yield Series(name=f"{name}, {len(old.policies)} policies", unit="s", values=tuple(values))


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    repetitions, count, sizes = (3, 500, SIZES_QUICK) if quick else (5, 1_000, SIZES)
    with tempfile.TemporaryDirectory() as folder:
        folders = [(size, write_scale_bundle(Path(folder) / str(size), size)) for size in sizes]
        series = [*loads(folders, repetitions)]
        bundles = {size: load_bundle(path) for size, path in folders}
        series += authors(dict(folders)[AUTHORED], 1 if quick else repetitions)
    requests = same_reasons(bundles.values(), requests_about(bundles[sizes[0]].catalog, count))
    series += questions(bundles, requests, repetitions)
    asked = f"{len(requests)} different questions, asked {_ROUNDS} times when warm, the quickest kept"
    method = f"median of {repetitions} repetitions; {asked}"
    report("scale", method, series, quick=quick)


if __name__ == "__main__":
    main()
