"""Bursts: what is answered without waiting, what is not, and what is told of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import starmap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.config import Freshness as Bounds
from sidecar.config import Limits
from sidecar.consent.holds import Holds
from sidecar.consent.ledger import Ledger
from sidecar.consent.limits import EVERYONE
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.snapshot import Snapshot
from sidecar.errors import IdentityError, NotReadyError, OverloadedError, RequestError
from sidecar.model.event import Choice, Event, NoticeRef, Submission
from sidecar.model.instant import DAY, SECOND, parse
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import ChoiceKind
from sidecar.policy.budget import MissBudget
from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.telemetry.decisionlog.recording import Answered
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.testing import FixedClock
from sidecar.transport.desk import CHECK, CHECK_BATCH, Desk
from sidecar.transport.identity import Identity
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.world import Policies, World

NOON = parse("2026-06-01T12:00:00Z")
EMAIL = "marketing.communications.email"
ANYBODY = Identity()


@dataclass
class Counter:
    """A desk in front of the demo bundle and an empty log."""

    desk: Desk
    world: World
    clock: FixedClock
    lifecycle: Lifecycle
    registry: Registry
    handed_over: list[Answered]

    def say(
        self, kind: str, event_id: str, subject: str = "ada", *, purpose: str = EMAIL, notice: NoticeRef | None = None
    ) -> None:
        """Record what the subject says about marketing by email."""
        scope = Scope(purposes=(purpose,), categories=("user.contact.email",))
        act = Submission(choices=(Choice(kind=ChoiceKind(kind), scope=scope, notice=notice),))
        self.world.ledger.record(subject, Event(id=event_id, act=act))

    def check(self, data: bytes, identity: Identity = ANYBODY) -> pb.CheckResponse | None:
        """The answer of a burst of one."""
        burst = self.desk.burst()
        response = burst.check(data, identity)
        burst.end()
        return None if response is None else pb.CheckResponse.FromString(response)

    def wait(self, data: bytes, method: str = CHECK) -> bytes:
        """The answer of who may wait."""
        return self.desk.wait(method, data, ANYBODY, self.desk.patience(0))

    def reasons(self, data: bytes) -> list[str]:
        """The reasons of the answer, which policies were asked for before."""
        response = self.check(data)
        assert response is not None
        return [model_pb2.Reason.Name(result.reason) for result in response.results]

    def use(self, snapshot: Snapshot) -> None:
        """Answer by another bundle."""
        self.world.policies = replace(self.world.policies, snapshot=snapshot)


def question(*fields: str, **changes: Any) -> bytes:
    """May the newsletter use Ada's address to write to her?"""
    base: dict[str, Any] = {"service": "newsletter", "subject": "ada", "purpose": EMAIL}
    return pb.CheckRequest(fields=fields or ("customer.email",), **{**base, **changes}).SerializeToString()


