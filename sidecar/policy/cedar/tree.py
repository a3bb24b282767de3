"""Walking Cedar's typed syntax tree."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, Final


def nodes(root: object) -> Iterator[Any]:
    """*root* and every node below it, in no particular order. Does not recurse: depth is no limit."""
    stack = [root]
    while stack:
        part = stack.pop()
        if _READERS[type(part)] is not None:
            yield part
        stack.extend(parts_of(part))


def parts_of(part: object) -> Iterable[Any]:
    """What stands right below *part*, a node or a collection of nodes: nodes, collections, plain values."""
    if isinstance(part, tuple):
        return part
    read = _READERS[type(part)]
    if read is not None:
        return read(part)
    return part.values() if isinstance(part, Mapping) else ()


class _Readers(dict[type, Callable[[object], tuple[Any, ...]] | None]):
    """By type what reads all parts of a node; ``None`` if that is no node. To find it out each time takes longer."""

    def __missing__(self, kind: type) -> Callable[[object], tuple[Any, ...]] | None:
        read = self[kind] = _reader(kind)
        return read


def _reader(kind: type) -> Callable[[object], tuple[Any, ...]] | None:
    if not is_dataclass(kind):
        return None
    names = [part.name for part in fields(kind)]
    if len(names) > 1:
        return attrgetter(*names)
    return (lambda node: (getattr(node, names[0]),)) if names else (lambda _: ())


_READERS: Final = _Readers()
