"""What a decision costs without any transport: ``python -m benchmarks.bench_engine [--quick]``.

The demo bundle, and the invented people of the demo with their records in a real log. Warm means: asked before, so that
facts and verdict are remembered; pseudonym, slot and answer are found and made anew for every question.

``as bytes`` is what callers get: bytes in, bytes out, by plans, in bursts of 64 questions about people picked at
random, counted and handed to a decision log that drops them; less what protobuf takes to read the question and to write
it again without its subject, which is told as ``parsing``. ``decision point`` is the general way, from a request to an
answer, which every outcome is made by. What each further field adds is measured by questions about four fields. A
question that its bundle was never asked is put to Cedar; that is told apart.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from benchmarks.measure import ROOT, Series, arguments, report
from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.cli.demo import people
from sidecar.config import Freshness as Bounds
from sidecar.config import Limits
from sidecar.consent.codec import line_from_json
from sidecar.consent.ledger import ImportLine, Ledger
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Catalog
from sidecar.model.decision import Answer, Pending, Request
from sidecar.model.instant import DAY, Instant
from sidecar.model.vocabulary import Action
from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.transport.desk import CHECK, Desk
from sidecar.transport.identity import Identity
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.world import Policies, World

NOW: Final[Instant] = people.TODAY + DAY
FRESH: Final = Freshness()
BATCH: Final = 1_000
BURST: Final = 64
ANYBODY: Final = Identity()
SUBJECT: Final = people.subject_id(1)
ONE_FIELD: Final = Request(
    service="newsletter",
    action=Action.USE,
    subject=SUBJECT,
    fields=("customer.email",),
    purpose="marketing.communications.email",
)
FOUR_FIELDS: Final = Request(
    service="offers",
    action=Action.USE,
    subject=SUBJECT,
    fields=("customer.purchases", "customer.browsing", "customer.address", "customer.diet"),
    purpose="personalize.content",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long to measure."""

    repetitions: int
    calls: int
    people: int
    questions: int


MEASUREMENT: Final = Size(repetitions=11, calls=20_000, people=people.COUNT, questions=50_000)
LOOK: Final = Size(repetitions=5, calls=2_000, people=1_000, questions=2_000)


class Bench:
    """An engine over the demo world."""

    def __init__(self, bundle: Bundle, cache: Replica, ledger: Ledger) -> None:
        self.bundle = bundle
        self._cache = cache
        self._ledger = ledger
        self._point = DecisionPoint(cache)
        self.snapshot = Snapshot(bundle)

    def decide(self, request: Request) -> Answer:
        """The answer to *request*; a slot that the clock has changed is resolved first, as the transport would."""
        answer = self._point.decide(request, self.snapshot, now=NOW, freshness=FRESH)
        if isinstance(answer, Pending):
            self._cache.refresh(self._cache.pseudonym(request.subject), now=NOW)
            return self.decide(request)
        return answer

    def decide_all(self, requests: list[Request]) -> None:
        """Decide each of *requests*."""
        for request in requests:
            self.decide(request)

    def desk(self) -> Desk:
        """Where the same is asked in bytes."""
        lifecycle = Lifecycle()
        lifecycle.begin()
        world = World(
            policies=Policies(snapshot=self.snapshot, loaded_at=NOW, checked_at=0),
            cache=self._cache,
            ledger=self._ledger,
            clock=lambda: NOW,
            ticks=lambda: 0,
            bounds=Bounds(),
        )
        shared: Any = SimpleNamespace(
            world=world,
            lifecycle=lifecycle,
            limits=Limits(),
            metrics=Metrics(Registry()),
            errors=None,
            decisions=SimpleNamespace(put=len),
        )
        return Desk(shared)


def populate(folder: Path, catalog: Catalog, count: int) -> tuple[SqliteLog, Replica, Ledger]:
    """A log with the first *count* of the invented people, the view of it, and what writes to it."""
    pseudonyms = Pseudonyms.load_or_create(folder / "key")
    log = SqliteLog.open(folder / "consent.db", pseudonyms)
    cache = Replica(log, pseudonyms)
    ledger = Ledger(log, cache, pseudonyms, catalog=lambda: catalog, clock=lambda: NOW)
    lines = [
        ImportLine(line=number, subject=subject, event=event)
        for number, (subject, event) in enumerate(map(line_from_json, people.lines(count)), start=1)
    ]
    for first in range(0, len(lines), BATCH):
        ledger.import_lines(lines[first : first + BATCH])
    return log, cache, ledger


def every_question(catalog: Catalog, count: int, subjects: int) -> list[Request]:
    """*count* questions about people picked at random, over all that services may use; the same ones every time."""
    dice = Random(20260101)  # noqa: S311 - nothing is kept secret here
    uses = [
        (service.key, use.purpose, field, action, channel, recipient)
        for service in catalog.services.values()
        for use in service.may_use
        for field, action in product(sorted(use.fields), sorted(use.actions))
        for channel in catalog.purposes[use.purpose].channels or (None,)
        for recipient in (sorted(use.recipients) if action is Action.SHARE else (None,))
    ]
    return [
        Request(
            service=service,
            action=action,
            subject=people.subject_id(dice.randint(1, subjects)),
            fields=(field,),
            purpose=purpose,
            channel=channel,
            recipient=recipient,
        )
        for service, purpose, field, action, channel, recipient in dice.choices(uses, k=count)
    ]


