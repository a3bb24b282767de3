"""From timelines to facts: one sentence of the rules a row."""

from collections.abc import Callable

import pytest

from sidecar.consent.facts import facts_of, weigh
from sidecar.consent.fold import fold
from sidecar.consent.profile import resolve
from sidecar.consent.record import EMPTY, Record
from sidecar.model.decision import Question
from sidecar.model.event import Act, Erasure, Event, Lifting, Restriction, Traits
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor, AgeBand, Basis, Channel, ConsentState
from tests.worlds import CATALOG, EMAIL, choice, question, scope, submission

Step = Callable[[str], Event]
MAIL = scope(EMAIL, "user.contact.email")


def say(kind: str, about: Scope, actor: Actor = Actor.SUBJECT, **more: object) -> Step:
    """A submission of one choice."""
    return lambda event_id: submission(event_id, choice(kind, about, **more), actor=actor)  # type: ignore[arg-type]


def act(what: Act) -> Step:
    """An operator's act."""
    return lambda event_id: Event(id=event_id, act=what, actor=Actor.OPERATOR)


def record_of(*steps: Step) -> Record:
    """The record after *steps*, taken at 1,000, 2,000..."""
    record = EMPTY
    for number, step in enumerate(steps, start=1):
        record = fold(record, step(f"e{number}"), accepted_at=number * 1_000, catalog=CATALOG).record
    return record


def facts(*steps: Step, asked: Question | None = None, now: Instant = 100_000) -> Facts:
    """The facts after *steps*."""
    profile = resolve(record_of(*steps), now).profile
    return facts_of(profile, asked or question(), CATALOG, CATALOG.superseding(now))


CONTENT = question(field="diary", purpose="content", channel=None)


@pytest.mark.parametrize(
    ("expected", "steps", "asked"),
    [
        pytest.param("unknown", [], None, id="nobody who was not asked has agreed"),
        pytest.param("given", [say("given", MAIL)], None, id="the last word counts"),
        pytest.param("withdrawn", [say("given", MAIL), say("withdrawn", scope())], None, id="a broad no takes it back"),
        pytest.param(
            "given",
            [say("withdrawn", MAIL), say("given", scope(EMAIL, "user.contact.email", "email"))],
            None,
            id="ticking the same box again lifts a no",
        ),
        pytest.param(
            "refused",
            [say("refused", MAIL), say("given", scope("marketing", "*"))],
            None,
            id="a specific no survives a broad yes",
        ),
        pytest.param(
            "refused",
            [say("given", scope("marketing", "*")), say("refused", MAIL)],
            question(purpose="marketing", channel=None),
            id="a vaguer question is no way round a specific no",
        ),
        pytest.param(
            "unknown",
            [say("given", MAIL)],
            question(field="contact"),
            id="a narrow grant does not cover what is above it",
        ),
        pytest.param(
            "unknown",
            [say("given", MAIL)],
            question(recipient="grocer"),
            id="a grant never reaches a third party it does not name",
        ),
        pytest.param(
            "given",
            [say("given", scope(EMAIL, "*", "", "grocer"))],
            question(recipient="grocer"),
            id="a grant reaches the third party it names",
        ),
        pytest.param(
            "expired",
            [say("given", MAIL), say("given", MAIL, expires_at=50_000)],
            None,
            id="until the end of January replaces for ever",
        ),
        pytest.param(
            "expired",
            [say("given", scope("marketing", "*")), say("given", MAIL, expires_at=50_000)],
            None,
            id="a narrower grant's end ends the broader one there",
        ),
        pytest.param(
            "expired",
            [say("given", scope("marketing", "*")), say("given", MAIL, expires_at=50_000)],
            question(field="contact"),
            id="and for what lies above it",
        ),
        pytest.param(
            "superseded", [say("given", scope(EMAIL, "*"), notice=("home", 1))], None, id="a new notice asks anew"
        ),
        pytest.param(
            "given", [say("given", scope(EMAIL, "*"), notice=("home", 2))], None, id="the newest notice holds"
        ),
        pytest.param(
            "unknown",
            [say("given", MAIL), act(Erasure(categories=("user.contact",)))],
            None,
            id="erasing a category voids grants below it",
        ),
        pytest.param(
            "unknown",
            [say("given", scope(EMAIL, "*")), act(Erasure(categories=("user.contact.email",)))],
            question(field="contact"),
            id="erasing a category voids grants above it",
        ),
        pytest.param(
            "given",
            [say("given", scope(EMAIL, "*")), act(Erasure(categories=("user.contact.phone",)))],
            None,
            id="erasing a category leaves others alone",
        ),
        pytest.param(
            "given",
            [say("given", scope("content", "user.contact.email user.health"))],
            CONTENT,
            id="a field in two categories needs both",
        ),
        pytest.param(
            "unknown",
            [say("given", scope("content", "user.contact.email"))],
            CONTENT,
            id="a field in two categories is not given by one",
        ),
        pytest.param(
            "refused",
            [say("refused", scope("content", "user.health")), say("given", scope("content", "user.contact"))],
            CONTENT,
            id="the first state of any category counts",
        ),
    ],
)
def test_consent_state(expected: str, steps: list[Step], asked: Question | None) -> None:
    """Each row is one sentence."""
    assert ConsentState(expected) is facts(*steps, asked=asked).consent


