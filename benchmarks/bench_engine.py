"""What a decision costs without any transport: ``python -m benchmarks.bench_engine [--quick]``.

The demo bundle, and the invented people of the demo with their records in a real log. Warm means: asked before, so that
facts and verdict are remembered; pseudonym, slot and answer are found and made anew for every question. The same with
``as bytes`` writes the protocol's message too. What each further field adds is measured by questions about four fields.
A question that its bundle was never asked is put to Cedar; that is told apart.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.measure import ROOT, Series, arguments, report
from sidecar.cli.demo import people
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
from sidecar.transport.convert.answers import to_check_response

NOW: Final[Instant] = people.TODAY + DAY
FRESH: Final = Freshness()
BATCH: Final = 1_000
DECISION_ID: Final = "0123456789abcdef-1a2b3c"
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

    def __init__(self, bundle: Bundle, cache: Replica) -> None:
        self.bundle = bundle
        self._cache = cache
        self._point = DecisionPoint(cache)
        self.snapshot = Snapshot(bundle)

    def decide(self, request: Request) -> Answer:
        """The answer to *request*; a slot that the clock has changed is resolved first, as the transport would."""
        answer = self._point.decide(request, self.snapshot, now=NOW, freshness=FRESH)
        if isinstance(answer, Pending):
            self._cache.refresh(self._cache.pseudonym(request.subject), now=NOW)
            return self.decide(request)
        return answer

    def decide_bytes(self, request: Request) -> bytes:
        """The answer to *request*, as it leaves the process."""
        return to_check_response(self.decide(request), DECISION_ID).SerializeToString()


def populate(folder: Path, catalog: Catalog, count: int) -> tuple[SqliteLog, Replica]:
    """A log with the first *count* of the invented people, and the view of it."""
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
    return log, cache


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


def microseconds(ask: Callable[[Request], object], requests: list[Request]) -> float:
    """Microseconds a request takes."""
    began = time.perf_counter()
    for request in requests:
        ask(request)
    return (time.perf_counter() - began) / len(requests) * 1e6


def warm(bench: Bench, questions: list[Request], size: Size) -> Iterator[Series]:
    """What questions cost that were asked before; every repetition measures each of them in turn."""
    loads: dict[str, tuple[Callable[[Request], object], list[Request]]] = {
        "first": (bench.decide, [ONE_FIELD] * size.calls),
        "first, as bytes": (bench.decide_bytes, [ONE_FIELD] * size.calls),
        "four": (bench.decide, [FOUR_FIELDS] * size.calls),
        "four, as bytes": (bench.decide_bytes, [FOUR_FIELDS] * size.calls),
        "any question": (bench.decide, questions),
    }
    values: dict[str, list[float]] = {name: [] for name in loads}
    for repetition in range(size.repetitions + 1):
        for name, (ask, requests) in loads.items():
            taken = microseconds(ask, requests)
            if repetition:  # the first warms up
                values[name].append(taken)
    for suffix in ("", ", as bytes"):
        first, four = values[f"first{suffix}"], values[f"four{suffix}"]
        more = [(whole - one) / 3 for one, whole in zip(first, four, strict=True)]
        yield Series(name=f"first field, warm{suffix}", unit="us", values=tuple(first))
        yield Series(name=f"each further field, warm{suffix}", unit="us", values=tuple(more))
    name = f"any of {len(questions):,} questions of {size.people:,} people, warm"
    yield Series(name=name, unit="us", values=tuple(values["any question"]))


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
        log, cache = populate(Path(folder), bundle.catalog, size.people)
        try:
            bench = Bench(bundle, cache)
            questions = every_question(bundle.catalog, size.questions, size.people)
            series = [*warm(bench, questions, size), cold(bench, questions, size)]
        finally:
            log.close()
    method = f"median of {size.repetitions} repetitions of {size.calls} calls, one more before them to warm up"
    more = {"subjects": cache.subjects, "profiles": cache.profiles, "policies": len(bundle.policies.ids)}
    report("engine", method, series, quick=quick, more=more)


if __name__ == "__main__":
    main()
