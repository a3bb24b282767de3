"""What Cedar parsed, held as long as it is in use, and let go piece by piece."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class Parsed(Generic[T]):
    """The outcome of *parse*, which is called at once, and can be called again.

    Cedar frees what it parsed with the interpreter held, all at once. So that this takes long for nobody, it is let go
    in pieces, when hardly anybody asks any more; who still does gets the same, only later.

    Threads: may be shared.
    """

    __slots__ = ("_held", "_parse")

    def __init__(self, parse: Callable[[], T]) -> None:
        self._parse: Final = parse
        self._held: T | None = parse()

    def get(self) -> T:
        """What was parsed; parsed anew after ``retire``, and then not kept."""
        held = self._held
        return self._parse() if held is None else held

    def retire(self) -> None:
        """Free it, now or as soon as nobody uses it."""
        self._held = None