def microseconds(ask: Callable[[list[Any]], object], asked: list[Any]) -> float:
    """Microseconds of a core that each of what is *asked* takes."""
    began = time.thread_time()
    ask(asked)
    return (time.thread_time() - began) / len(asked) * 1e6


def to_bytes(request: Request, subject: str) -> bytes:
    """*request*, which is to use something, about *subject*, as a caller sends it."""
    return pb.CheckRequest(
        service=request.service,
        action=model_pb2.ACTION_USE,
        subject=subject,
        fields=request.fields,
        purpose=request.purpose,
    ).SerializeToString()


def parse(questions: list[bytes]) -> None:
    """What protobuf has to do with each."""
    for data in questions:
        message = pb.CheckRequest.FromString(data)
        message.ClearField("subject")
        message.SerializeToString()


def in_bursts(desk: Desk, size: int) -> Callable[[list[bytes]], None]:
    """What has *desk* answer questions, so many in one go; policies are asked where they have to be."""

    def ask(questions: list[bytes]) -> None:
        for first in range(0, len(questions), size):
            burst = desk.burst()
            for data in questions[first : first + size]:
                if burst.check(data, ANYBODY) is None:
                    desk.wait(CHECK, data, ANYBODY, desk.patience(0))
            burst.end()

    return ask


def warm(bench: Bench, questions: list[Request], size: Size) -> Iterator[Series]:
    """What questions cost that were asked before; every repetition measures each of them in turn."""
    desk, dice = bench.desk(), Random(20260101)  # noqa: S311 - nothing is kept secret here
    subjects = [people.subject_id(dice.randint(1, size.people)) for _ in range(size.calls)]
    one, four = ([to_bytes(request, subject) for subject in subjects] for request in (ONE_FIELD, FOUR_FIELDS))
    together, alone = in_bursts(desk, BURST), in_bursts(desk, 1)
    loads: dict[str, tuple[Callable[[list[Any]], object], list[Any]]] = {
        "one": (bench.decide_all, [ONE_FIELD] * size.calls),
        "four": (bench.decide_all, [FOUR_FIELDS] * size.calls),
        "one, as bytes": (together, one),
        "four, as bytes": (together, four),
        "one, parsing": (parse, one),
        "four, parsing": (parse, four),
        "one, alone": (alone, one),
        "any": (bench.decide_all, questions),
    }
    values: dict[str, list[float]] = {name: [] for name in loads}
    for repetition in range(size.repetitions + 2):
        for name, (ask, asked) in loads.items():
            taken = microseconds(ask, asked)
            if repetition > 1:  # the first two warm up: a question gets a plan the second time that it comes
                values[name].append(taken)
    for fields in ("one", "four"):
        pairs = zip(values[f"{fields}, as bytes"], values[f"{fields}, parsing"], strict=True)
        values[f"{fields}, without parsing"] = [whole - parsing for whole, parsing in pairs]
    for name, kind in (("as bytes", ", without parsing"), ("decision point", "")):
        yield _series(f"first field, warm, {name}", values[f"one{kind}"])
        more = [(all_ - first) / 3 for first, all_ in zip(values[f"one{kind}"], values[f"four{kind}"], strict=True)]
        yield _series(f"each further field, warm, {name}", more)
    yield _series("one field, parsing", values["one, parsing"])
    yield _series("four fields, parsing", values["four, parsing"])
    yield _series("one field, warm, as bytes, parsing too", values["one, as bytes"])
    yield _series("four fields, warm, as bytes, parsing too", values["four, as bytes"])
    yield _series("one field, warm, as bytes, parsing too, a burst of its own", values["one, alone"])
    yield _series(f"any of {len(questions):,} questions of {size.people:,} people, decision point", values["any"])


def _series(name: str, values: list[float]) -> Series:
    return Series(name=name, unit="us", values=tuple(values))


def cold(bench: Bench, questions: list[Request], size: Size) -> Series:
    """What a question costs that its bundle was never asked: every repetition begins with empty tables."""
    values = []
    for _ in range(size.repetitions):
        bench.snapshot = Snapshot(bench.bundle)
        seen = 0
        taken = 0.0
        for request in questions:
            began = time.perf_counter()
            bench.decide(request)
            lasted = time.perf_counter() - began
            if bench.snapshot.verdicts.misses > seen:
                seen = bench.snapshot.verdicts.misses
                taken += lasted
        values.append(taken / seen * 1e6)
    return Series(name=f"first time asked ({seen} such questions)", unit="us", values=tuple(values))


def main() -> None:
    """Measure and report."""
    quick = arguments(__doc__)
    size = LOOK if quick else MEASUREMENT
    bundle = load_bundle(ROOT / "policies")
    with tempfile.TemporaryDirectory() as folder:
        log, cache, ledger = populate(Path(folder), bundle.catalog, size.people)
        try:
            bench = Bench(bundle, cache, ledger)
            gc.collect()
            gc.freeze()  # as the server does
            questions = every_question(bundle.catalog, size.questions, size.people)
            series = [*warm(bench, questions, size), cold(bench, questions, size)]
        finally:
            log.close()
    method = f"median of {size.repetitions} repetitions of {size.calls} calls, two more before them to warm up"
    more = {"subjects": cache.subjects, "profiles": cache.profiles, "policies": len(bundle.policies.ids)}
    report("engine", method, series, quick=quick, more=more)


if __name__ == "__main__":
    main()
