"""Footprints: what of a question and of the facts policies observe. Nothing else can change what they say.

Read from the form of the syntax tree alone, so a footprint may be too large (`context.erased || true` observes
`erased`), never too small. Verdicts are remembered by it (`sidecar/policy/table.py`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cedarpy import pst

from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.tree import parts_of
from sidecar.policy.cedar.vocabulary import CONTEXT, ENTITY_ATTRIBUTES

QUESTION: Final = ("service", "action", "field", "purpose", "channel", "recipient")
"""The dimensions that a question has besides the caller's attributes."""

FACTS: Final = ("consent", "explicit", "by_guardian", "objected", "restricted", "erased", "age", "basis")
"""The dimensions of what is known about the person."""

COUNTERFACTUAL: Final = frozenset({"consent", "explicit", "by_guardian"})
"""
What a verdict may tell apart as soon as policies observe any of it.

The reason of a deny is found by asking again as if consent were given, explicit, by a guardian. If the answer to that
may differ, so may the verdict by what consent really is, in each of the three (`sidecar/policy/verdict.py`). If
policies observe none of them, asking again cannot give another answer, and nothing of consent is told.
"""

_VARIABLES: Final = {"principal": "service", "action": "action", "resource": "field"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What is observed. Immutable, and can be pickled."""

    dimensions: frozenset[str] = frozenset()  # of QUESTION and FACTS
    values: frozenset[str] = frozenset()  # the caller's attributes that are looked at
    presence: frozenset[str] = frozenset()  # those of which only `has` is asked; none of *values*

    def with_counterfactual(self) -> "Footprint":
        """What the verdict observes, if policies observe this: see ``COUNTERFACTUAL``."""
        if self.dimensions.isdisjoint(COUNTERFACTUAL):
            return self
        dimensions = self.dimensions | COUNTERFACTUAL
        return Footprint(dimensions=dimensions, values=self.values, presence=self.presence)


def union(footprints: Iterable[Footprint]) -> Footprint:
    """What any of *footprints* observes."""
    dimensions: set[str] = set()
    values: set[str] = set()
    presence: set[str] = set()
    for one in footprints:
        dimensions |= one.dimensions
        values |= one.values
        presence |= one.presence
    return Footprint(dimensions=frozenset(dimensions), values=frozenset(values), presence=frozenset(presence - values))


def footprints_of(policies: Iterable[Policy], attributes: Collection[str]) -> Mapping[str, Footprint]:
    """What each of *policies*, by id, observes; callers may send *attributes* and no others."""
    return {policy.id: footprint_of(policy.tree, attributes) for policy in policies}


def footprint_of(tree: pst.Template, attributes: Collection[str]) -> Footprint:
    """What one policy observes."""
    head: set[str] = set()
    # Of the head, `is` tells nothing: a principal is always a service, a resource always a field.
    if not isinstance(tree.principal, pst.ScopeAny | pst.ScopeIs):
        head.add("service")
    if not isinstance(tree.action, pst.ScopeAny):
        head.add("action")
    if not isinstance(tree.resource, pst.ScopeAny | pst.ScopeIs):
        head.add("field")
    return union((Footprint(dimensions=frozenset(head)), observed(tree.clauses, attributes)))


def observed(part: pst.Expr | tuple[pst.Clause, ...], attributes: Collection[str]) -> Footprint:
    """What *part* of a policy observes; callers may send *attributes* and no others."""
    reading = _Reading(attributes)
    reading.read(part)
    return Footprint(
        dimensions=frozenset(reading.dimensions),
        values=frozenset(reading.values),
        presence=frozenset(reading.presence - reading.values),
    )


class _Reading:
    """One walk over expressions. Does not recurse: depth is no limit."""

    def __init__(self, attributes: Collection[str]) -> None:
        self.dimensions: set[str] = set()
        self.values: set[str] = set()
        self.presence: set[str] = set()
        self._attributes = attributes

    def read(self, part: object) -> None:
        """Add all that *part* observes."""
        pending: list[object] = [part]
        while pending:
            node = pending.pop()
            path = _path(node)
            if path is not None:
                self._observe(path)
            elif isinstance(node, pst.HasAttr):
                pending.extend(self._has(node))
            elif isinstance(node, pst.Is) and node.in_expr is None and _is_certain(node.base):
                pass
            else:
                pending.extend(parts_of(node))

    def _observe(self, path: tuple[str, ...]) -> None:
        """Add what using the value at *path* observes: all that is below it."""
        match path:
            case ("context", "attributes", name, *_):
                self.values.add(name)
            case ("context", "attributes"):
                self.values.update(self._attributes)
            case ("context", name, *_) if name in CONTEXT:  # what an entity has is a matter of which one it is
                self.dimensions.add(name)
            case (variable, *_) if variable in _VARIABLES:
                self.dimensions.add(_VARIABLES[variable])
            case _:  # `context` itself, or a name in it that nothing has
                self.dimensions.update(CONTEXT)
                self.values.update(self._attributes)

    def _has(self, node: pst.HasAttr) -> tuple[pst.Expr, ...]:
        """Add what asking for the presence of attributes observes; gives back what is still to be read."""
        base = _path(node.base)
        if base is None:
            return (node.base,)
        match (*base, *node.attrs):
            case ("context", "attributes"):  # always there
                pass
            case ("context", "attributes", name):
                self.presence.add(name)
            case ("context", name, *below) if name in CONTEXT and set(below) <= set(_always_in(CONTEXT[name])):
                pass
            case path:
                self._observe(path)
        return ()


def _always_in(type_: str) -> Collection[str]:
    """Attributes that every entity of *type_* has; none of them is an entity itself."""
    return ENTITY_ATTRIBUTES.get(type_, ())


def _path(node: object) -> tuple[str, ...] | None:
    """The variable and the names behind it that *node* is; ``None`` if it is anything else."""
    names: list[str] = []
    while isinstance(node, pst.GetAttr):
        names.append(node.attr)
        node = node.base
    return (node.name, *reversed(names)) if isinstance(node, pst.Var) else None


def _is_certain(node: object) -> bool:
    """Whether the entity type of *node* is the same in all questions."""
    match _path(node):
        case (name,):
            return name in _VARIABLES
        case ("context", name):
            return name in CONTEXT
    return False
