"""Answers by plans against answers by the decision point: the same bytes, whoever is asked about, whenever."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.config import Freshness as Bounds
from sidecar.config import Limits
from sidecar.consent.fold import fold
from sidecar.consent.limits import EVERYONE
from sidecar.consent.log import LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Record
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.decide import DecisionPoint
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Notice, Purpose
from sidecar.model.decision import Answer, Pending, Request
from sidecar.model.event import Event, Lifting, Restriction
from sidecar.model.instant import SECOND, Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.testing import FixedClock
from sidecar.transport.burst import Burst
from sidecar.transport.convert.answers import to_check_response
from sidecar.transport.convert.questions import QuestionReader
from sidecar.transport.identity import Identity
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.world import Policies, World
from tests.properties.lived import live
from tests.properties.test_decide import BUNDLE, CATALOG, DECLARED, names_about
from tests.strategies import START, Step, lives, moments, no_scopes

STALE = 60 * SECOND
PEOPLE = ("ada", "bob", "eve")


def _hasty(purpose: Purpose) -> Purpose:
    """One under which a few microseconds matter."""
    return replace(purpose, cache_for_seconds=0.02, reask_after_seconds=0.000_008)


def _sudden(notice: Notice) -> Notice:
    """One that supersedes the version before while people live."""
    return replace(notice, reconsent=notice.version > 1, valid_from=START + 8 * notice.version)


HASTY = replace(
    BUNDLE,
    catalog=replace(
        CATALOG,
        purposes={key: _hasty(purpose) for key, purpose in CATALOG.purposes.items()},
        notices={
            (key, version): _sudden(replace(notice, version=version))
            for (key, _), notice in CATALOG.notices.items()
            for version in (1, 2, 3)
        },
    ),
)
PLANNED, GENERAL = Snapshot(HASTY), Snapshot(HASTY)
"""Of the one all plans are remembered from example to example; of the other none are used."""


@dataclass(frozen=True)
class Ask:
    """A question about some of the people, the first of whom is the subject."""

    request: Request
    people: tuple[str, ...]
    demanding: str | None  # which revision must be seen: one that is, one to come, one of another log
    stale: bool
    now: Instant


@dataclass(frozen=True)
class Case:
    """Lives, questions, and what is held and released after so many of them."""

    lives: Sequence[tuple[Step, ...]]
    asks: Sequence[Ask]
    acts: Sequence[tuple[bool, Scope]]
    after: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """People who live much alike, and the same few questions about them again and again."""
    request = draw(st.sampled_from(DECLARED))
    alike = [one.fields[0] for one in DECLARED if replace(one, fields=()) == replace(request, fields=())]
    fields = st.lists(st.sampled_from([*alike, "customer.shoe_size"]), min_size=1, max_size=3, unique=True)
    questions = [replace(request, fields=tuple(draw(fields))) for _ in range(2)]
    names = names_about(request.purpose, request.fields[0])
    ask = st.builds(
        Ask,
        request=st.sampled_from(questions),
        people=st.permutations(PEOPLE).flatmap(lambda all_: st.integers(1, 3).map(lambda some: tuple(all_[:some]))),
        demanding=st.sampled_from([None, None, "seen", "to come", "other log"]),
        stale=st.integers(0, 7).map(lambda number: number == 0),
        now=moments,
    )
    return Case(
        lives=draw(st.lists(lives(names=names, most=4), min_size=3, max_size=3)),
        acts=draw(st.one_of(st.just([]), st.lists(st.tuples(st.booleans(), no_scopes(names)), max_size=2))),
        asks=draw(st.lists(ask, min_size=3, max_size=8)),
        after=draw(st.integers(0, 4)),
    )


class AtWork:
    """A world whose records are put by hand, answered by bursts."""

    def __init__(self, log: SqliteLog, case: Case) -> None:
        self.cache = Replica(log, Pseudonyms(bytes(32)))
        self.clock, self.ticks = FixedClock(START), FixedClock(0)
        policies = Policies(snapshot=PLANNED, loaded_at=START, checked_at=0)
        self.world = World(
            policies=policies,
            cache=self.cache,
            ledger=cast("Any", None),
            clock=self.clock,
            ticks=self.ticks,
            bounds=Bounds(max_policy_age_seconds=1.0),
        )
        lifecycle = Lifecycle()
        lifecycle.begin()
        self._shared: Any = SimpleNamespace(
            world=self.world, lifecycle=lifecycle, limits=Limits(), metrics=Metrics(Registry()), decisions=None
        )
        self._ids = map("0123456789abcdef-{:x}".format, count(1))
        self._positions = count(1)
        self.records = dict(zip(PEOPLE, (live(CATALOG, life).record for life in case.lives), strict=True))
        for subject in self.records:
            self.resolve(subject)

    def resolve(self, subject: str) -> None:
        """Put the subject's record as it is now."""
        record = self.records[subject]
        if record == EMPTY:
            return
        entry = LogEntry(
            position=next(self._positions),
            pseudonym=self.cache.pseudonym(subject),
            event=Event(id="any", act=Lifting(scope=Scope())),
            record=record,
            effective_at=self.clock.now,
            accepted_at=self.clock.now,
            sealed=b"",
        )
        self.cache.apply([entry], now=self.clock.now)

    def named(self, pseudonym: bytes) -> str:
        """Whose pseudonym it is."""
        return next(subject for subject in self.records if self.cache.pseudonym(subject) == pseudonym)

    def burst(self) -> Burst:
        """What answers."""
        return Burst(self._shared, QuestionReader(Limits()), self._ids, lambda error: pytest.fail(repr(error)))

    def general(self, request: Request, snapshot: Snapshot, *, may_ask: bool = True) -> Answer | Pending:
        """The answer of the decision point."""
        freshness = self.world.freshness()
        point = DecisionPoint(self.cache)
        return point.decide(request, snapshot, now=self.clock.now, freshness=freshness, may_ask=may_ask)

    def request(self, ask: Ask) -> Request:
        """What *ask* asks."""
        seen = self.cache.revision()
        tokens = {None: "", "seen": seen, "to come": replace(seen, position=seen.position + 1)}
        demanded = tokens.get(ask.demanding, f"{'0' * 16}.1")
        subject, *others = ask.people
        return replace(ask.request, subject=subject, co_subjects=tuple(others), at_least_as_fresh=str(demanded))


