"""The questions that services really ask: what they declare, about anybody there can be; and examples of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from sidecar.model.catalog import Catalog, Purpose, Service
from sidecar.model.catalog import Use as Declared
from sidecar.model.vocabulary import Action
from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.dimensions import USES, Use
from sidecar.policy.analysis.examples import Example, Examples
from sidecar.policy.analysis.groups import Persons
from sidecar.policy.analysis.outcomes import OUTCOMES
from sidecar.policy.analysis.people import Law, facts_for, laws
from sidecar.policy.analysis.space import Diagram
from sidecar.policy.analysis.uses import uses_of
from sidecar.policy.analysis.words import law_text
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.atoms import ATTRIBUTE

_NOBODY: Final = "nobody in particular"  # no key has blanks


@dataclass(frozen=True, slots=True)
class Case:
    """One declared use under one law, and the *facts* that people may have there."""

    use: Use
    purpose: Purpose
    law: Law
    facts: Diagram


class Asked:
    """All that services of one bundle ask; its *analysis* also tells apart what none of them has declared."""

    def __init__(self, draft: Draft) -> None:
        self.analysis: Final = analyse(replace(draft, catalog=_with_everything(draft.catalog)))
        self.catalog: Final = draft.catalog
        self.uses: Final = uses_of(draft.catalog)
        self._numbers = {one.name: one.numbers() for one in self.analysis.tables.dimensions if one.name in USES}
        self._persons = Persons(self.analysis)
        self._boxing = self.analysis.boxing()

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Every declared use under every law."""
        return tuple(self._cases())

    def among(self, cases: Iterable[Case]) -> Diagram:
        """Where a question is one of *cases*, with whatever a caller may send."""
        by_facts: dict[Diagram, list[Diagram]] = {}
        for case in cases:
            by_facts.setdefault(case.facts, []).append(self._code(case.use))
        space = self.analysis.space
        return space.any(space.any(codes) & facts for facts, codes in by_facts.items())

    def allowed(self) -> Diagram:
        """Where the policies allow."""
        return self.analysis.space.any(self.analysis.functions[0].allowed)

    def example(self, diagram: Diagram, cases: Iterable[Case], *, allowed: bool) -> Example | None:
        """A question of *cases* in *diagram*, where all are *allowed*, or none is; ``None`` if there is no question."""
        expected = (tuple(outcome for outcome in OUTCOMES if outcome.allowed is allowed),)
        for case in cases:
            facts = self.analysis.at(diagram, case.use) & case.facts
            if facts.satisfiable():
                where = self._persons.of(facts, case.purpose, case.law.bases[0])
                point = self._boxing.point(where & self._boxing.within)
                return self._examples.ask(case.use, case.law, point, expected)
        return None

    @cached_property
    def _examples(self) -> Examples:
        return Examples(self.analysis)

    def _cases(self) -> Iterator[Case]:
        space, variables = self.analysis.space, self.analysis.variables
        sent = space.all(variable.valid for name, variable in variables.items() if name.startswith(ATTRIBUTE))
        known: dict[object, Diagram] = {}
        for use in self.uses:
            purpose = self.catalog.purposes[use.purpose]
            for law in laws((purpose,)):
                key = (purpose.survives, law.bases)
                if key not in known:
                    known[key] = facts_for(space, purpose, law.bases[0], variables) & sent
                yield Case(use, purpose, law, known[key])

    def _code(self, use: Use) -> Diagram:
        variables = self.analysis.variables
        return self.analysis.space.all(
            variables[name].codes[self._numbers[name][value]] for name, value in zip(USES, use.values, strict=True)
        )


def example_text(example: Example, law: Law | None = None) -> str:
    """*example* in a few words, for a message."""
    where = f", {law_text(law)}" if law is not None and law.jurisdictions else ""
    return f"for example {example}{where}"


def _with_everything(catalog: Catalog) -> Catalog:
    """*catalog* with one more service, which declares each of its entries once, so that it is looked at."""
    recipients = frozenset(catalog.recipients)
    fields = frozenset(catalog.fields)
    uses = tuple(
        Declared(purpose=purpose, fields=fields if first else some, actions=frozenset(Action), recipients=recipients)
        for first, purpose, some in _once(catalog.purposes, catalog.fields)
    )
    nobody = Service(key=_NOBODY, title=_NOBODY, owner=_NOBODY, may_use=uses if fields else ())
    return replace(catalog, services={**catalog.services, _NOBODY: nobody})


def _once(purposes: Mapping[str, object], fields: Mapping[str, object]) -> Iterator[tuple[bool, str, frozenset[str]]]:
    for number, purpose in enumerate(purposes):
        yield number == 0, purpose, frozenset(list(fields)[:1])
