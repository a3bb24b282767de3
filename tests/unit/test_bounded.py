"""The bounded map."""

import pytest

from sidecar.bounded import Generations


def test_what_was_put_is_found() -> None:
    """A value comes back under its key, and under no other."""
    held: Generations[str, int] = Generations(4)
    held.put("a", 1)

    assert held.get("a") == 1
    assert held.get("b") is None


def test_a_later_value_replaces_an_earlier_one() -> None:
    """Putting a key again changes its value and takes no more room."""
    held: Generations[str, int] = Generations(4)
    held.put("a", 1)
    held.put("b", 1)
    held.put("a", 2)

    assert held.get("a") == 2
    assert len(held) == 2


@pytest.mark.parametrize("capacity", [2, 3, 8])
def test_never_more_than_the_capacity(capacity: int) -> None:
    """However many entries come in, however often old ones are asked for, no more than the capacity are held."""
    held: Generations[int, int] = Generations(capacity)
    sizes = []
    for number in range(100):
        held.put(number, number)
        held.get(number - capacity // 2)
        sizes.append(len(held))

    assert max(sizes) <= capacity


def test_what_is_asked_for_survives() -> None:
    """An entry that is asked for within each half capacity of others is never forgotten."""
    held: Generations[int, int] = Generations(10)
    held.put(-1, -1)
    kept = []
    for number in range(100):
        held.put(number, number)
        kept.append(held.get(-1))

    assert kept == [-1] * 100


def test_the_latest_value_comes_last() -> None:
    """Who puts them all into another map, in this order, loses those first that nobody asked for."""
    held: Generations[str, int] = Generations(4)
    for number, key in enumerate("abc"):
        held.put(key, number)
    held.get("a")

    assert (0, 1, 2, 0) == held.values()


def test_what_is_not_asked_for_goes() -> None:
    """An entry that nobody asks for is forgotten after a capacity of others."""
    held: Generations[int, int] = Generations(10)
    held.put(-1, -1)
    for number in range(10):
        held.put(number, number)

    assert held.get(-1) is None


def test_a_map_is_emptied_in_small_steps() -> None:
    """Both generations, in steps that need not all be taken."""
    held: Generations[int, int] = Generations(400)
    for number in range(300):
        held.put(number, number)
    sizes = [len(held) for _ in held.retire()]

    assert [236, 172, 108, 100, 36, 0] == sizes
    assert [] == list(held.retire())


def test_what_is_forgotten_is_let_go_of_a_little_at_a_time() -> None:
    """With each entry that comes two, so that nobody waits for thousands of them."""
    freed: list[int] = []
    held: Generations[int, _Told] = Generations(8)
    sizes = []
    for number in range(16):
        held.put(number, _Told(number, freed))
        sizes.append(len(freed))

    assert [0] * 8 + [2, 4, 4, 4, 6, 8, 8, 8] == sizes
    for _ in held.retire():
        pass
    assert list(range(16)) == sorted(freed)


class _Told:
    """Tells when it is let go of."""

    def __init__(self, number: int, freed: list[int]) -> None:
        self._number = number
        self._freed = freed

    def __del__(self) -> None:
        self._freed.append(self._number)


def test_what_weighs_more_leaves_less_room() -> None:
    """One that is heavier than half of all is alone in its generation."""
    held: Generations[int, str] = Generations(8, len)
    texts = ("a", "bb", "c", "dd", "a long one", "e")
    for number, text in enumerate(texts):
        held.put(number, text)

    assert ("a long one", "e") == held.values()


def test_a_capacity_below_two_is_refused() -> None:
    """Two generations need room for one entry each."""
    with pytest.raises(ValueError, match="at least 2, got 1"):
        Generations(1)
