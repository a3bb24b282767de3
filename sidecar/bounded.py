"""A map that never grows past its capacity, and forgets what was not asked for lately."""

from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_STEP: Final = 64


class Generations(Generic[K, V]):
    """Two dictionaries, the young and the old one: when the young is full, it becomes the old, and the old forgotten.

    What is found in the old is put back into the young, so an entry survives if it is asked for at least once while
    half a capacity of others comes in. That costs one dictionary look-up, where a strict order of use would cost a
    linked list. What is forgotten is let go of a little with each ``put``, for dropped as a whole it would hold
    everybody up; until then it takes room, half a capacity at most, though nobody finds it any more.

    Of values that *weigh* more than one the capacity holds so many fewer.

    Threads: any number may call ``get`` and ``put`` at once while the interpreter lock is there. Each step is one
    dictionary operation or one store of a reference. The worst that a race does is to forget entries early, or to
    hold as many entries too many as there are threads; it never gives a key another key's value. Fit for values that
    can be computed again, and for nothing else.
    """

    __slots__ = ("_gone", "_half", "_load", "_old", "_weigh", "_young")

    def __init__(self, capacity: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        if capacity < 2:
            raise ValueError(f"the capacity must be at least 2, got {capacity}")
        self._half = capacity // 2
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._gone: dict[K, V] = {}
        self._weigh = weigh
        self._load = 0  # of the young

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
        if key not in young:
            weight = self._weigh(value)
            if self._load + weight > self._half and young:
                self._gone, self._old = self._old, young
                self._young = young = {}
                self._load = 0
            self._load += weight
        young[key] = value
        if self._gone:
            _let_go(self._gone, 2)

    def values(self) -> tuple[V, ...]:
        """All values, those that were put or asked for lately last; one that is in both generations comes twice."""
        return (*self._old.values(), *self._young.values())

    def retire(self) -> Iterator[None]:
        """Forget everything, a little at each step."""
        for generation in (self._gone, self._old, self._young):
            while generation:
                _let_go(generation, _STEP)
                yield
        self._load = 0

    def __len__(self) -> int:
        """How many entries may be found; one that is in both generations counts twice."""
        return len(self._young) + len(self._old)


def _let_go(held: dict[K, V], most: int) -> None:
    try:
        for _ in range(most):
            held.popitem()
    except KeyError:
        pass  # nothing is left
