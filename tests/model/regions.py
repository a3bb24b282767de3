"""Regions as sets: an atom is the box of all concrete values at or below its own, in each of four dimensions."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sidecar.model.catalog import Catalog
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Channel

Box = tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]


def _dotted(value: str, other: str) -> bool:
    """In purposes and categories the dots are the hierarchy, and `*` is above everything."""
    steps = other.split(".")
    return other == "*" or value.split(".")[: len(steps)] == steps


def _flat(value: str, other: str) -> bool:
    """Channels have no hierarchy but for `*`."""
    return other in ("*", value)


def _recipient(value: str, other: str) -> bool:
    """`*` is above all, `third_party` above every third party that has a name; `first_party` is apart."""
    named_third_party = value not in ("*", "first_party", "third_party")
    return other in ("*", value) or (other == "third_party" and named_third_party)


AT_OR_BELOW = (_dotted, _dotted, _flat, _recipient)


@dataclass(frozen=True)
class Universe:
    """Every value there is, in each dimension, the `*` and all inner nodes among them."""

    values: Box

    @classmethod
    def of(cls, catalog: Catalog, atoms: Iterable[Atom]) -> "Universe":
        """What the catalog declares and what *atoms* mention."""
        known: tuple[set[str], ...] = (
            set(catalog.purposes),
            set(catalog.categories),
            set(Channel),
            set(catalog.recipients),
        )
        for atom in atoms:
            for values, value in zip(known, atom, strict=True):
                values.add(value)
        purposes, categories, channels, recipients = (frozenset({*map(str, values), "*"}) for values in known)
        return cls((purposes, categories, channels, recipients))

    @cache  # noqa: B019  (a test's lifetime)
    def box(self, atom: Atom) -> Box:
        """All concrete values at or below those of *atom*.

        Every value is itself one of its box, so one box lies inside another exactly if its atom is at least as
        narrow in every dimension, and two boxes meet exactly if in every dimension one value equals the other or
        is above or below it (the hierarchies are trees).
        """
        purposes, categories, channels, recipients = (
            frozenset(value for value in values if at_or_below(value, top))
            for values, top, at_or_below in zip(self.values, atom, AT_OR_BELOW, strict=True)
        )
        return purposes, categories, channels, recipients


def inside(box: Box, other: Box) -> bool:
    """Whether every value of *box* is one of *other*."""
    return all(side <= other_side for side, other_side in zip(box, other, strict=True))


def strictly_inside(box: Box, other: Box) -> bool:
    """Whether *box* is inside *other* and not the same."""
    return inside(box, other) and box != other


def common(box: Box, other: Box) -> Box:
    """The values that both have."""
    return box[0] & other[0], box[1] & other[1], box[2] & other[2], box[3] & other[3]


def is_empty(box: Box) -> bool:
    """Whether no combination of values is in *box*."""
    return any(not side for side in box)
