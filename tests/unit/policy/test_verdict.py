"""Reasons and masks: from what policies say to a verdict."""

from collections.abc import Callable

import pytest

from sidecar.model.decision import Question, Verdict
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import ConsentState, Effect, Mask, Reason
from sidecar.policy.evaluation import Evaluation
from sidecar.policy.verdict import reach_verdict

from .test_evaluate import FACTS, QUESTION

YES = Evaluation(allowed=True, determining=("yes",))
NOTHING = Evaluation(allowed=False)
UNKNOWN = FACTS._replace(consent=ConsentState.UNKNOWN)


def verdict(facts: Facts, policy: Callable[[Facts], Evaluation]) -> Verdict:
    """The verdict on some question, of policies that look at the facts alone."""

    def evaluate(question: Question, facts: Facts) -> Evaluation:
        assert question is QUESTION
        return policy(facts)

    return reach_verdict(QUESTION, facts, evaluate)


def deny(*reasons: Reason) -> Evaluation:
    """What Cedar says when forbids with *reasons* determine."""
    return Evaluation(allowed=False, determining=("no",), reasons=frozenset(reasons))


def consented(*, explicit: bool = False, by_guardian: bool = False) -> Callable[[Facts], Evaluation]:
    """Policies that allow what has consent, of the kind asked for."""

    def policy(facts: Facts) -> Evaluation:
        good = facts.consent is ConsentState.GIVEN and facts.explicit >= explicit and facts.by_guardian >= by_guardian
        return YES if good else NOTHING

    return policy


def test_an_allow() -> None:
    """What is allowed and carries no mask is allowed, by the policies that determined it."""
    assert verdict(FACTS, lambda _: YES) == Verdict(effect=Effect.ALLOW, reason=Reason.ALLOWED, determining=("yes",))


@pytest.mark.parametrize(
    ("masks", "strictest"),
    [
        ({Mask.YEAR}, Mask.YEAR),
        ({Mask.YEAR, Mask.LAST4}, Mask.LAST4),
        ({Mask.LAST4, Mask.HASH}, Mask.HASH),
        ({Mask.HASH, Mask.REDACT, Mask.YEAR}, Mask.REDACT),
    ],
)
def test_the_strictest_mask_wins(masks: set[Mask], strictest: Mask) -> None:
    """An allow with masks is one with an obligation, the strictest of them all."""
    allowed = Evaluation(allowed=True, determining=("a", "b"), masks=frozenset(masks))

    assert verdict(FACTS, lambda _: allowed) == Verdict(
        effect=Effect.ALLOW_WITH_OBLIGATIONS, reason=Reason.ALLOWED, determining=("a", "b"), mask=strictest
    )


def test_an_error_denies_even_an_allow() -> None:
    """Any error denies, whatever else the policies said, and is handed on."""
    erring = (("x", "overflow"),)
    confused = Evaluation(allowed=True, determining=("yes",), erring=erring, masks=frozenset({Mask.HASH}))

    assert verdict(FACTS, lambda _: confused) == Verdict(effect=Effect.DENY, reason=Reason.POLICY_ERROR, erring=erring)


def test_nothing_permits() -> None:
    """Without any permit, and without a forbid, the reason is that nobody permits."""
    assert verdict(FACTS, lambda _: NOTHING) == Verdict(effect=Effect.DENY, reason=Reason.NO_PERMIT)


@pytest.mark.parametrize(
    ("reasons", "first"),
    [
        ((Reason.FORBIDDEN,), Reason.FORBIDDEN),
        ((), Reason.FORBIDDEN),
        ((Reason.FORBIDDEN, Reason.MINOR), Reason.MINOR),
        ((Reason.MINOR, Reason.RESTRICTED), Reason.RESTRICTED),
        ((Reason.RESTRICTED, Reason.ERASED), Reason.ERASED),
        ((Reason.ERASED, Reason.OBJECTED, Reason.FORBIDDEN), Reason.OBJECTED),
    ],
)
def test_the_first_reason_of_the_forbids(reasons: tuple[Reason, ...], first: Reason) -> None:
    """Of several determining forbids the reason that comes first is given, whatever the state of consent."""
    given = verdict(FACTS, lambda _: deny(*reasons))
    unknown = verdict(UNKNOWN, lambda _: deny(*reasons))

    assert given == unknown == Verdict(effect=Effect.DENY, reason=first, determining=("no",))


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ConsentState.WITHDRAWN, Reason.CONSENT_WITHDRAWN),
        (ConsentState.REFUSED, Reason.CONSENT_REFUSED),
        (ConsentState.SUPERSEDED, Reason.CONSENT_SUPERSEDED),
        (ConsentState.EXPIRED, Reason.CONSENT_EXPIRED),
        (ConsentState.UNKNOWN, Reason.CONSENT_UNKNOWN),
    ],
)
def test_consent_is_what_is_missing(state: ConsentState, reason: Reason) -> None:
    """If the best consent would be allowed, the reason is the state of the consent there is."""
    assert verdict(FACTS._replace(consent=state), consented()) == Verdict(effect=Effect.DENY, reason=reason)


