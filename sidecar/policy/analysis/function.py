"""The decision function of a bundle as diagrams, by the rules of ``sidecar.policy.verdict`` in another form."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sidecar.model.vocabulary import PRECEDENCE, ConsentState, Mask, Reason
from sidecar.policy.analysis.outcomes import NUMBERS, Outcome, allow, deny
from sidecar.policy.analysis.space import Diagram, Space, Variable, fix
from sidecar.policy.cedar.atoms import And, Atom, Formula, If, Not, Or
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.verdict import LACKING


class Three(NamedTuple):
    """Where a condition is true, false, or an error: three diagrams that never overlap and leave nothing out."""

    true: Diagram
    false: Diagram
    error: Diagram


def evaluate(formula: Formula, atoms: Mapping[Atom, Three]) -> Three:
    """Where *formula* is what, by Cedar's short-circuit evaluation: what is not reached is no error."""
    match formula:
        case Atom():
            return atoms[formula]
        case Not(part):
            inner = evaluate(part, atoms)
            return Three(inner.false, inner.true, inner.error)
        case And(left, right):
            one, other = evaluate(left, atoms), evaluate(right, atoms)
            return Three(one.true & other.true, one.false | one.true & other.false, one.error | one.true & other.error)
        case Or(left, right):
            one, other = evaluate(left, atoms), evaluate(right, atoms)
            return Three(
                one.true | one.false & other.true, one.false & other.false, one.error | one.false & other.error
            )
    assert isinstance(formula, If)
    chosen, yes, no = (evaluate(part, atoms) for part in (formula.condition, formula.then, formula.otherwise))
    return Three(
        chosen.true & yes.true | chosen.false & no.true,
        chosen.true & yes.false | chosen.false & no.false,
        chosen.error | chosen.true & yes.error | chosen.false & no.error,
    )


@dataclass(frozen=True, slots=True)
class PolicyFunction:
    """Where a policy applies, and where it errs."""

    policy: Policy
    applies: Diagram
    errs: Diagram


@dataclass(frozen=True, slots=True)
class DecisionFunction:
    """What a bundle answers; *parts* are where it gives each outcome: they never overlap and leave nothing out."""

    policies: tuple[PolicyFunction, ...]
    parts: Mapping[Outcome, Diagram]
    relation: Diagram  # of everything and the outcome's number

    @property
    def allowed(self) -> Iterator[Diagram]:
        """Where something is allowed, mask by mask."""
        return (diagram for outcome, diagram in self.parts.items() if outcome.allowed)


def allowed_by(space: Space, policies: tuple[PolicyFunction, ...]) -> Diagram:
    """Where *policies* allow: some permit applies, no forbid does, and none errs."""
    permits = space.any(one.applies for one in policies if one.policy.tree.effect == "permit")
    forbids = space.any(one.applies for one in policies if one.policy.tree.effect == "forbid")
    return permits & ~forbids & ~space.any(one.errs for one in policies)


def decide(
    space: Space,
    policies: tuple[PolicyFunction, ...],
    variables: Mapping[str, Variable],
    outcome: Variable,
    sendable: Diagram,
) -> DecisionFunction:
    """The decision function of *policies*; where a caller's attributes are not *sendable* they are not asked."""
    rules = _Rules(space, policies, variables)
    parts = {answer: where & sendable for answer, where in rules.parts()}
    parts[deny(Reason.UNKNOWN_ATTRIBUTE)] = ~sendable
    relation = space.any(where & outcome.codes[NUMBERS[answer]] for answer, where in parts.items())
    return DecisionFunction(policies, parts, relation)


class _Rules:
    def __init__(self, space: Space, policies: tuple[PolicyFunction, ...], variables: Mapping[str, Variable]) -> None:
        self._space = space
        self._policies = policies
        self._consent = variables["consent"]
        self._explicit = variables["explicit"]
        self._guardian = variables["by_guardian"]
        self._states = {state: number for number, state in enumerate(ConsentState)}

    def parts(self) -> Iterator[tuple[Outcome, Diagram]]:
        """Where each outcome that policies can lead to is the answer."""
        errs = self._space.any(one.errs for one in self._policies)
        allowed = allowed_by(self._space, self._policies)
        denied = ~allowed & ~errs
        lacking = denied & self._with_consent(allowed, explicit=True, by_guardian=True)
        yield deny(Reason.POLICY_ERROR), errs
        yield from self._masks(allowed)
        yield from self._consent_reasons(lacking, allowed)
        yield from self._forbidden(denied & ~lacking)

    def _masks(self, allowed: Diagram) -> Iterator[tuple[Outcome, Diagram]]:
        rest = allowed
        for mask in Mask:  # the strictest first
            masked = rest & self._applies(lambda policy, mask=mask: policy.mask is mask)  # type: ignore[misc]
            yield allow(mask), masked
            rest = rest & ~masked
        yield allow(None), rest

    def _consent_reasons(self, lacking: Diagram, allowed: Diagram) -> Iterator[tuple[Outcome, Diagram]]:
        for state, number in self._states.items():
            if state is not ConsentState.GIVEN:
                yield deny(LACKING[state]), lacking & self._consent.codes[number]
        given = lacking & self._consent.codes[self._states[ConsentState.GIVEN]]
        alone = self._with_consent(allowed, explicit=True, by_guardian=False)
        guardian = given & self._guardian.codes[0] & ~alone
        yield deny(Reason.GUARDIAN_REQUIRED), guardian
        yield deny(Reason.CONSENT_NOT_EXPLICIT), given & ~guardian

    def _forbidden(self, denied: Diagram) -> Iterator[tuple[Outcome, Diagram]]:
        reasons = {p.policy.reason or Reason.FORBIDDEN for p in self._policies if p.policy.tree.effect == "forbid"}
        rest = denied
        for reason in sorted(reasons, key=PRECEDENCE.__getitem__):
            applies = self._applies(
                lambda policy, reason=reason: (  # type: ignore[misc]
                    policy.tree.effect == "forbid" and (policy.reason or Reason.FORBIDDEN) is reason
                )
            )
            yield deny(reason), rest & applies
            rest = rest & ~applies
        yield deny(Reason.NO_PERMIT), rest

    def _applies(self, wanted: Callable[[Policy], bool]) -> Diagram:
        return self._space.any(one.applies for one in self._policies if wanted(one.policy))

    def _with_consent(self, diagram: Diagram, *, explicit: bool, by_guardian: bool) -> Diagram:
        """*diagram* as if consent were given so."""
        given = fix(diagram, self._consent, self._states[ConsentState.GIVEN])
        return fix(fix(given, self._explicit, int(explicit)), self._guardian, int(by_guardian))
