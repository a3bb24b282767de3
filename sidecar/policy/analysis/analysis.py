"""One bundle, or several over the same classes, analysed exactly: what every question is answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sidecar.policy.analysis.boxes import Boxing
from sidecar.policy.analysis.dimensions import USES, Use
from sidecar.policy.analysis.function import DecisionFunction, PolicyFunction, Three, decide, evaluate
from sidecar.policy.analysis.outcomes import OUTCOMES
from sidecar.policy.analysis.people import PERSON, reachable
from sidecar.policy.analysis.renaming import earlier_uses
from sidecar.policy.analysis.space import Diagram, Space, Variable, descend
from sidecar.policy.analysis.tables import BUDGET, Dimension, Side, Tables, sendable_values, tabulate
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.atoms import ATTRIBUTE, Atom, atoms_of, text_of
from sidecar.policy.cedar.tabulate import Truth

OUTCOME: Final = "outcome"


@dataclass(frozen=True, slots=True)
class Inexact:
    """A condition that no table can hold: taken as true or false, whatever else is."""

    text: str
    policies: tuple[str, ...]  # ids of those that it stands in


@dataclass(slots=True)
class Analysis:
    """The decision functions of some bundles; *functions* and *sides* are in their order. Not thread-safe."""

    space: Space
    tables: Tables
    variables: Mapping[str, Variable]
    free: Sequence[Mapping[Atom, Variable]]
    functions: tuple[DecisionFunction, ...]
    reachable: Diagram
    inexact: tuple[Inexact, ...]  # empty: exact
    earlier: Mapping[Use, Use]  # of two bundles: a use, as the second names it, to what the first calls it
    _codes: Mapping[str, Mapping[str, tuple[tuple[int, bool], ...]]] = field(repr=False)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The bundles, taken apart."""
        return self.tables.sides

    @property
    def outcome(self) -> Variable:
        """The variable of the outcome, below all others."""
        return self.variables[OUTCOME]

    @property
    def exact(self) -> bool:
        """Whether every condition was tabulated."""
        return not self.inexact

    def uses(self) -> tuple[Use, ...]:
        """Every use that some bundle declares, as the last one names it."""
        followed = {was: now for now, was in self.earlier.items()}
        return tuple(dict.fromkeys(followed.get(use, use) for side in self.sides for use in side.uses))

    def on(self, side: int, use: Use) -> Use:
        """*use* as the bundle *side* names it."""
        return self.earlier.get(use, use) if side == 0 else use

    def boxing(self) -> Boxing:
        """What covers diagrams that speak of persons, attributes and free conditions, where a person can be."""
        attributes = [name for name in self.variables if name.startswith(ATTRIBUTE)]
        free = dict.fromkeys(variable.name for several in self.free for variable in several.values())
        variables = [self.variables[name] for name in (*reversed(PERSON), *attributes, *free)]
        return Boxing(variables, self.reachable & self.space.all(variable.valid for variable in variables))

    def at(self, diagram: Diagram, use: Use) -> Diagram:
        """*diagram* for the question *use*: it then speaks of facts and attributes only."""
        return descend(diagram, [bit for setting in self.settings(use) for bit in setting])

    def settings(self, use: Use) -> tuple[tuple[tuple[int, bool], ...], ...]:
        """How each value of *use* is written in bits, in the order of ``USES``; alike for values of one class."""
        return tuple(self._codes[name][value] for name, value in zip(USES, use.values, strict=True))


def analyse(*drafts: Draft, budget: int = BUDGET) -> Analysis:
    """The analysis of *drafts* over the common refinement of their classes; raises ``AnalysisError``."""
    space = Space()
    tables = tabulate(drafts, budget)
    variables = {one.name: space.add(one.name, len(one.classes)) for one in tables.dimensions}
    free = _free(space, tables)
    for several in free:
        variables.update((one.name, one) for one in several.values())
    variables[OUTCOME] = space.add(OUTCOME, len(OUTCOMES))
    functions = tuple(_function(space, tables, number, variables, several) for number, several in enumerate(free))
    return Analysis(
        space=space,
        tables=tables,
        variables=variables,
        free=free,
        functions=functions,
        reachable=reachable(space, variables),
        inexact=_inexact(tables),
        earlier=_earlier(tables.sides),
        _codes={one.name: _bits(one, variables[one.name]) for one in tables.dimensions if one.name in USES},
    )


