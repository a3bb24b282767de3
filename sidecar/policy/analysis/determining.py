"""Which policies speak to a use, and where: what determines an answer."""

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


_Settings = tuple[tuple[tuple[int, bool], ...], ...]


class Determining:
    """Finds the policies of the first bundle of an analysis that speak to its uses. Not thread-safe."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._catalog = analysis.sides[0].draft.catalog
        policies = analysis.functions[0].policies
        every = tuple(Speaking(number, one.applies, one.errs) for number, one in enumerate(policies))
        self._narrowed: dict[_Settings, tuple[Speaking, ...]] = {(): every}
        self._persons: dict[tuple[object, ...], Diagram] = {}

    def speaking(self, use: Use, law: Law) -> tuple[Speaking, ...]:
        """The policies that apply or err for somebody asked about by *use* under *law*, in the order of the bundle."""
        purpose = self._catalog.purposes[use.purpose]
        found = (
            Speaking(one.number, self._person(one.applies, purpose, law), self._person(one.errs, purpose, law))
            for one in self._narrow(self._analysis.settings(use))
        )
        return tuple(one for one in found if one.applies.satisfiable() or one.errs.satisfiable())

    def _narrow(self, settings: _Settings) -> tuple[Speaking, ...]:
        """The policies that are left after *settings*, the values of the first dimensions: most policies go soon."""
        known = self._narrowed.get(settings)
        if known is None:
            bits = settings[-1]
            found = (
                Speaking(one.number, descend(one.applies, bits), descend(one.errs, bits))
                for one in self._narrow(settings[:-1])
            )
            known = tuple(one for one in found if one.applies.satisfiable() or one.errs.satisfiable())
            self._narrowed[settings] = known
        return known

    def _person(self, facts: Diagram, purpose: Purpose, law: Law) -> Diagram:
        key = (facts, purpose.survives, law.bases[0])
        if key not in self._persons:
            self._persons[key] = for_person(facts, purpose, law.bases[0], self._analysis.variables)
        return self._persons[key]
