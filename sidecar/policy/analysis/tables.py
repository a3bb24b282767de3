"""Atoms tabulated, and the values of each dimension put into classes that no atom tells apart.

Several bundles can be tabulated together: two values are then in one class only if no atom of any bundle tells them
apart. That common refinement is what makes their answers comparable.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

from sidecar.model.catalog import Catalog
from sidecar.model.decision import TYPE_NAMES
from sidecar.policy.analysis.dimensions import FACT_VALUES, FACTS, USES, Use, attribute_values
from sidecar.policy.analysis.uses import uses_of
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.atoms import ATTRIBUTE, Atom, Formula, atoms_of, formula_of
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.tabulate import Tabulator, Truth, Value

BUDGET: Final = 50_000
"""Evaluations of Cedar for atoms that read the same dimensions, 100 to 200 us each; beyond it they are free."""

Group = tuple[str, ...]
"""Dimensions that some atoms read, in their order."""

Rows = Mapping[tuple[int, ...], Sequence[Truth]]
"""By a value (its place) of each dimension of a group, its atoms; no row where the bundle lacks a value."""


@dataclass(frozen=True, slots=True)
class Side:
    """One bundle of a comparison, taken apart."""

    draft: Draft
    uses: tuple[Use, ...]
    formulas: tuple[tuple[Policy, Formula], ...]
    atoms: tuple[Atom, ...]  # each once


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension, its values in *classes*: of each the places in *values*, never empty; the first stands for it."""

    name: str
    values: tuple[Value, ...]
    classes: tuple[tuple[int, ...], ...]

    def numbers(self) -> dict[Value, int]:
        """The number of the class of each value; only of dimensions whose values are texts."""
        return {self.values[place]: number for number, members in enumerate(self.classes) for place in members}

    def shown(self, number: int) -> Value:
        """The value that stands for class *number*."""
        return self.values[self.classes[number][0]]


@dataclass(frozen=True, slots=True)
class Tables:
    """All that diagrams are built from; *groups* and *free* are by side."""

    sides: tuple[Side, ...]
    dimensions: tuple[Dimension, ...]
    groups: tuple[Mapping[Group, tuple[tuple[Atom, ...], Rows]], ...]
    free: tuple[tuple[Atom, ...], ...]  # atoms that no table can hold


def take_apart(draft: Draft) -> Side:
    """*draft* as policies built of atoms, and all that is declared."""
    formulas = tuple((policy, formula_of(policy, draft.catalog.attributes)) for policy in draft.policies)
    atoms = tuple(dict.fromkeys(atom for _, formula in formulas for atom in atoms_of(formula)))
    return Side(draft, uses_of(draft.catalog), formulas, atoms)


def tabulate(drafts: Iterable[Draft], budget: int = BUDGET) -> Tables:
    """The tables of *drafts*, over the values of all of them."""
    sides = tuple(map(take_apart, drafts))
    values, beyond = _values(sides)
    groups, free = [], []
    for side in sides:
        tables, rest = _tabulate(side, values, beyond, budget)
        groups.append(tables)
        free.append(rest)
    dimensions = tuple(
        Dimension(
            name,
            known,
            # Facts are few, and reasons tell them apart even where no policy does.
            tuple((place,) for place in range(len(known)))
            if name in FACTS
            else _classes(_columns(name, known, sides, groups)),
        )
        for name, known in values.items()
    )
    return Tables(sides, dimensions, tuple(groups), tuple(free))


def _values(sides: Sequence[Side]) -> tuple[dict[str, tuple[Value, ...]], set[str]]:
    """The values of each dimension, in the order of the diagrams; and attributes with too many texts to tell apart."""
    declared = [use.values for side in sides for use in side.uses]
    values: dict[str, tuple[Value, ...]] = {
        name: tuple(dict.fromkeys(use[place] for use in declared)) for place, name in enumerate(USES)
    }
    values.update((name, FACT_VALUES[name]) for name in FACTS)
    atoms = [atom for side in sides for atom in side.atoms]
    beyond: set[str] = set()
    for name in dict.fromkeys(name for side in sides for name in side.draft.catalog.attributes):
        found: dict[tuple[type, Value], Value] = {(type(None), None): None}
        for type_ in dict.fromkeys(side.draft.catalog.attributes.get(name, "") for side in sides):
            several = attribute_values(name, type_, atoms) if type_ else ()
            if several is None:
                beyond.add(name)
            for value in ("",) if several is None else several:
                found.setdefault((type(value), value), value)
        values[ATTRIBUTE + name] = tuple(found.values())
    return values, beyond


