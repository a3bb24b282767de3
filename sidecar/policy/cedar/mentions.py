"""Which names of the context a policy says: all that must be there when it is evaluated.

Told by name alone, wherever it stands: more may be found than what is looked at, never less. Unlike a footprint it has
names whose value changes nothing: `context has purpose` is always true, as long as the purpose is there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cedarpy import pst

from sidecar.policy.cedar.tree import parts_of
from sidecar.policy.cedar.vocabulary import CONTEXT, SENT


@dataclass(frozen=True, slots=True)
class Mentions:
    """Names of the context, and of the caller's attributes in it. Can be pickled."""

    context: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()

    def __or__(self, other: "Mentions") -> "Mentions":
        """What either says."""
        return Mentions(self.context | other.context, self.attributes | other.attributes)


def everything(attributes: Iterable[str]) -> Mentions:
    """All that can be said, where callers may send *attributes*."""
    return Mentions(frozenset((*CONTEXT, SENT)), frozenset(attributes))


def mentions_of(tree: pst.Template, known: Mentions) -> Mentions:
    """What the policy *tree* says of *known*, which is all that there is. Does not recurse: depth is no limit."""
    names: set[str] = set()
    pending: list[object] = [tree.clauses]
    while pending:
        part = pending.pop()
        match part:
            case pst.Var(name="context"):
                return known  # as a whole: compared, or in a record or a set
            case pst.GetAttr(attr=attr):
                names.update((attr, *(known.attributes if attr == SENT else ())))
            case pst.HasAttr(attrs=attrs):
                names.update(attrs)
            case _:
                pending.extend(parts_of(part))
                continue
        base = part.base
        while isinstance(base, pst.GetAttr):
            names.add(base.attr)
            base = base.base
        if base != pst.Var("context"):
            pending.append(base)
    return Mentions(known.context & names, known.attributes & names)
