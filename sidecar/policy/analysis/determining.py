"""Which policies speak to a use, and where: what determines an answer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sidecar.model.catalog import Purpose
from sidecar.policy.analysis.analysis import Analysis
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.people import Law, for_person
from sidecar.policy.analysis.space import Diagram, descend


class Speaking(NamedTuple):
    """Where the policy *number* of a bundle applies to a use, and where it errs; about persons, never both nowhere."""

    number: int
    applies: Diagram
    errs: Diagram


class Determining:
    """Finds the policies of the first bundle of an analysis that speak to its uses. Not thread-safe."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._catalog = analysis.sides[0].draft.catalog
        policies = analysis.functions[0].policies
        self._applies = _Narrowing([one.applies for one in policies])
        self._errs = _Narrowing([one.errs for one in policies])
        self._persons: dict[tuple[object, ...], Diagram] = {}

    def speaking(self, use: Use, law: Law) -> tuple[Speaking, ...]:
        """The policies that apply or err for somebody asked about by *use* under *law*, in the order of the bundle."""
        purpose, settings = self._catalog.purposes[use.purpose], self._analysis.settings(use)
        nowhere = self._analysis.space.false
        applies, errs = (
            {number: self._person(facts, purpose, law) for number, facts in narrowing.left(settings)}
            for narrowing in (self._applies, self._errs)
        )
        found = (
            Speaking(number, applies.get(number, nowhere), errs.get(number, nowhere))
            for number in sorted({*applies, *errs})
        )
        return tuple(one for one in found if one.applies.satisfiable() or one.errs.satisfiable())

    def _person(self, facts: Diagram, purpose: Purpose, law: Law) -> Diagram:
        key = (facts, purpose.survives, law.bases[0])
        if key not in self._persons:
            self._persons[key] = for_person(facts, purpose, law.bases[0], self._analysis.variables)
        return self._persons[key]


_Settings = tuple[tuple[tuple[int, bool], ...], ...]


class _Narrowing:
    """Diagrams for the first values of a use, then for one more and so on; most are nowhere soon."""

    def __init__(self, diagrams: Sequence[Diagram]) -> None:
        self._known: dict[_Settings, tuple[tuple[int, Diagram], ...]] = {(): _somewhere(enumerate(diagrams))}

    def left(self, settings: _Settings) -> tuple[tuple[int, Diagram], ...]:
        """Those that are somewhere after *settings*, the values of the first dimensions, each with its number."""
        known = self._known.get(settings)
        if known is None:
            before, bits = self.left(settings[:-1]), settings[-1]
            known = self._known[settings] = _somewhere((number, descend(one, bits)) for number, one in before)
        return known


def _somewhere(numbered: Iterable[tuple[int, Diagram]]) -> tuple[tuple[int, Diagram], ...]:
    return tuple((number, one) for number, one in numbered if one.satisfiable())
