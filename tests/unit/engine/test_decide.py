"""The decision: what is waited for, what is too old, what the answer tells beside the effect."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sidecar.consent.holds import Holds
from sidecar.consent.ledger import Ledger
from sidecar.consent.limits import EVERYONE
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.explain import CONSENT, HELD, OPERATION, OTHERS, RELEASE, Records, explain
from sidecar.engine.snapshot import Snapshot
from sidecar.errors import RequestError
from sidecar.model.decision import Answer, Pending, Request
from sidecar.model.event import Choice, Event, Submission, Traits
from sidecar.model.instant import DAY, Instant, parse
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Action, ChoiceKind, Effect, FailureMode, Reason
from sidecar.policy.budget import MissBudget
from sidecar.policy.bundle import Bundle, load_bundle

NOON = parse("2026-06-01T12:00:00Z")
EMAIL = "marketing.communications.email"
REQUEST = Request(service="newsletter", action=Action.USE, subject="ada", fields=("customer.email",), purpose=EMAIL)
STALE = Freshness(consent_age_ms=1_001, max_consent_age_ms=1_000)


@dataclass
class World:
    """The demo bundle, a consent log, and a clock that stands."""

    bundle: Bundle
    cache: Replica
    ledger: Ledger
    pseudonyms: Pseudonyms
    now: Instant = NOON

    def __post_init__(self) -> None:
        self.snapshot = Snapshot(self.bundle)
        self.point = DecisionPoint(self.cache)

    def say(self, kind: str, event_id: str = "e", **choice: Instant) -> str:
        """Record a choice of Ada's about marketing by email; the revision."""
        scope = Scope(purposes=(EMAIL,), categories=("user.contact.email",))
        act = Submission(choices=(Choice(kind=ChoiceKind(kind), scope=scope, **choice),))  # type: ignore[arg-type]
        return self.ledger.record("ada", Event(id=event_id, act=act)).revision

    def ask(self, *, freshness: Freshness = Freshness(), may_wait: bool = False, **changes: object) -> Answer:  # noqa: B008
        """The answer to the usual question, so changed."""
        answer = self.point.decide(
            replace(REQUEST, **changes),  # type: ignore[arg-type]
            self.snapshot,
            now=self.now,
            freshness=freshness,
            may_wait=may_wait,
        )
        assert isinstance(answer, Answer)
        return answer

    def records(self) -> Records:
        """What is recorded of Ada."""
        return Records(subject=self.ledger.record_of("ada")[1])

    def reason(self, **changes: object) -> Reason:
        """The reason of its first result."""
        return self.ask(**changes).results[0].reason  # type: ignore[arg-type]

    def change_purpose(self, **changes: object) -> None:
        """Serve a bundle in which the usual purpose has these properties."""
        catalog = self.bundle.catalog
        purposes = {**catalog.purposes, EMAIL: replace(catalog.purposes[EMAIL], **changes)}  # type: ignore[arg-type]
        self.snapshot = Snapshot(replace(self.bundle, catalog=replace(catalog, purposes=purposes)))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The demo bundle."""
    return load_bundle(Path("policies"))


@pytest.fixture
def world(bundle: Bundle, tmp_path: Path) -> Iterator[World]:
    """A world in which nobody has said anything yet."""
    pseudonyms = Pseudonyms(bytes(32))
    log = SqliteLog.open(tmp_path / "log.db", pseudonyms)
    cache = Replica(log, pseudonyms)
    cache.load(now=NOON)
    ledger = Ledger(log, cache, pseudonyms, catalog=lambda: bundle.catalog, clock=lambda: NOON - DAY)
    yield World(bundle, cache, ledger, pseudonyms)
    log.close()


def test_a_snapshot_that_is_retired_answers_as_before(world: World) -> None:
    """It forgets verdicts and facts, in small steps; whoever still uses it does not notice."""
    before = world.ask()
    steps = len(list(world.snapshot.retire()))

    assert (5, 0) == (steps, len(world.snapshot.verdicts))  # verdicts, facts, policies, entities, schema
    assert before == world.ask()


def test_an_allow_names_its_policies_and_revisions(world: World) -> None:
    """And says nothing about consent to ask for."""
    revision = world.say("given")
    answer = world.ask()

    assert (Effect.ALLOW, Reason.ALLOWED, ("consent",)) == (
        answer.results[0].effect,
        answer.results[0].reason,
        answer.results[0].determining,
    )
    assert answer.results[0].ask is None
    assert (world.bundle.revision, revision) == (answer.policy_revision, answer.consent_revision)


def test_a_deny_for_want_of_consent_names_the_consent_to_ask_for(world: World) -> None:
    """Now, if the person never said no."""
    result = world.ask().results[0]

    assert Reason.CONSENT_UNKNOWN is result.reason
    assert result.ask is not None
    assert (EMAIL, ("user.contact.email",)) == (result.ask.purpose, result.ask.categories)
    assert world.now == result.ask_not_before


def test_after_a_no_nobody_is_nagged(world: World) -> None:
    """Not for the purpose's time from that no on; later, now."""
    world.say("withdrawn")
    soon = world.ask().results[0]
    world.now += 366 * DAY
    later = world.ask().results[0]

    assert NOON - DAY + 365 * DAY == soon.ask_not_before
    assert world.now == later.ask_not_before


