"""Which of the caller's attributes policies look at: verdicts are the same whatever the others say."""

from collections.abc import Iterable

from cedarpy import pst

from sidecar.policy.cedar.tree import nodes

_CONTEXT = pst.Var(name="context")
_ATTRIBUTES = pst.GetAttr(base=_CONTEXT, attr="attributes")


def attributes_read(trees: Iterable[object]) -> frozenset[str] | None:
    """Every name that some policy accesses, or asks for with ``has``; ``None`` if one uses the record as a whole.

    Too many names only make verdicts be remembered apart that are the same.
    """
    names: set[str] = set()
    for tree in trees:
        whole = 0
        for node in nodes(tree):
            if node in (_CONTEXT, _ATTRIBUTES):
                whole += 1
            if isinstance(node, pst.GetAttr | pst.HasAttr):
                names.update((node.attr,) if isinstance(node, pst.GetAttr) else node.attrs)
                if node.base in (_CONTEXT, _ATTRIBUTES):
                    whole -= 1
        if whole:
            return None
    return frozenset(names)
