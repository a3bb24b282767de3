"""Policies that do nothing, or more than anybody declared: as far as diagrams tell, which is exactly."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from sidecar.model.scope import at_or_below
from sidecar.model.vocabulary import FIRST_PARTY, THIRD_PARTY
from sidecar.policy.analysis.asked import Asked, Case, example_text
from sidecar.policy.analysis.dimensions import USES
from sidecar.policy.analysis.function import PolicyFunction
from sidecar.policy.analysis.guardrails import is_guardrail
from sidecar.policy.analysis.space import Diagram
from sidecar.policy.cedar.lint import out_of_scope
from sidecar.policy.cedar.tokens import EntityLiteral, entity_literals
from sidecar.policy.problems import Problems

_DIMENSIONS: Final[Mapping[str, str]] = {
    "Service": "service",
    "Field": "field",
    "DataCategory": "field",
    "Purpose": "purpose",
    "Recipient": "recipient",
    "Action": "action",
}
"""The dimension that an entity of each type says something about."""


def report_idle_policies(asked: Asked, problems: Problems) -> None:
    """Report policies that can never apply, permits that forbids always overrule, and names that permits are wasted on.

    A guardrail may well be about what nobody does yet: that is what it is for.
    """
    policies = asked.analysis.functions[0].policies
    everything = asked.among(asked.cases)
    forbids = [one for one in policies if one.policy.tree.effect == "forbid"]
    beyond = {policy.id for policy in out_of_scope((one.policy for one in policies), asked.catalog)}
    names = _Names(asked)
    for one in policies:
        where = one.applies & everything
        if is_guardrail(one.policy) or one.policy.id in beyond:
            continue  # by its head alone: told without the analysis, too
        if not where.satisfiable():
            message = f"{one.policy.tree.effect} `{one.policy.id}` can never apply: "
            message += "no question that services declare meets its conditions, whoever is asked about"
            hint = "correct its conditions, declare the use in catalog/services/, or remove it"
            problems.warning(one.policy.place, "lint.unreachable", message, hint)
        elif one.policy.tree.effect == "permit":
            _report_shadow(one, where, forbids, asked, problems)
            for literal in names.wasted(one):
                message = f"permit `{one.policy.id}` names {_shown(literal)}, "
                message += "for which no service declares anything that it permits"
                hint = "leave it out: who declares it later is permitted more than anybody looked at"
                problems.warning(literal.place, "lint.broad_permit", message, hint)


def _report_shadow(
    permit: PolicyFunction, where: Diagram, forbids: list[PolicyFunction], asked: Asked, problems: Problems
) -> None:
    # A guardrail should not be what it takes: guardrails are the first to be left out.
    meeting = [one for one in forbids if (where & one.applies).satisfiable()]
    for forbid in sorted(meeting, key=lambda one: not is_guardrail(one.policy)):
        others = [one for one in meeting if one is not forbid]
        if _covered(where, others, asked):
            meeting = others
    if not _covered(where, meeting, asked):
        return
    by = " and ".join(f"`{one.policy.id}`" for one in meeting)
    verb = "forbids" if len(meeting) == 1 else "forbid"
    message = f"permit `{permit.policy.id}` opens nothing: wherever it applies, {by} {verb}"
    example = asked.example(where, asked.cases, allowed=False)
    hint = "narrow the forbid, or remove the permit" + (f"; {example_text(example)}" if example else "")
    problems.warning(permit.policy.place, "lint.shadowed", message, hint)


def _covered(where: Diagram, forbids: list[PolicyFunction], asked: Asked) -> bool:
    return not (where & ~asked.analysis.space.any(one.applies for one in forbids)).satisfiable()


def _shown(literal: EntityLiteral) -> str:
    return f'`{literal.type}::"{literal.id}"`'


class _Names:
    """What the names in a permit stand for."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._known: dict[tuple[str, str], tuple[Diagram, Diagram]] = {}

    def wasted(self, permit: PolicyFunction) -> Iterator[EntityLiteral]:
        """Each thing that *permit* names and would permit something for, but nobody declares that."""
        for literal in entity_literals(permit.policy.piece.tokens):
            if literal.type not in _DIMENSIONS:
                continue
            possible, declared = self._meant(literal.type, literal.id)
            if (permit.applies & possible).satisfiable() and not (permit.applies & declared).satisfiable():
                yield literal

    def _meant(self, type_: str, key: str) -> tuple[Diagram, Diagram]:
        """Where a question is about what is named; and where it is one that some service declares, besides."""
        if (type_, key) not in self._known:
            dimension = _DIMENSIONS[type_]
            values = self._values(type_, key)
            variable = self._asked.analysis.variables[dimension]
            numbers = next(one for one in self._asked.analysis.tables.dimensions if one.name == dimension).numbers()
            possible = variable.among({number for value, number in numbers.items() if value in values})
            place = USES.index(dimension)
            cases: list[Case] = [case for case in self._asked.cases if case.use.values[place] in values]
            self._known[type_, key] = (possible, self._asked.among(cases))
        return self._known[type_, key]

    def _values(self, type_: str, key: str) -> Collection[str]:
        catalog = self._asked.catalog
        match type_:
            case "DataCategory":
                fields = catalog.fields.values()
                return {one.key for one in fields if any(at_or_below(category, key) for category in one.categories)}
            case "Purpose":
                return {one for one in catalog.purposes if at_or_below(one, key)}
            case "Recipient" if key == THIRD_PARTY:
                return catalog.recipients.keys() - {FIRST_PARTY}
        return {key}