def test_a_revision_not_yet_seen_is_waited_for_and_then_stale(world: World) -> None:
    """No failure mode overrides it."""
    world.change_purpose(failure_mode=FailureMode.SERVE_LAST_KNOWN, serve_last_known_seconds=1e6)
    log_id, _, position = world.say("given").partition(".")
    ahead = f"{log_id}.{int(position) + 1}"
    request = replace(REQUEST, at_least_as_fresh=ahead)

    assert Pending(position=int(position) + 1) == world.point.decide(
        request, world.snapshot, now=world.now, freshness=Freshness()
    )
    assert Reason.STALE_CONSENT is world.reason(at_least_as_fresh=ahead)
    assert Reason.ALLOWED is world.reason(at_least_as_fresh=f"{log_id}.{position}")


def test_a_revision_of_another_log_is_denied_at_once(world: World) -> None:
    """It will never be seen here."""
    assert Reason.STALE_CONSENT is world.reason(may_wait=True, at_least_as_fresh="0123456789abcdef.0")


def test_what_is_no_revision_is_an_error(world: World) -> None:
    """It names the field of the message."""
    with pytest.raises(RequestError, match="at_least_as_fresh"):
        world.ask(at_least_as_fresh="yesterday")


def test_nothing_is_waited_for_if_no_question_is_left(world: World) -> None:
    """What the bundle does not have is denied whatever the view."""
    token = f"{world.cache.log_id}.99"

    assert Reason.UNKNOWN_FIELD is world.reason(may_wait=True, fields=("nothing",), at_least_as_fresh=token)
    assert world.ask(fields=("nothing",)).clock_changes_at is None


def test_a_slot_past_its_instant_is_resolved_again_and_never_served(world: World) -> None:
    """Pending first; a deny if that cannot be done; expired once it was."""
    world.say("given", expires_at=NOON + 1)
    before = world.ask()
    world.now = NOON + 1
    pseudonym = world.pseudonyms.of("ada")

    assert Reason.ALLOWED is before.results[0].reason
    assert NOON + 1 == before.clock_changes_at
    assert Pending(pseudonym=pseudonym) == world.point.decide(
        REQUEST, world.snapshot, now=world.now, freshness=Freshness()
    )
    assert Reason.CONSENT_UNAVAILABLE is world.reason()

    world.cache.refresh(pseudonym, now=world.now)

    assert Reason.CONSENT_EXPIRED is world.reason()


