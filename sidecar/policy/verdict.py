"""From what policies say to a verdict with its reason: the one place where an error becomes a deny."""

from collections.abc import Callable
from typing import Final

from sidecar.model.decision import Question, Verdict
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import PRECEDENCE, ConsentState, Effect, Mask, Reason
from sidecar.policy.evaluation import Evaluation

Evaluate = Callable[[Question, Facts], Evaluation]
"""Asks the policies; never raises."""
Allows = Callable[[Question, Facts], bool]
"""
Asks the policies only whether they allow; never raises.

An error counts as no: to ask a person for consent that would then run into an error helps nobody.
"""

LACKING: Final = {
    ConsentState.WITHDRAWN: Reason.CONSENT_WITHDRAWN,
    ConsentState.REFUSED: Reason.CONSENT_REFUSED,
    ConsentState.SUPERSEDED: Reason.CONSENT_SUPERSEDED,
    ConsentState.EXPIRED: Reason.CONSENT_EXPIRED,
    ConsentState.UNKNOWN: Reason.CONSENT_UNKNOWN,
}
"""The reason for a deny for want of consent, by its state."""
_STRICTNESS = {mask: rank for rank, mask in enumerate(Mask)}
_WEAKEST_FIRST = ((False, False), (True, False), (False, True), (True, True))  # (explicit, by a guardian)


def reach_verdict(question: Question, facts: Facts, evaluate: Evaluate, allows: Allows | None = None) -> Verdict:
    """The verdict on *question* about a person of whom *facts* hold.

    Pure, if *evaluate* is. Asks that once; to say why not, it asks *allows*, mostly twice, at most four times, which is
    to say whether *evaluate* would allow, and may do so sooner.
    """
    evaluation = evaluate(question, facts)
    # Cedar skips a policy that errs, so an erring forbid would open the door (ADR-0003).
    if evaluation.erring:
        return Verdict(effect=Effect.DENY, reason=Reason.POLICY_ERROR, erring=evaluation.erring)
    if evaluation.allowed:
        mask = min(evaluation.masks, key=_STRICTNESS.__getitem__, default=None)
        effect = Effect.ALLOW if mask is None else Effect.ALLOW_WITH_OBLIGATIONS
        return Verdict(effect=effect, reason=Reason.ALLOWED, determining=evaluation.determining, mask=mask)
    allowed = _Allowed(allows or _allows(evaluate), question, denied=facts)
    if evaluation.settled or not allowed(facts.with_best_consent()):
        return Verdict(effect=Effect.DENY, reason=_forbidden(evaluation), determining=evaluation.determining)
    explicit, by_guardian = _weakest(facts, allowed)
    return Verdict(
        effect=Effect.DENY,
        reason=_lacking(facts, allowed),
        determining=evaluation.determining,
        needs_explicit=explicit,
        needs_guardian=by_guardian,
    )


def _allows(evaluate: Evaluate) -> Allows:
    def allows(question: Question, facts: Facts) -> bool:
        evaluation = evaluate(question, facts)
        return evaluation.allowed and not evaluation.erring

    return allows


class _Allowed:
    """Whether a question would be allowed if other facts held; asks about the same facts once."""

    def __init__(self, allows: Allows, question: Question, *, denied: Facts) -> None:
        self._allows = allows
        self._question = question
        self._known = {denied: False}

    def __call__(self, facts: Facts) -> bool:
        known = self._known.get(facts)
        if known is None:
            known = self._known[facts] = self._allows(self._question, facts)
        return known


def _forbidden(evaluation: Evaluation) -> Reason:
    """The reason of a deny that no consent would change."""
    default = Reason.FORBIDDEN if evaluation.determining else Reason.NO_PERMIT
    return min(evaluation.reasons, key=PRECEDENCE.__getitem__, default=default)


def _lacking(facts: Facts, allowed: _Allowed) -> Reason:
    """What is wrong with the consent, where better consent would change the deny."""
    if facts.consent is not ConsentState.GIVEN:
        return LACKING[facts.consent]
    if not facts.by_guardian and not allowed(_given(facts, explicit=True, by_guardian=False)):
        return Reason.GUARDIAN_REQUIRED
    return Reason.CONSENT_NOT_EXPLICIT


def _weakest(facts: Facts, allowed: _Allowed) -> tuple[bool, bool]:
    """Whether the least consent that would be allowed must be explicit, and by a guardian; the best would be."""
    return next(
        (explicit, by_guardian)
        for explicit, by_guardian in _WEAKEST_FIRST
        if allowed(_given(facts, explicit=explicit, by_guardian=by_guardian))
    )


def _given(facts: Facts, *, explicit: bool, by_guardian: bool) -> Facts:
    return facts._replace(consent=ConsentState.GIVEN, explicit=explicit, by_guardian=by_guardian)