def test_consent_is_missing_though_a_forbid_determines() -> None:
    """A forbid that better consent would silence does not hide that consent is what is missing."""

    def policy(facts: Facts) -> Evaluation:
        return YES if facts.consent is ConsentState.GIVEN and facts.explicit else deny(Reason.FORBIDDEN)

    assert verdict(UNKNOWN, policy) == Verdict(
        effect=Effect.DENY, reason=Reason.CONSENT_UNKNOWN, determining=("no",), needs_explicit=True
    )


@pytest.mark.parametrize(
    ("needs", "has", "reason"),
    [
        ((True, False), (False, False), Reason.CONSENT_NOT_EXPLICIT),
        ((True, False), (False, True), Reason.CONSENT_NOT_EXPLICIT),
        ((False, True), (False, False), Reason.GUARDIAN_REQUIRED),
        ((False, True), (True, False), Reason.GUARDIAN_REQUIRED),
        ((True, True), (False, False), Reason.GUARDIAN_REQUIRED),
        ((True, True), (True, False), Reason.GUARDIAN_REQUIRED),
        ((True, True), (False, True), Reason.CONSENT_NOT_EXPLICIT),
    ],
)
def test_consent_that_is_not_good_enough(needs: tuple[bool, bool], has: tuple[bool, bool], reason: Reason) -> None:
    """Given consent may lack a guardian, which comes first, or be not explicit; the least that helps is asked for."""
    facts = FACTS._replace(explicit=has[0], by_guardian=has[1])

    assert verdict(facts, consented(explicit=needs[0], by_guardian=needs[1])) == Verdict(
        effect=Effect.DENY, reason=reason, needs_explicit=needs[0], needs_guardian=needs[1]
    )


def test_better_consent_that_would_err() -> None:
    """Consent is not asked for if the answer would then be an error."""

    def policy(facts: Facts) -> Evaluation:
        erring = Evaluation(allowed=True, erring=(("x", "overflow"),))
        return erring if facts.consent is ConsentState.GIVEN else deny(Reason.MINOR)

    assert verdict(UNKNOWN, policy).reason is Reason.MINOR


@pytest.mark.parametrize(
    ("facts", "policy", "times"),
    [
        pytest.param(FACTS, consented(), 1, id="an-allow"),
        pytest.param(FACTS, lambda _: NOTHING, 2, id="nothing-permits"),
        pytest.param(UNKNOWN, consented(), 3, id="any-consent-would-do"),
        pytest.param(UNKNOWN, consented(explicit=True, by_guardian=True), 5, id="only-the-best-would-do"),
        pytest.param(FACTS, consented(explicit=True, by_guardian=True), 4, id="only-the-best-instead-of-the-plainest"),
    ],
)
def test_how_often_policies_are_asked(facts: Facts, policy: Callable[[Facts], Evaluation], times: int) -> None:
    """The same facts are never asked about twice: each time costs as much as a whole decision."""
    asked: list[Facts] = []

    def evaluate(facts: Facts) -> Evaluation:
        asked.append(facts)
        return policy(facts)

    verdict(facts, evaluate)

    assert len(asked) == times
    assert len(set(asked)) == times


def test_a_policy_that_punishes_better_consent() -> None:
    """If only the plainest consent is allowed, the best is not, so consent is not said to be what is missing."""

    def policy(facts: Facts) -> Evaluation:
        return YES if facts.consent is ConsentState.GIVEN and not facts.explicit else NOTHING

    assert verdict(UNKNOWN, policy).reason is Reason.NO_PERMIT
