"""Diagrams as plain values, for what has no oxidd: a page in a browser."""

from collections.abc import Sequence
from typing import Final

from sidecar.policy.analysis.space import Diagram, Variable, descend


class Trees:
    """Decision trees that share what is equal: each node asks for one dimension and has a child for each value.

    Not thread-safe.
    """

    def __init__(self, variables: Sequence[Variable], outcome: Variable) -> None:
        self._variables = variables
        self._outcome = outcome
        self._places = {bit: place for place, variable in enumerate(variables) for bit in variable.bits}
        self._numbers: dict[tuple[int, ...], int] = {}
        self._made: dict[Diagram, int] = {}
        self.nodes: Final[list[tuple[int, ...]]] = []
        """Of each node the place of its dimension, then its children by value.

        A child is the number of a node, or below zero: ``~leaf``, where a leaf is 1 or 0 for true or false, or the
        number of an outcome.
        """

    def add(self, diagram: Diagram) -> int:
        """The tree of *diagram*, a relation of anything and the outcome, or a condition: a child, as nodes have it."""
        known = self._made.get(diagram)
        if known is None:
            known = self._made[diagram] = self._child(diagram)
        return known

    def _child(self, diagram: Diagram) -> int:
        if not diagram.satisfiable():
            return ~0
        if diagram.valid():
            return ~1
        place = self._places.get(diagram.node_var())
        if place is None:
            return ~self._answer(diagram)
        variable = self._variables[place]
        children = [self.add(descend(diagram, variable.setting(number))) for number in range(variable.size)]
        if len(set(children)) == 1:
            return children[0]
        node = (place, *children)
        number = self._numbers.setdefault(node, len(self.nodes))
        if number == len(self.nodes):
            self.nodes.append(node)
        return number

    def _answer(self, diagram: Diagram) -> int:
        """The one outcome that *diagram*, which speaks of nothing else any more, has."""
        return next(
            number for number in range(self._outcome.size) if descend(diagram, self._outcome.setting(number)).valid()
        )
