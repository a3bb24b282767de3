"""Sidecars with a bounded view over a shared log in memory: all of them but servers and threads."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from sidecar.cli.demo.bundle import demo_bundle
from sidecar.config import Freshness, Limits
from sidecar.consent.ledger import Ledger, Recorded
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.view.applier import Applier, Outside
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.loading import Load
from sidecar.consent.view.on_demand import OnDemand
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import Answer, Request
from sidecar.model.event import Choice, Event, Submission
from sidecar.model.instant import Instant, parse
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Action, ChoiceKind
from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.testing import FixedClock
from sidecar.transport.decider import Decider
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.world import Policies, World
from tests.integration.caller import CATEGORY, EMAIL
from tests.unit.consent.desk import KEY
from tests.unit.consent.view.memory_log import MemoryFeed, MemoryLog, Store

NOON = parse("2026-06-01T12:00:00Z")
BUNDLE: Bundle = load_bundle(demo_bundle())


def event(event_id: str, kind: str) -> Event:
    """A choice about the newsletter."""
    scope = Scope(purposes=(EMAIL,), categories=(CATEGORY,))
    return Event(id=event_id, act=Submission(choices=(Choice(kind=ChoiceKind(kind), scope=scope),)))


@dataclass
class Sidecar:
    """One of them, which follows the log when it is told to; its clocks stand."""

    store: Store
    capacity: int = 100
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))

    def __post_init__(self) -> None:
        self.store.clock = self.clock
        self.log = MemoryLog(self.store)
        pseudonyms, contact, load = Pseudonyms(KEY), Contact(), Load(self.clock)
        self.cache = OnDemand(self.log, pseudonyms, contact=contact, capacity=self.capacity)
        follow = self.log.follow

        def following(*, after: int | None) -> MemoryFeed:
            feed = follow(after=after)
            feed.patient = False
            return feed

        self.log.follow = following  # type: ignore[method-assign]
        self.registry = Registry()
        metrics = Metrics(self.registry)
        self.errors = ErrorReports(metrics, self.clock)
        outside = Outside(
            clock=self.clock,
            ticks=self.clock,
            report=lambda error: self.errors.report("consent", error),
            share=lambda: 0.0,
        )
        self.applier = Applier(self.log, self.cache, load, outside)
        self.ledger = Ledger(self.log, self.cache, pseudonyms, catalog=lambda: BUNDLE.catalog, clock=self.clock)
        policies = Policies(snapshot=Snapshot(BUNDLE), loaded_at=NOON, checked_at=NOON)
        self.world = World(
            policies=policies,
            cache=self.cache,
            ledger=self.ledger,
            clock=self.clock,
            ticks=self.clock,
            bounds=Freshness(),
        )
        shared = SimpleNamespace(
            world=self.world,
            lifecycle=Lifecycle(),
            metrics=metrics,
            errors=self.errors,
            limits=Limits(park_seconds=0.0),
        )
        self.decider = Decider(cast("Any", shared))
        self.applier.load()

    def record(self, subject: str, event_id: str, kind: str) -> Recorded:
        """Record a choice of *subject* about the newsletter."""
        return self.ledger.record(subject, event(event_id, kind))

    def follow(self) -> None:
        """Take over all that the log has."""
        for _ in range(3):
            self.applier.step()

    def answer(self, subject: str, *co_subjects: str, at_least_as_fresh: str = "") -> Answer:
        """May the newsletter use the address of *subject* to write to them?"""
        request = Request(
            service="newsletter",
            action=Action.USE,
            subject=subject,
            co_subjects=co_subjects,
            fields=("customer.email",),
            purpose=EMAIL,
            at_least_as_fresh=at_least_as_fresh,
        )
        return self.decider.decide(request, self.world.policies, until=self.decider.patience(0)).answer

    def reason(self, subject: str, *co_subjects: str, at_least_as_fresh: str = "") -> str:
        """The reason of that."""
        return self.answer(subject, *co_subjects, at_least_as_fresh=at_least_as_fresh).results[0].reason.value

    def reads(self, outcome: str = "done") -> float:
        """How many subjects were read for questions, with that outcome."""
        return self.registry.get_sample_value("sidecar_consent_reads_total", {"outcome": outcome}) or 0.0

    def let_pass(self, seconds: float) -> Instant:
        """Let time go by."""
        return self.clock.advance(seconds)
