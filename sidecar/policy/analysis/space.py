"""Decision diagrams over classes: each dimension is some bits, each of its classes one code of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from sidecar.errors import AnalysisError

Diagram = Any
"""A boolean function of oxidd: equal functions are equal objects, whatever they were made from."""

_NODES: Final = 1 << 23
_CACHE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Variable:
    """A dimension with *size* classes: *codes* are the diagrams of each, *valid* that of any, *bits* what they use."""

    name: str
    size: int
    bits: tuple[int, ...]
    codes: tuple[Diagram, ...]
    valid: Diagram
    cube: Diagram  # of all its bits, to quantify over

    def among(self, numbers: Collection[int]) -> Diagram:
        """Where the dimension is in one of the classes *numbers*."""
        return _any([self.codes[number] for number in numbers], self.valid & ~self.valid)

    def setting(self, number: int) -> tuple[tuple[int, bool], ...]:
        """How class *number* is written in bits: for ``descend``."""
        width = len(self.bits)
        return tuple((bit, bool(number >> (width - 1 - place) & 1)) for place, bit in enumerate(self.bits))


class Space:
    """A manager of diagrams; variables are added from the top of their order to the bottom. Not thread-safe."""

    def __init__(self) -> None:
        try:
            from oxidd.bdd import BDDManager  # noqa: PLC0415 - an extra, needed by nothing else
        except ImportError as error:
            raise AnalysisError(
                "exact analysis needs decision diagrams: pip install 'consent-sidecar[analysis]'"
            ) from error
        self._manager = BDDManager(_NODES, _CACHE, 1)
        self.true: Diagram = self._manager.true()
        self.false: Diagram = self._manager.false()

    def add(self, name: str, size: int) -> Variable:
        """A new variable of *size* values below all others."""
        bits = tuple(self._manager.add_vars(max(size - 1, 0).bit_length()))
        literals = [(self._manager.not_var(bit), self._manager.var(bit)) for bit in bits]
        codes = tuple(
            self.all(pair[number >> place & 1] for place, pair in enumerate(reversed(literals)))
            for number in range(size)
        )
        cube = self.all(positive for _, positive in literals)
        return Variable(name, size, bits, codes, self.any(codes), cube)

    def all(self, parts: Iterable[Diagram]) -> Diagram:
        """Where all *parts* hold."""
        return reduce(lambda one, other: one & other, parts, self.true)

    def any(self, parts: Iterable[Diagram]) -> Diagram:
        """Where some of *parts* holds."""
        return _any(list(parts), self.false)


def _any(parts: Sequence[Diagram], false: Diagram) -> Diagram:
    """The disjunction, by halves: it keeps what is in between small."""
    if len(parts) <= 1:
        return parts[0] if parts else false
    middle = len(parts) // 2
    return _any(parts[:middle], false) | _any(parts[middle:], false)


def fix(diagram: Diagram, variable: Variable, number: int) -> Diagram:
    """*diagram* where *variable* has the value *number*; no longer depends on it."""
    return (diagram & variable.codes[number]).exists(variable.cube)


def descend(diagram: Diagram, bits: Sequence[tuple[int, bool]]) -> Diagram:
    """*diagram* where *bits* are set as said; they must be at the top of the order, and in it."""
    top = diagram.node_var()
    for bit, value in bits:
        if top == bit:
            when_true, when_false = diagram.cofactors()
            diagram = when_true if value else when_false
            top = diagram.node_var()
    return diagram