@pytest.mark.parametrize(
    ("reason", "freshness", "grace"),
    [
        (Reason.ALLOWED, Freshness(consent_age_ms=1_000, max_consent_age_ms=1_000), None),
        (Reason.STALE_CONSENT, STALE, None),
        (Reason.STALE_POLICY, Freshness(policy_age_ms=1_001, max_policy_age_ms=1_000), None),
        (Reason.STALE_POLICY, replace(STALE, policy_age_ms=2, max_policy_age_ms=1), None),
        (Reason.ALLOWED, STALE, 1.0),
        (Reason.STALE_CONSENT, replace(STALE, consent_age_ms=2_001), 1.0),
        (Reason.ALLOWED, Freshness(consent_age_ms=10**9), None),
    ],
)
def test_what_is_older_than_its_bound_is_not_served(
    world: World, reason: Reason, freshness: Freshness, grace: float | None
) -> None:
    """Unless the purpose's failure mode says for how long."""
    if grace is not None:
        world.change_purpose(failure_mode=FailureMode.SERVE_LAST_KNOWN, serve_last_known_seconds=grace)
    world.say("given")
    answer = world.ask(freshness=freshness)

    assert reason is answer.results[0].reason
    assert freshness.consent_age_ms == answer.consent_age_ms


@pytest.mark.parametrize(
    ("reason", "age_ms", "grace"),
    [
        (Reason.STALE_CONSENT, 0, None),
        (Reason.ALLOWED, 1_000, 1.0),
        (Reason.STALE_CONSENT, 1_001, 1.0),
    ],
)
def test_a_lost_log_makes_every_view_stale_at_once(
    world: World, reason: Reason, age_ms: int, grace: float | None
) -> None:
    """Whatever the bounds; only what serves the last known goes on, for its time. Nothing is waited for."""
    if grace is not None:
        world.change_purpose(failure_mode=FailureMode.SERVE_LAST_KNOWN, serve_last_known_seconds=grace)
    log_id, _, position = world.say("given").partition(".")
    lost = Freshness(consent_age_ms=age_ms, consent_lost=True)
    ahead = world.ask(freshness=lost, may_wait=True, at_least_as_fresh=f"{log_id}.{int(position) + 1}")

    assert reason is world.ask(freshness=lost).results[0].reason
    assert Reason.STALE_CONSENT is ahead.results[0].reason
    assert lost.fresh is False


def test_an_answer_may_be_reused_as_long_as_the_catalog_allows(world: World) -> None:
    """Never past the next change by the clock, never from a stale view, never without facts."""
    world.change_purpose(
        cache_for_seconds=5.0, failure_mode=FailureMode.SERVE_LAST_KNOWN, serve_last_known_seconds=10.0
    )
    world.say("given", expires_at=NOON + 3_000_000)
    three_seconds, stale, unknown = world.ask(), world.ask(freshness=STALE), world.ask(fields=("nothing",))
    world.say("given", "f")
    five_seconds = world.ask()

    assert [3_000, 0, 0, 5_000] == [a.cache_for_ms for a in (three_seconds, stale, unknown, five_seconds)]
    assert STALE.fresh is False


def test_each_field_is_answered_on_its_own(world: World) -> None:
    """In the order asked."""
    world.say("given")
    answer = world.ask(fields=("customer.phone", "customer.email", "nothing"))

    assert [Reason.CONSENT_UNKNOWN, Reason.ALLOWED, Reason.UNKNOWN_FIELD] == [r.reason for r in answer.results]


def test_an_explanation_names_the_choice_that_decided(world: World) -> None:
    """With the event it came with, the facts, the policies, and nothing to change."""
    world.say("given", "tick")
    answer = world.ask()
    (why,) = explain(REQUEST, answer, world.snapshot, world.records(), now=world.now)

    assert [("consent", "user.contact.email", "tick")] == [(c.fact, c.category, c.choice.event_id) for c in why.choices]
    assert (answer.results[0].facts, ("consent",), ()) == (why.facts, why.determining, why.remedies)


def test_an_explained_deny_says_what_would_change_it(world: World) -> None:
    """Consent and from when; or the declaration; or the policy."""
    world.say("withdrawn", "untick")
    request = replace(REQUEST, fields=("customer.email", "nothing"))
    answer = world.ask(fields=request.fields)
    email, nothing = explain(request, answer, world.snapshot, world.records(), now=world.now)

    assert ["untick"] == [deciding.choice.event_id for deciding in email.choices]
    assert [(CONSENT, NOON + 364 * DAY)] == [(remedy.changes, remedy.not_before) for remedy in email.remedies]
    assert nothing.facts is None
    assert ["add `nothing` to catalog/fields.yaml, or correct the name"] == [r.text for r in nothing.remedies]


