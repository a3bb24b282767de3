"""Boxes: what covers a diagram, and how much that is."""

from itertools import product
from math import prod
from random import Random

import pytest

from sidecar.policy.analysis.boxes import Box, Boxing
from sidecar.policy.analysis.space import Diagram, Space

SIZES = {"a": 2, "b": 3, "c": 5, "d": 1}
Points = set[tuple[int, ...]]


class _World:
    """Four dimensions, sets of points in them, and diagrams of these."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.space = Space()
        self.above = self.space.add("above", 6)  # what boxes do not speak of may be above and below
        self.variables = [self.space.add(name, size) for name, size in SIZES.items()]
        self.below = self.space.add("below", 3)
        self.every = list(product(*map(range, SIZES.values())))

    def some(self, share: float) -> Points:
        return {point for point in self.every if self.dice.random() < share}

    def diagram(self, points: Points) -> Diagram:
        return self.space.any(
            self.space.all(v.codes[n] for v, n in zip(self.variables, p, strict=True)) for p in points
        )

    def boxed(self, box: Box) -> Points:
        names = list(SIZES)
        return {p for p in self.every if all(n in box.get(name, {n}) for name, n in zip(names, p, strict=True))}


@pytest.mark.parametrize("seed", range(60))
def test_boxes_cover_exactly(seed: int) -> None:
    """Within, their union is what they cover; each is as large as can be; points and counts are right."""
    world = _World(seed)
    within, chosen = world.some(world.dice.choice((0.5, 0.9, 1.0))), world.some(world.dice.choice((0.1, 0.5, 0.9)))
    boxing = Boxing(world.variables, world.diagram(within))
    diagram = world.diagram(chosen)
    boxes = boxing.cover(diagram)
    target = chosen & within

    assert target == {point for box in boxes for point in world.boxed(box) & within}
    assert len(target) == boxing.count(diagram)
    for box in boxes:
        _check_maximal(world, box, within, target)
    if target:
        point = boxing.point(diagram & boxing.within)
        assert tuple(point[name] for name in SIZES) in target


def _check_maximal(world: _World, box: Box, within: Points, target: Points) -> None:
    """No dimension takes in another value that somebody within can have, without reaching outside."""
    for name, size in SIZES.items():
        for number in set(range(size)) - box.get(name, set(range(size))):
            larger = world.boxed({**box, name: box[name] | {number}}) & within
            gained = larger - world.boxed(box)
            assert not gained or not larger <= target, (box, name, number)


def test_what_is_everywhere_is_one_box_without_conditions() -> None:
    """Nothing is said of what does not matter."""
    world = _World(0)
    boxing = Boxing(world.variables, world.diagram(set(world.every)))

    assert ({},) == boxing.cover(world.space.true)
    assert () == boxing.cover(world.space.false)
    assert prod(SIZES.values()) == boxing.count(world.space.true)


def test_no_variables() -> None:
    """Without dimensions there is one point, or none."""
    space = Space()
    boxing = Boxing([], space.true)

    assert (1, 0) == (boxing.count(space.true), boxing.count(space.false))


def test_a_box_says_nothing_of_what_nobody_is() -> None:
    """Values that nobody within has, given the rest of the box, are not in it."""
    space = Space()
    consent, explicit = space.add("consent", 3), space.add("explicit", 2)
    within = space.all([consent.valid, ~(consent.codes[2] & explicit.codes[1])])
    boxing = Boxing([consent, explicit], within)

    (box,) = boxing.cover(explicit.codes[1] & ~consent.codes[0])

    assert {"consent": {1}, "explicit": {1}} == {name: set(numbers) for name, numbers in box.items()}
