"""A map that never grows past its capacity, and forgets what was not asked for lately."""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_STEP: Final = 64


class Generations(Generic[K, V]):
    """Two dictionaries, the young and the old one: when the young is full, it becomes the old, and the old is dropped.

    What is found in the old is put back into the young, so an entry survives if it is asked for at least once while
    half a capacity of others comes in. That costs one dictionary look-up, where a strict order of use would cost a
    linked list.

    Threads: any number may call ``get`` and ``put`` at once while the interpreter lock is there. Each step is one
    dictionary operation or one store of a reference. The worst that a race does is to forget entries early, or to
    hold as many entries too many as there are threads; it never gives a key another key's value. Fit for values that
    can be computed again, and for nothing else.
    """

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, capacity: int) -> None:
        if capacity < 2:
            raise ValueError(f"the capacity must be at least 2, got {capacity}")
        self._half = capacity // 2
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value of *key*; ``None`` if there is none, or no longer."""
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember *value*, which must not be ``None``."""
        young = self._young
        if len(young) >= self._half and key not in young:
            self._old = young
            self._young = young = {}
        young[key] = value

    def values(self) -> tuple[V, ...]:
        """All values, those that were put or asked for lately last; one that is in both generations comes twice."""
        return (*self._old.values(), *self._young.values())

    def retire(self) -> Iterator[None]:
        """Forget everything, a little at each step: dropped as a whole, thousands of entries would take too long."""
        for generation in (self._old, self._young):
            while generation:
                for _ in range(min(_STEP, len(generation))):
                    generation.popitem()
                yield

    def __len__(self) -> int:
        """How many entries are held; one that is in both generations counts twice."""
        return len(self._young) + len(self._old)
