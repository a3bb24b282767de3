"""Verdicts: whatever policies say, fail or keep silent about, nothing is allowed that none of them permits."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from sidecar.model.decision import CONSENT_REASONS, Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Action, ConsentState, Effect, Mask, Reason
from sidecar.policy.evaluation import Evaluation
from sidecar.policy.verdict import reach_verdict
from tests.drawn import facts
from tests.model.verdict import reason_of

QUESTION = Question(
    service="any", action=Action.USE, field="email", purpose="ads", channel=None, recipient="first_party"
)
EVALUATE = Callable[[Question, Facts], Evaluation]

failing = st.builds(
    Evaluation,
    allowed=st.booleans(),  # even if it claims to allow
    determining=st.sampled_from(((), ("p",))),
    erring=st.sampled_from(((("p", "overflow"),), (("", "no decision"),))),
)
permitting = st.builds(
    Evaluation,
    allowed=st.just(True),  # noqa: FBT003
    determining=st.just(("p",)),
    masks=st.frozensets(st.sampled_from(Mask)),
)
forbidding = st.builds(
    Evaluation,
    allowed=st.just(False),  # noqa: FBT003
    determining=st.just(("f",)),
    reasons=st.frozensets(st.sampled_from((Reason.OBJECTED, Reason.MINOR, Reason.FORBIDDEN)), min_size=1),
)
silent = st.just(Evaluation(allowed=False))


def _like(question: Question, facts: Facts) -> Evaluation:
    raise NotImplementedError((question, facts))


policies = st.functions(
    like=_like,
    returns=st.one_of(permitting, permitting, forbidding, silent, failing),
    pure=True,
)


@given(facts, policies)
def test_allowed_only_if_explicitly_permitted(about: Facts, evaluate: EVALUATE) -> None:
    """An allow names the permits that determined it, and no policy failed."""
    verdict = reach_verdict(QUESTION, about, evaluate)
    evaluation = evaluate(QUESTION, about)

    assert (verdict.effect is not Effect.DENY) == (evaluation.allowed and not evaluation.erring)
    assert (verdict.effect is not Effect.DENY) == (verdict.reason is Reason.ALLOWED)
    assert verdict.effect is Effect.DENY or verdict.determining == evaluation.determining != ()


@given(facts, st.one_of(failing, silent), policies)
def test_an_erring_or_silent_policy_never_allows(about: Facts, bad: Evaluation, otherwise: EVALUATE) -> None:
    """Whatever policies would say to other facts; and an error is told as one."""

    def evaluate(question: Question, asked: Facts) -> Evaluation:
        return bad if asked == about else otherwise(question, asked)

    verdict = reach_verdict(QUESTION, about, evaluate)

    assert Effect.DENY is verdict.effect
    assert bool(bad.erring) == (verdict.reason is Reason.POLICY_ERROR)
    assert bad.erring == verdict.erring


@given(facts, forbidding, policies)
def test_forbid_trumps_permit(about: Facts, forbid: Evaluation, otherwise: EVALUATE) -> None:
    """A forbid that applies denies, however good the consent would have to be to get round it."""

    def evaluate(question: Question, asked: Facts) -> Evaluation:
        return forbid if asked == about else otherwise(question, asked)

    assert Effect.DENY is reach_verdict(QUESTION, about, evaluate).effect


@given(facts, policies)
def test_the_reason_is_the_models(about: Facts, evaluate: EVALUATE) -> None:
    """The order in which reasons are looked for is that of the rules."""
    evaluation = evaluate(QUESTION, about)
    expected = reason_of(
        about,
        allows=lambda facts: evaluate(QUESTION, facts).allowed,
        errs=lambda facts: bool(evaluate(QUESTION, facts).erring),
        forbids=evaluation.reasons if evaluation.determining else None,
    )

    assert expected is reach_verdict(QUESTION, about, evaluate).reason


@given(facts, policies)
def test_the_strictest_mask_wins(about: Facts, evaluate: EVALUATE) -> None:
    """Of the masks of all permits that determined an allow; a field without a mask has none."""
    verdict = reach_verdict(QUESTION, about, evaluate)
    masks = evaluate(QUESTION, about).masks
    strictest = next((mask for mask in (Mask.REDACT, Mask.HASH, Mask.LAST4, Mask.YEAR) if mask in masks), None)

    assert (strictest if verdict.reason is Reason.ALLOWED else None) == verdict.mask
    assert (Effect.ALLOW_WITH_OBLIGATIONS is verdict.effect) == (verdict.mask is not None)


@given(facts, policies)
def test_the_consent_asked_for_would_do(about: Facts, evaluate: EVALUATE) -> None:
    """Where consent is missing, exactly as much is asked for as policies need: nothing weaker would be allowed."""
    verdict = reach_verdict(QUESTION, about, evaluate)
    if verdict.reason not in CONSENT_REASONS:
        assert not verdict.needs_explicit
        assert not verdict.needs_guardian
        return
    strengths = [(False, False), (True, False), (False, True), (True, True)]
    enough = []
    for explicit, guardian in strengths:
        better = about._replace(consent=ConsentState.GIVEN, explicit=explicit, by_guardian=guardian)
        evaluation = evaluate(QUESTION, better)
        if evaluation.allowed and not evaluation.erring:
            enough.append((explicit, guardian))

    assert (verdict.needs_explicit, verdict.needs_guardian) == enough[0]