def test_an_objection_is_explained_by_its_event(world: World) -> None:
    """It is the person's to take back."""
    world.say("given", "tick")
    world.say("objected", "objection")
    world.ledger.record("ada", Event(id="age", act=Traits(of_age_at=0)))
    (why,) = explain(REQUEST, world.ask(), world.snapshot, world.records(), now=world.now)

    assert {("consent", "tick"), ("objection", "objection")} == {(c.fact, c.choice.event_id) for c in why.choices}
    assert [OPERATION] == [remedy.changes for remedy in why.remedies]
    assert "the person objected to this" == why.summary


def test_what_is_held_is_explained_by_the_hold(world: World) -> None:
    """Since when, under which id; what the person said is told too, and only a release would change it."""
    world.say("given", "tick")
    holds = Holds(world.ledger, lambda: world.bundle.catalog)
    holds.place("breach", Scope(categories=("user.contact",)), why="w")
    answer = world.ask(fields=("customer.email", "nothing"))
    records = Records(subject=world.records().subject, everyone=world.ledger.record_of(EVERYONE)[1])
    request = replace(REQUEST, fields=("customer.email", "nothing"))
    why, unknown = explain(request, answer, world.snapshot, records, now=world.now)

    assert [Reason.RESTRICTED, Reason.UNKNOWN_FIELD] == [result.reason for result in answer.results]
    assert [("hold", "breach"), ("consent", "tick")] == [(c.fact, c.choice.event_id) for c in why.choices]
    assert (HELD, (OPERATION, RELEASE)) == (why.summary, (why.remedies[0].changes, why.remedies[0].text))
    assert () == unknown.choices


def test_whether_something_is_held_must_be_known(world: World) -> None:
    """Until it is, the answer waits, or is a deny."""
    world.say("given")
    everyone = world.cache.pseudonym(EVERYONE)
    world.cache.distrust([everyone])
    pending = world.point.decide(REQUEST, world.snapshot, now=world.now, freshness=Freshness())

    assert Pending(pseudonym=everyone) == pending
    assert Reason.CONSENT_UNAVAILABLE is world.reason()
    world.cache.refresh(everyone, now=world.now)
    assert Reason.ALLOWED is world.reason()


def test_what_others_do_not_allow_is_explained_without_them(world: World) -> None:
    """The subject's own choice is shown, and nobody is to be asked."""
    world.say("given", "tick")
    answer = world.ask(co_subjects=("bea",))
    request = replace(REQUEST, co_subjects=("bea",))
    (why,) = explain(request, answer, world.snapshot, world.records(), now=world.now)

    assert (Reason.CONSENT_UNKNOWN, 1) == (answer.results[0].reason, answer.co_subjects_denied)
    assert ["tick"] == [deciding.choice.event_id for deciding in why.choices]
    assert "somebody else in the same data stands in the way: the person has not agreed to this" == why.summary
    assert ((OPERATION, OTHERS),) == tuple((remedy.changes, remedy.text) for remedy in why.remedies)


def test_only_what_is_held_is_explained_by_the_hold(world: World) -> None:
    """Of a field in several categories, those that the hold touches."""
    holds = Holds(world.ledger, lambda: world.bundle.catalog)
    holds.place("breach", Scope(categories=("user.demographic",)), why="w")
    about: dict[str, Any] = {
        "service": "recommendations",
        "fields": ("viewing.interests",),
        "purpose": "personalize.content",
    }
    records = Records(everyone=world.ledger.record_of(EVERYONE)[1])
    (why,) = explain(replace(REQUEST, **about), world.ask(**about), world.snapshot, records, now=world.now)

    assert [("hold", "user.demographic.sexual_orientation")] == [(c.fact, c.category) for c in why.choices]


def test_a_snapshot_that_takes_the_place_of_another(world: World) -> None:
    """It asks its own bundle, at the cost of the same budget."""
    before = Snapshot(world.bundle, budget=MissBudget(per_second=1, burst=1))
    purposes = {**world.bundle.catalog.purposes}
    del purposes[EMAIL]
    other = replace(world.bundle, catalog=replace(world.bundle.catalog, purposes=purposes))
    after = before.successor(other)

    assert (other, other.catalog) == (after.bundle, after.catalog)
    assert before.budget is after.budget
