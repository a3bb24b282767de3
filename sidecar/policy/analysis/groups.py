"""Questions that every bundle answers alike, whoever is asked about: what is declared, put together by its answers."""

from collections.abc import Iterator
from dataclasses import dataclass

from sidecar.model.catalog import Purpose
from sidecar.model.vocabulary import Basis
from sidecar.policy.analysis.analysis import Analysis
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.outcomes import NUMBERS, OUTCOMES, UNDECLARED, Outcome
from sidecar.policy.analysis.people import Law, for_person, laws
from sidecar.policy.analysis.space import Diagram, Variable, fix


@dataclass(frozen=True, slots=True)
class Group:
    """*uses* that get the same *answers* under the same *law*: relations of person, attributes and outcome."""

    law: Law
    uses: tuple[Use, ...]
    answers: tuple[Diagram, ...]  # one for each bundle

    def where(self, side: int, outcome: Outcome, variable: Variable) -> Diagram:
        """Where the bundle *side* gives *outcome*."""
        return fix(self.answers[side], variable, NUMBERS[outcome])

    def outcomes(self, side: int, variable: Variable, within: Diagram) -> Iterator[tuple[Outcome, Diagram]]:
        """Each outcome that the bundle *side* gives somewhere *within*, and where."""
        for outcome in OUTCOMES:
            where = self.where(side, outcome, variable) & within
            if where.satisfiable():
                yield outcome, where


def groups(analysis: Analysis) -> tuple[Group, ...]:
    """Every use that some bundle declares, under every law, in groups; in the order of the first use of each."""
    found: dict[tuple[Law, tuple[Diagram, ...]], list[Use]] = {}
    answers = _Answers(analysis)
    for use in analysis.uses():
        for law, diagrams in answers.of(use):
            found.setdefault((law, diagrams), []).append(use)
    return tuple(Group(law, tuple(uses), diagrams) for (law, diagrams), uses in found.items())


class Persons:
    """Diagrams of facts made to speak of persons, each once."""

    def __init__(self, analysis: Analysis) -> None:
        self._variables = analysis.variables
        self._made: dict[tuple[object, ...], Diagram] = {}

    def of(self, facts: Diagram, purpose: Purpose, basis: Basis) -> Diagram:
        """*facts* for a person who is asked about for *purpose*, which rests on *basis* there."""
        key = (facts, purpose.survives, basis)
        if key not in self._made:
            self._made[key] = for_person(facts, purpose, basis, self._variables)
        return self._made[key]


class _Answers:
    """The answers to a use, for persons."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._persons = Persons(analysis)
        self._declared = [frozenset(side.uses) for side in analysis.sides]
        self._undeclared = analysis.outcome.codes[NUMBERS[UNDECLARED]]
        self._laws: dict[tuple[str, ...], tuple[Law, ...]] = {}

    def of(self, use: Use) -> Iterator[tuple[Law, tuple[Diagram, ...]]]:
        named = [self._analysis.on(side, use) for side in range(len(self._declared))]
        facts = [
            self._analysis.at(function.relation, one) if one in declared else None
            for one, function, declared in zip(named, self._analysis.functions, self._declared, strict=True)
        ]
        purposes = [
            side.draft.catalog.purposes.get(one.purpose) for one, side in zip(named, self._analysis.sides, strict=True)
        ]
        asked_for = tuple(one.purpose for one in named)  # of two that became one each has its own law
        if asked_for not in self._laws:
            self._laws[asked_for] = laws(purposes)
        for law in self._laws[asked_for]:
            yield law, tuple(self._answer(d, purposes[n], law.bases[n]) for n, d in enumerate(facts))

    def _answer(self, facts: Diagram | None, purpose: Purpose | None, basis: Basis) -> Diagram:
        if facts is None or purpose is None:
            return self._undeclared
        return self._persons.of(facts, purpose, basis)