def test_the_latest_no_names_the_state_and_a_withdrawal_beats_a_refusal_of_the_same_time() -> None:
    """Of two noes that stand the later decides."""
    refused_last = facts(say("withdrawn", scope(EMAIL)), say("refused", MAIL))
    both = facts(lambda event_id: submission(event_id, choice("refused", MAIL), choice("withdrawn", MAIL)))

    narrower = facts(lambda event_id: submission(event_id, choice("withdrawn", scope(EMAIL)), choice("refused", MAIL)))

    assert ConsentState.REFUSED is refused_last.consent
    assert ConsentState.WITHDRAWN is both.consent
    assert ConsentState.REFUSED is narrower.consent


def test_inside_one_submission_the_narrower_wins() -> None:
    """All marketing refused but this one mail agreed to, whenever it arrives."""
    picky = lambda event_id: submission(  # noqa: E731
        event_id, choice("refused", scope("marketing")), choice("given", MAIL), occurred_at=10
    )

    assert ConsentState.GIVEN is facts(picky).consent
    assert ConsentState.REFUSED is facts(picky, asked=question(field="phone")).consent


def test_explicit_and_guardian_need_a_live_grant_that_has_them() -> None:
    """Not a grant that is over."""
    explicit = facts(say("given", MAIL, explicit=True), say("given", MAIL, actor=Actor.GUARDIAN))
    over = facts(say("given", MAIL, explicit=True, expires_at=50_000))

    assert (True, True) == (explicit.explicit, explicit.by_guardian)
    assert (False, False) == (over.explicit, over.by_guardian)


@pytest.mark.parametrize(
    ("expected", "steps", "asked"),
    [
        pytest.param(True, [say("objected", MAIL)], None, id="an objection touches"),
        pytest.param(
            False, [say("objected", scope("", "", "", "third_party"))], None, id="privacy control is not the newsletter"
        ),
        pytest.param(
            True,
            [say("objected", scope("", "", "", "third_party"))],
            question(recipient="ads"),
            id="privacy control stops sharing",
        ),
        pytest.param(
            True, [say("objected", scope("marketing.ads"))], None, id="one objection is for all direct marketing"
        ),
        pytest.param(
            False,
            [say("objected", scope(EMAIL))],
            question(purpose="marketing.ads", channel=Channel.POST),
            id="one tied to a channel is not",
        ),
        pytest.param(
            False, [say("objected", scope("marketing.ads", "", "post"))], None, id="one with a channel is not"
        ),
        pytest.param(False, [say("objected", scope("improve"))], None, id="one to something else is not"),
        pytest.param(
            False, [say("objected", scope(EMAIL)), say("given", MAIL)], None, id="agreeing to exactly this lifts it"
        ),
        pytest.param(
            True,
            [say("refused", scope("improve"))],
            question(purpose="improve", channel=None),
            id="a no to legitimate interests is an objection",
        ),
        pytest.param(
            False,
            [say("refused", scope("content"))],
            question(purpose="content", channel=None),
            id="a no to consent is not",
        ),
    ],
)
def test_objections(expected: bool, steps: list[Step], asked: Question | None) -> None:  # noqa: FBT001
    """Each row is one sentence."""
    assert expected is facts(*steps, asked=asked).objected


@pytest.mark.parametrize(
    ("expected", "steps", "asked"),
    [
        pytest.param(True, [act(Restriction(scope=Scope()))], None, id="a restriction touches"),
        pytest.param(False, [act(Restriction(scope=scope("content")))], None, id="one of something else does not"),
        pytest.param(
            False, [act(Restriction(scope=Scope()))], question(purpose="law", channel=None), id="some purposes survive"
        ),
        pytest.param(
            False, [act(Restriction(scope=scope(EMAIL))), act(Lifting(scope=Scope()))], None, id="lifted from above"
        ),
        pytest.param(
            True, [act(Restriction(scope=Scope())), act(Lifting(scope=scope(EMAIL)))], None, id="not lifted from below"
        ),
        pytest.param(
            True, [act(Lifting(scope=Scope())), act(Restriction(scope=Scope()))], None, id="not lifted beforehand"
        ),
        pytest.param(False, [act(Restriction(scope=Scope())), say("given", MAIL)], None, id="agreeing later ends it"),
        pytest.param(True, [say("given", MAIL), act(Restriction(scope=Scope()))], None, id="agreeing earlier does not"),
    ],
)
def test_restrictions(expected: bool, steps: list[Step], asked: Question | None) -> None:  # noqa: FBT001
    """Each row is one sentence."""
    assert expected is facts(*steps, asked=asked).restricted


def test_erasure_is_a_fact_but_for_purposes_that_survive_it() -> None:
    """And the state is unknown, because grants are void."""
    steps = [say("given", scope("law marketing", "*")), act(Erasure())]
    erased, surviving = facts(*steps), facts(*steps, asked=question(purpose="law", channel=None))

    assert (True, False) == (erased.erased, surviving.erased)
    assert ConsentState.UNKNOWN is surviving.consent


def test_age_and_basis_are_facts() -> None:
    """They come from traits and catalog."""
    child = facts(act(Traits(of_age_at=500_000)), asked=question(purpose="improve", channel=None))

    assert (AgeBand.CHILD, Basis.LEGITIMATE_INTERESTS) == (child.age, child.basis)


def test_each_category_names_the_entries_that_decided() -> None:
    """Explain stands on them."""
    record = record_of(say("given", scope("content", "*"), explicit=True), say("objected", scope("content")))
    profile = resolve(record, 100_000).profile
    parts = weigh(profile, CONTENT, CATALOG, {})

    assert [("user.contact.email", 0, 0, None, 1), ("user.health", 0, 0, None, 1)] == [
        (part.category, part.decided_by, part.explicit_by, part.guardian_by, part.objected_by) for part in parts
    ]
