"""Whether the guardrails of a bundle are idle, as they should be: no question that the rest allows meets one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sidecar.model.vocabulary import Reason
from sidecar.policy.analysis.analysis import Analysis, Inexact, analyse
from sidecar.policy.analysis.boxes import Box
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.examples import Example, Examples
from sidecar.policy.analysis.function import PolicyFunction, allowed_by
from sidecar.policy.analysis.groups import Persons
from sidecar.policy.analysis.outcomes import OUTCOMES
from sidecar.policy.analysis.people import Law, laws
from sidecar.policy.analysis.space import Diagram
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.files import GUARDRAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A class of questions that *guardrail* has to stop, because nothing else does."""

    guardrail: Policy
    law: Law
    uses: tuple[Use, ...]
    boxes: tuple[Box, ...]
    combinations: int
    example: Example  # with what the rest of the bundle answers

    @property
    def allowed_by(self) -> tuple[str, ...]:
        """Ids of the permits that allow the example; empty if none does: it then needs a condition that never comes."""
        verdict = self.example.verdicts[0]
        return () if verdict is None or verdict.reason is not Reason.ALLOWED else verdict.determining


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is true of all guardrails of a bundle, for every question. *violations* are empty if they are idle.

    That nothing violates them is proved even if *inexact* is not empty; that something does may then be wrong.
    """

    analysis: Analysis
    guardrails: tuple[Policy, ...]
    violations: tuple[Violation, ...]

    @property
    def holds(self) -> bool:
        """Whether no question that the rest of the bundle allows meets a guardrail."""
        return not self.violations

    @property
    def inexact(self) -> tuple[Inexact, ...]:
        """Conditions that were taken for anything."""
        return self.analysis.inexact


def prove_guardrails(draft: Draft) -> Proof:
    """Whether any question that *draft* without its guardrails would allow meets one; raises ``AnalysisError``."""
    analysis = analyse(draft)
    policies = analysis.functions[0].policies
    guards = tuple(one for one in policies if is_guardrail(one.policy))
    rest = allowed_by(analysis.space, tuple(one for one in policies if not is_guardrail(one.policy)))
    found: dict[tuple[str, Law, Diagram], list[Use]] = {}
    for guard, law, where, use in _meetings(analysis, guards, rest):
        found.setdefault((guard.policy.id, law, where), []).append(use)
    by_id = {one.policy.id: one.policy for one in guards}
    others = replace(draft, policies=tuple(policy for policy in draft.policies if not is_guardrail(policy)))
    examples = Examples(analysis, (others,))
    boxing = analysis.boxing()
    allowed = (tuple(outcome for outcome in OUTCOMES if outcome.allowed),)
    violations = tuple(
        Violation(
            guardrail=by_id[id_],
            law=law,
            uses=tuple(uses),
            boxes=boxing.cover(where),
            combinations=len(uses) * boxing.count(where),
            example=examples.ask(uses[0], law, boxing.point(where), allowed),
        )
        for (id_, law, where), uses in found.items()
    )
    return Proof(analysis=analysis, guardrails=tuple(by_id.values()), violations=violations)


def is_guardrail(policy: Policy) -> bool:
    """Whether *policy* states what must hold whatever the others say."""
    return policy.place.file == GUARDRAILS


def _meetings(
    analysis: Analysis, guards: tuple[PolicyFunction, ...], rest: Diagram
) -> Iterator[tuple[PolicyFunction, Law, Diagram, Use]]:
    """Each use with each guardrail that somebody's question meets though *rest* allows it, and whose."""
    side = analysis.sides[0]
    within = analysis.boxing().within
    persons = Persons(analysis)
    met = analysis.space.any(rest & guard.applies for guard in guards)
    for use in side.uses:
        purpose = side.draft.catalog.purposes[use.purpose]
        facts = analysis.at(met, use)
        for law in laws((purpose,)):
            if not (persons.of(facts, purpose, law.bases[0]) & within).satisfiable():
                continue
            for guard in guards:
                where = persons.of(analysis.at(rest & guard.applies, use), purpose, law.bases[0]) & within
                if where.satisfiable():
                    yield guard, law, where, use
