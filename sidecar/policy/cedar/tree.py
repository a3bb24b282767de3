"""Walking Cedar's typed syntax tree."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def nodes(root: object) -> Iterator[Any]:
    """*root* and every node below it, in no particular order. Does not recurse: depth is no limit."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, Mapping):
            stack.extend(node.values())
        elif is_dataclass(node):
            yield node
            stack.extend(getattr(node, part.name) for part in fields(node))