def _tabulate(
    side: Side, values: Mapping[str, tuple[Value, ...]], beyond: Collection[str], budget: int
) -> tuple[Mapping[Group, tuple[tuple[Atom, ...], Rows]], tuple[Atom, ...]]:
    order = {name: place for place, name in enumerate(values)}
    by_group: dict[Group, list[Atom]] = {}
    free: list[Atom] = []
    for atom in side.atoms:
        group = tuple(sorted(atom.reads, key=order.__getitem__))
        small = prod(len(values[name]) for name in group) <= budget
        if atom.exact and small and atom.compares not in beyond:
            by_group.setdefault(group, []).append(atom)
        else:
            free.append(atom)
    tabulator = Tabulator(side.draft.catalog)
    known = {name: _known(name, those, side.draft.catalog) for name, those in values.items()}
    tables: dict[Group, tuple[tuple[Atom, ...], Rows]] = {}
    for group, atoms in by_group.items():
        places = list(product(*(known[name] for name in group)))
        points = [{name: values[name][p] for name, p in zip(group, place, strict=True)} for place in places]
        tables[group] = (tuple(atoms), dict(zip(places, tabulator.table(atoms, points), strict=True)))
    return tables, tuple(free)


def _known(name: str, values: Sequence[Value], catalog: Catalog) -> list[int]:
    """Places of those *values* of a dimension that a question under *catalog* can have."""
    keys = {
        "service": catalog.services,
        "field": catalog.fields,
        "purpose": catalog.purposes,
        "recipient": catalog.recipients,
    }
    if name in keys:
        return [place for place, value in enumerate(values) if value in keys[name]]
    return sendable_values(name, values, catalog) if name.startswith(ATTRIBUTE) else list(range(len(values)))


def sendable_values(name: str, values: Sequence[Value], catalog: Catalog) -> list[int]:
    """Places of those *values* of the dimension *name*, a caller's attribute, that *catalog* lets a caller send."""
    wanted = catalog.attributes.get(name.removeprefix(ATTRIBUTE))
    return [place for place, value in enumerate(values) if value is None or TYPE_NAMES.get(type(value)) == wanted]


def _columns(
    name: str,
    values: Sequence[Value],
    sides: Sequence[Side],
    groups: Sequence[Mapping[Group, tuple[tuple[Atom, ...], Rows]]],
) -> list[list[object]]:
    """For each of *values* all that any table says of it, and by which bundles a caller may send it."""
    columns: list[list[object]] = [[] for _ in values]
    for side, tables in zip(sides, groups, strict=True):
        if name.startswith(ATTRIBUTE):
            sendable = sendable_values(name, values, side.draft.catalog)
            for number, column in enumerate(columns):
                column.append(number in sendable)
        for group, (_, rows) in tables.items():
            if name not in group:
                continue
            place = group.index(name)
            slices: dict[int, list[tuple[tuple[int, ...], tuple[Truth, ...]]]] = {}
            for at, row in rows.items():
                slices.setdefault(at[place], []).append((at[:place] + at[place + 1 :], tuple(row)))
            for number, column in enumerate(columns):
                column.append(tuple(slices.get(number, ())))
    return columns


def _classes(columns: Sequence[Sequence[object]]) -> tuple[tuple[int, ...], ...]:
    """Places put together where the columns are the same."""
    classes: dict[tuple[object, ...], list[int]] = {}
    for number, column in enumerate(columns):
        classes.setdefault(tuple(column), []).append(number)
    return tuple(map(tuple, classes.values()))