def batch(*questions: bytes) -> bytes:
    """Questions numbered from 0."""
    items = [
        pb.CheckBatchItem(correlation_id=str(number), request=pb.CheckRequest.FromString(data))
        for number, data in enumerate(questions)
    ]
    return pb.CheckBatchRequest(items=items).SerializeToString()


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The demo bundle."""
    return load_bundle(Path("policies"))


@pytest.fixture
def counter(bundle: Bundle, tmp_path: Path) -> Iterator[Counter]:
    """A desk where nobody has asked anything yet."""
    pseudonyms = Pseudonyms(bytes(32))
    log = SqliteLog.open(tmp_path / "log.db", pseudonyms)
    cache = Replica(log, pseudonyms)
    cache.load(now=NOON)
    clock, lifecycle, registry = FixedClock(NOON), Lifecycle(), Registry()
    lifecycle.begin()
    world = World(
        policies=Policies(snapshot=Snapshot(bundle), loaded_at=NOON, checked_at=0),
        cache=cache,
        ledger=Ledger(log, cache, pseudonyms, catalog=lambda: bundle.catalog, clock=clock),
        clock=clock,
        ticks=lambda: 0,
        bounds=Bounds(),
    )
    handed_over: list[Answered] = []
    shared: Any = SimpleNamespace(
        world=world,
        lifecycle=lifecycle,
        limits=Limits(),
        metrics=Metrics(registry),
        errors=None,
        decisions=SimpleNamespace(put=lambda answers: handed_over.extend(starmap(Answered, answers))),
    )
    yield Counter(Desk(shared), world, clock, lifecycle, registry, handed_over)
    log.close()


def test_who_asks_first_has_to_wait_and_nobody_after(counter: Counter) -> None:
    """Policies are asked on the thread that may wait; the question has a plan the second time that it is met."""
    assert counter.check(question()) is None
    waited = pb.CheckResponse.FromString(counter.wait(question()))
    plans = counter.world.policies.snapshot.plans
    answers = [counter.check(question()) for _ in range(3)]

    assert [waited.results] * 3 == [answer.results for answer in answers if answer is not None]
    assert 1 == len(plans.by_profile)


def test_what_returned_nothing_left_no_trace(counter: Counter) -> None:
    """Neither in the metrics nor in the decision log; of a batch not even the questions that had an answer."""
    counter.wait(question())
    counter.handed_over.clear()
    burst = counter.desk.burst()

    assert burst.check_batch(batch(question(), question("customer.phone")), ANYBODY) is None
    burst.end()
    assert [] == counter.handed_over
    assert 1.0 == counter.registry.get_sample_value("sidecar_check_duration_seconds_count")


def test_a_burst_is_handed_over_at_its_end(counter: Counter) -> None:
    """In the order of the answers, each under the id that its caller was told, about whoever it was about."""
    counter.wait(question())
    counter.handed_over.clear()
    burst = counter.desk.burst()
    responses = [burst.check(question(subject=subject), ANYBODY) for subject in ("ada", "bob", "ada")]

    assert [] == counter.handed_over
    burst.end()
    assert [pb.CheckResponse.FromString(response or b"").decision_id for response in responses] == [
        answered.decision_id for answered in counter.handed_over
    ]
    pseudonym = counter.world.cache.pseudonym
    assert list(map(pseudonym, ("ada", "bob", "ada"))) == [answered.pseudonym for answered in counter.handed_over]
    burst.end()
    assert 3 == len(counter.handed_over)


def test_a_no_is_seen_by_the_next_burst(counter: Counter) -> None:
    """Whatever is remembered: outcomes are those of a profile, and the no made it another."""
    counter.say("given", "yes")
    counter.wait(question())
    before = [counter.reasons(question()) for _ in range(3)]
    counter.say("withdrawn", "no")
    assert counter.check(question()) is None  # such a person was never asked about
    counter.wait(question())

    assert [["ALLOWED"]] * 3 == [[reason.removeprefix("REASON_") for reason in reasons] for reasons in before]
    assert ["REASON_CONSENT_WITHDRAWN"] == counter.reasons(question())


def test_a_hold_is_seen_by_the_next_burst(counter: Counter) -> None:
    """And its release: outcomes rest on what is held."""
    counter.say("given", "yes")
    counter.wait(question())
    holds = Holds(counter.world.ledger, lambda: counter.world.policies.snapshot.catalog)
    reasons = [counter.reasons(question()) for _ in range(3)]
    holds.place("h", Scope(purposes=(EMAIL,)), why="a complaint")
    reasons += [counter.reasons(question()) for _ in range(3)]
    holds.release("r", hold_id="h")
    reasons += [counter.reasons(question()) for _ in range(3)]

    expected = ["REASON_ALLOWED"] * 3 + ["REASON_RESTRICTED"] * 3 + ["REASON_ALLOWED"] * 3
    assert [[reason] for reason in expected] == reasons


def test_a_notice_that_supersedes_another_is_seen_at_its_instant(counter: Counter, bundle: Bundle) -> None:
    """Outcomes rest on a season of notices; and the answers before say until when they hold."""
    notice = next(one for one in bundle.catalog.notices.values() if EMAIL in one.purposes)
    later = replace(notice, version=notice.version + 1, reconsent=True, valid_from=NOON + DAY)
    catalog = replace(bundle.catalog, notices={**bundle.catalog.notices, (later.key, later.version): later})
    counter.use(Snapshot(replace(bundle, catalog=catalog)))
    counter.say("given", "yes", notice=NoticeRef(key=notice.key, version=notice.version))
    counter.wait(question())
    reasons = [counter.reasons(question()) for _ in range(3)]
    answer = counter.check(question())
    counter.clock.now = NOON + DAY
    counter.wait(question())
    reasons += [counter.reasons(question()) for _ in range(2)]

    assert [["REASON_ALLOWED"]] * 3 + [["REASON_CONSENT_SUPERSEDED"]] * 2 == reasons
    assert answer is not None
    assert (NOON + DAY) // SECOND == answer.clock_changes_at.seconds


def test_an_outcome_is_shared_by_all_who_have_the_same_facts(counter: Counter) -> None:
    """Whatever else their profiles tell: it is worked out, and written, once."""
    counter.wait(question())
    counter.say("given", "y", "bob", purpose="personalize.content")
    counter.say("refused", "n", "eve", purpose="personalize.content")
    for subject in ("ada", "ada", "bob", "eve"):
        counter.reasons(question(subject=subject))
    plans = counter.world.policies.snapshot.plans

    assert (3, 1) == (len(plans.by_profile), len(plans.by_facts))
    assert 1 == len({id(outcome) for outcome in plans.by_profile.values()})


def test_new_questions_are_paid_for_once(counter: Counter, bundle: Bundle) -> None:
    """A burst asks no policies, so it spends nothing of the service's budget; who waits is told when it is spent."""
    counter.use(Snapshot(bundle, budget=MissBudget(per_second=0.001, burst=1)))
    other = question("customer.phone")
    assert [None] * 3 == [counter.check(question()) for _ in range(3)]
    counter.wait(question())

    assert ["REASON_CONSENT_UNKNOWN"] == counter.reasons(question())
    assert counter.check(other) is None
    with pytest.raises(OverloadedError):
        counter.wait(other)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"\xff", "CheckRequest"),
        (question(subject=""), "subject"),
        (question(subject="a\nb"), "subject"),
        (question(co_subjects=["x" * 300]), "co_subjects[0]"),
        (question(at_least_as_fresh="yesterday"), "at_least_as_fresh"),
        (question(service=""), "service"),
    ],
)
def test_a_malformed_question_is_refused_with_and_without_a_plan(counter: Counter, data: bytes, field: str) -> None:
    """The field is named, and the question that has a plan stays as it is."""
    counter.wait(question())
    for _ in range(3):
        with pytest.raises(RequestError) as raised:
            counter.check(data)
        assert field == raised.value.field
        counter.reasons(question())