def _everyone(acts: Sequence[tuple[bool, Scope]]) -> Record:
    record = EMPTY
    for number, (hold, scope) in enumerate(acts):
        act = Restriction(scope=scope) if hold else Lifting(scope=scope)
        event = Event(id=f"h{number}", act=act, actor=Actor.OPERATOR)
        record = fold(record, event, accepted_at=START - 9 + number, catalog=CATALOG).record
    return record


def to_bytes(request: Request) -> bytes:
    """*request* as a caller sends it."""
    return pb.CheckRequest(
        service=request.service,
        action=f"ACTION_{request.action.name}",
        subject=request.subject,
        co_subjects=request.co_subjects,
        fields=request.fields,
        purpose=request.purpose,
        channel=request.channel or "",
        recipient=request.recipient or "",
        at_least_as_fresh=request.at_least_as_fresh,
    ).SerializeToString()


@pytest.fixture(scope="module")
def log() -> Iterator[SqliteLog]:
    """An empty log; caches only take its id from it."""
    with TemporaryDirectory() as folder:
        log = SqliteLog.open(Path(folder) / "log.db", Pseudonyms(bytes(32)))
        yield log
        log.close()


@given(cases())
def test_a_plan_answers_as_the_decision_point(log: SqliteLog, case: Case) -> None:
    """In every byte but the decision id; and what it leaves to a thread that may wait, that has to wait or to ask."""
    at_work = AtWork(log, case)
    for number, ask in enumerate(case.asks):
        if number == case.after:
            at_work.records[EVERYONE] = _everyone(case.acts)
            at_work.resolve(EVERYONE)
        at_work.clock.now, at_work.ticks.now = ask.now, STALE if ask.stale else 0
        request = at_work.request(ask)
        for _ in range(3):  # without a plan, with a new one, with one that is known
            expected = at_work.general(request, GENERAL)
            observed = at_work.burst().check(to_bytes(request), Identity())
            if observed is None:
                left = at_work.general(request, PLANNED, may_ask=False)
                assert isinstance(left, Pending)
                if left.policies:
                    at_work.general(request, PLANNED)
                elif left.pseudonym is not None:
                    at_work.resolve(
                        next(who for who in at_work.records if at_work.cache.pseudonym(who) == left.pseudonym)
                    )
                continue
            assert isinstance(expected, Answer)
            decision_id = pb.CheckResponse.FromString(observed).decision_id
            assert to_check_response(expected, decision_id).SerializeToString() == observed