def _earlier(sides: tuple[Side, ...]) -> Mapping[Use, Use]:
    if len(sides) < 2:
        return {}
    old, new = sides
    return earlier_uses(old.uses, old.draft.catalog, new.draft.catalog)


def _free(space: Space, tables: Tables) -> tuple[dict[Atom, Variable], ...]:
    """A variable for each atom that no table holds; bundles share it where it must be the same in all of them."""
    shared: dict[Atom, Variable] = {}
    found: list[dict[Atom, Variable]] = []
    for number, (side, atoms) in enumerate(zip(tables.sides, tables.free, strict=True)):
        same = side.draft.catalog == tables.sides[0].draft.catalog
        own: dict[Atom, Variable] = {}
        for place, atom in enumerate(atoms):
            if same or all(name.startswith(ATTRIBUTE) for name in atom.reads):
                own[atom] = shared.get(atom) or space.add(f"condition {number}.{place}", 2)
                shared[atom] = own[atom]
            else:
                own[atom] = space.add(f"condition {number}.{place}", 2)
        found.append(own)
    return tuple(found)


def _function(
    space: Space, tables: Tables, number: int, variables: Mapping[str, Variable], free: Mapping[Atom, Variable]
) -> DecisionFunction:
    side = tables.sides[number]
    atoms = {atom: Three(one.codes[1], one.codes[0], space.false) for atom, one in free.items()}
    atoms.update(_atoms(space, tables, number, variables))
    policies = []
    for policy, formula in side.formulas:
        value = evaluate(formula, atoms)
        policies.append(PolicyFunction(policy, value.true, value.error))
    sendable = _sendable(space, tables, side, variables)
    return decide(space, tuple(policies), variables, variables[OUTCOME], sendable)


def _atoms(
    space: Space, tables: Tables, number: int, variables: Mapping[str, Variable]
) -> Iterable[tuple[Atom, Three]]:
    dimensions = {one.name: one for one in tables.dimensions}
    for group, (atoms, rows) in tables.groups[number].items():
        points: dict[tuple[int, ...], tuple[int, ...]] = {(): ()}
        for name in group:
            points = {
                (*numbers, n): (*places, members[0])
                for numbers, places in points.items()
                for n, members in enumerate(dimensions[name].classes)
            }
        where: dict[tuple[int, Truth], list[Diagram]] = {}
        for numbers, places in points.items():
            row = rows.get(places)
            if row is None:
                continue  # a value that this bundle does not have: nothing is asked about it
            code = space.all(variables[name].codes[n] for name, n in zip(group, numbers, strict=True))
            for place, truth in enumerate(row):
                where.setdefault((place, truth), []).append(code)
        for place, atom in enumerate(atoms):
            yield (
                atom,
                Three(*(space.any(where.get((place, truth), ())) for truth in (Truth.TRUE, Truth.FALSE, Truth.ERROR))),
            )


def _sendable(space: Space, tables: Tables, side: Side, variables: Mapping[str, Variable]) -> Diagram:
    """Where a caller sends only what the bundle declares, with its types."""
    parts = []
    for dimension in tables.dimensions:
        if dimension.name.startswith(ATTRIBUTE):
            known = sendable_values(dimension.name, dimension.values, side.draft.catalog)
            numbers = [number for number, members in enumerate(dimension.classes) if members[0] in known]
            parts.append(variables[dimension.name].among(numbers))
    return space.all(parts)


def _bits(dimension: Dimension, variable: Variable) -> dict[str, tuple[tuple[int, bool], ...]]:
    """How each value of a dimension is written in bits."""
    return {
        str(dimension.values[place]): variable.setting(number)
        for number, members in enumerate(dimension.classes)
        for place in members
    }


def _inexact(tables: Tables) -> tuple[Inexact, ...]:
    found: dict[str, set[str]] = {}
    for side, atoms in zip(tables.sides, tables.free, strict=True):
        wanted = set(atoms)
        for policy, formula in side.formulas:
            for atom in wanted.intersection(atoms_of(formula)):
                found.setdefault(text_of(atom), set()).add(policy.id)
    return tuple(Inexact(text, tuple(sorted(ids))) for text, ids in sorted(found.items()))
