"""A diagram in words' reach: covered by boxes, each a set of values in every dimension that matters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sidecar.policy.analysis.space import Diagram, Variable

Box = Mapping[str, frozenset[int]]
"""Numbers of values by dimension; one that is not named has any value."""

Point = Mapping[str, int]
"""One value in each dimension."""


@dataclass(frozen=True, slots=True)
class Boxing:
    """Covers what lies *within*; *variables* are tried from the first: what can be left out of a box best."""

    variables: Sequence[Variable]
    within: Diagram

    def cover(self, diagram: Diagram) -> tuple[Box, ...]:
        """Boxes that together are *diagram*, as far as it lies within; each as large as can be."""
        target = diagram & self.within
        rest, outside = target, self.within & ~target
        boxes: list[Box] = []
        while rest.satisfiable():
            sets, covered = self._grow(self.point(rest), outside)
            boxes.append({name: numbers for name, numbers in sets.items() if len(numbers) < self._sizes[name]})
            rest = rest & ~covered
        return tuple(boxes)

    def point(self, diagram: Diagram) -> Point:
        """A point of *diagram*, which must have one: the first value in each dimension that leaves one."""
        chosen: dict[str, int] = {}
        for variable in reversed(self.variables):
            number = next(n for n, code in enumerate(variable.codes) if (diagram & code).satisfiable())
            chosen[variable.name], diagram = number, diagram & variable.codes[number]
        return chosen

    def count(self, diagram: Diagram) -> int:
        """How many points *diagram* has within."""
        inner = diagram & self.within
        bits = sum(len(variable.bits) for variable in self.variables)
        depth = max((bit for variable in self.variables for bit in variable.bits), default=-1) + 1
        counted: int = inner.sat_count(depth)
        return counted >> (depth - bits)  # of the bits above, which it does not depend on, any

    @property
    def _sizes(self) -> dict[str, int]:
        return {variable.name: variable.size for variable in self.variables}

    def _grow(self, point: Point, outside: Diagram) -> tuple[dict[str, frozenset[int]], Diagram]:
        """The box around *point*, grown in one dimension after another until it would reach *outside* in any."""
        sets = {variable.name: frozenset({point[variable.name]}) for variable in self.variables}
        parts = {variable.name: variable.codes[point[variable.name]] for variable in self.variables}
        before: dict[str, frozenset[int]] = {}
        while sets != before:
            before = dict(sets)
            for variable in self.variables:
                # What nobody can be, given the rest of the box, adds nothing, and would keep others from growing.
                around = self._all_but(variable, parts)
                sets[variable.name] |= _touching(variable, around) - _touching(variable, around & outside)
                parts[variable.name] = variable.among(sets[variable.name])
            for variable in self.variables:
                if sets[variable.name] >= _touching(variable, self._all_but(variable, parts)):
                    # Nor is it worth a word.
                    sets[variable.name] = frozenset(range(variable.size))
                    parts[variable.name] = variable.valid
        return sets, self._all_but(None, parts)

    def _all_but(self, variable: Variable | None, parts: Mapping[str, Diagram]) -> Diagram:
        """The box of *parts*, with anything in the dimension of *variable*."""
        box = self.within
        for name, part in parts.items():
            if variable is None or name != variable.name:
                box = box & part
        return box


def _touching(variable: Variable, diagram: Diagram) -> frozenset[int]:
    """The values that *variable* has somewhere in *diagram*."""
    return frozenset(number for number, code in enumerate(variable.codes) if (diagram & code).satisfiable())