def test_who_asks_is_part_of_the_question(counter: Counter) -> None:
    """What a plan remembers for callers of one listener, those of another get none of."""
    counter.wait(question())
    for _ in range(3):
        counter.reasons(question())

    with pytest.raises(IdentityError):
        counter.check(question(), Identity("fraud"))


def test_nothing_is_answered_until_ready(counter: Counter) -> None:
    """Neither by who may wait."""
    counter.lifecycle.drain()
    for ask in (counter.check, counter.wait):
        with pytest.raises(NotReadyError):
            ask(question())


def test_a_burst_that_began_before_the_view_was_complete_answers_nothing(counter: Counter) -> None:
    """It has not seen what is held: who finds the process ready meanwhile is answered by somebody who looks again."""
    counter.say("given", "yes")
    counter.wait(question())
    for _ in range(3):
        assert ["REASON_ALLOWED"] == counter.reasons(question())
    starting: Any = Lifecycle()
    counter.desk.shared.lifecycle = starting  # type: ignore[misc]
    burst = counter.desk.burst()
    holds = Holds(counter.world.ledger, lambda: counter.world.policies.snapshot.catalog)
    holds.place("h", Scope(purposes=(EMAIL,)), why="a complaint")
    starting.begin()

    assert burst.check(question(), ANYBODY) is None
    assert burst.check_batch(batch(question()), ANYBODY) is None
    assert ["REASON_RESTRICTED"] == counter.reasons(question())


def test_whether_the_view_is_complete_is_looked_at_before_what_is_in_it(counter: Counter) -> None:
    """It may become so between the two: then holds are seen."""
    counter.say("given", "yes")
    counter.wait(question())
    for _ in range(3):
        assert ["REASON_ALLOWED"] == counter.reasons(question())
    holds = Holds(counter.world.ledger, lambda: counter.world.policies.snapshot.catalog)

    class Starting(Lifecycle):
        """Becomes ready when it is asked whether it is."""

        @property
        def answering(self) -> bool:
            """Whether it is by now."""
            holds.place("h", Scope(purposes=(EMAIL,)), why="a complaint")
            self.begin()
            return True

    starting: Any = Starting()
    counter.desk.shared.lifecycle = starting  # type: ignore[misc]

    assert ["REASON_RESTRICTED"] == counter.reasons(question())


def test_a_long_question_gets_no_plan(counter: Counter) -> None:
    """Callers choose how long they are."""
    fields = [f"customer.{number:01000}" for number in range(3)]
    data = question("customer.email", *fields)
    counter.wait(data)
    for _ in range(3):
        counter.reasons(data)

    assert 0 == len(counter.world.policies.snapshot.plans.by_profile)


def test_names_that_are_unknown_are_told_at_once(counter: Counter) -> None:
    """Nobody is looked up for that, and no plan is made."""
    for _ in range(3):
        assert ["REASON_UNKNOWN_FIELD"] == counter.reasons(question("customer.shoe_size"))

    assert 0 == len(counter.world.policies.snapshot.plans.by_profile)


def test_whoever_must_be_resolved_again_is_waited_for(counter: Counter) -> None:
    """The subject, a co-subject, and everyone's holds."""
    counter.wait(question(co_subjects=["bob"]))
    counter.say("given", "y", "ada")
    counter.say("given", "y", "bob")
    Holds(counter.world.ledger, lambda: counter.world.policies.snapshot.catalog).place(
        "h", Scope(purposes=("personalize.content",)), why="a complaint"
    )
    counter.wait(question(co_subjects=["bob"]))
    for subject in ("ada", "bob", EVERYONE):
        counter.reasons(question(co_subjects=["bob"]))
        counter.world.cache.distrust([counter.world.cache.pseudonym(subject)])
        for _ in range(3):
            assert counter.check(question(co_subjects=["bob"])) is None
        counter.wait(question(co_subjects=["bob"]))


def test_each_question_of_a_batch_has_its_own_result(counter: Counter) -> None:
    """In the order of the questions; one that is malformed spoils none."""
    counter.wait(question())
    data = batch(question(), question(subject=""), question(subject="bob"))
    waited = pb.CheckBatchResponse.FromString(counter.wait(data, CHECK_BATCH))
    burst = counter.desk.burst()
    answered = pb.CheckBatchResponse.FromString(burst.check_batch(data, ANYBODY) or b"")

    for response in (waited, answered):
        assert ["0", "1", "2"] == [result.correlation_id for result in response.results]
        assert ["response", "error", "response"] == [result.WhichOneof("outcome") for result in response.results]
        assert "`subject`: must have 1 to 256 bytes, has 0" == response.results[1].error.message


def test_a_retired_bundle_lets_go_of_its_plans(counter: Counter) -> None:
    """In small steps; who still uses it gets the same answers."""
    snapshot = counter.world.policies.snapshot
    counter.wait(question())
    before = [counter.reasons(question(subject=f"p{number}")) for number in range(3)]
    for _ in snapshot.retire():
        pass

    assert 0 == len(snapshot.plans.by_profile) == len(snapshot.plans.by_facts)
    counter.wait(question())
    assert before == [counter.reasons(question(subject=f"p{number}")) for number in range(3)]


def test_whoever_said_no_is_asked_again_after_their_own_time(counter: Counter) -> None:
    """Two people who are alike share an outcome; not the instant of their no, nor what comes of it."""
    reask = counter.world.policies.snapshot.catalog.purposes[EMAIL].reask_after_seconds
    for subject in ("ada", "bob", "eve"):
        counter.say("refused", "n", subject)
        counter.clock.advance(60)
    counter.clock.now = NOON + round(reask * SECOND) + 30 * SECOND  # enough for one of them
    counter.wait(question())
    for _ in range(3):
        answers = [counter.check(question(subject=subject)) for subject in ("ada", "bob", "eve")]
    dates = [answer.results[0].ask_not_before.ToMicroseconds() for answer in answers if answer is not None]

    expected = [counter.clock.now, *(NOON + round((reask + later) * SECOND) for later in (60, 120))]
    assert expected == dates
    assert 1 == len(counter.world.policies.snapshot.plans.by_facts)


def test_while_a_source_is_stale_the_decision_point_answers(counter: Counter) -> None:
    """And no plan is used, whatever is remembered."""
    counter.wait(question())
    for _ in range(3):
        counter.reasons(question())
    counter.world.bounds = Bounds(max_policy_age_seconds=1)
    stale = replace(counter.world.policies, checked_at=-2 * SECOND)
    counter.world.policies = stale
    counter.world.__post_init__()

    assert ["REASON_STALE_POLICY"] == counter.reasons(question())
