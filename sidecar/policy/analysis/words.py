"""Classes of questions in words that an author thinks in."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from sidecar.model.vocabulary import FIRST_PARTY, AgeBand, ConsentState
from sidecar.policy.analysis.analysis import Analysis
from sidecar.policy.analysis.boxes import Box, Point
from sidecar.policy.analysis.dimensions import FACT_VALUES, Use
from sidecar.policy.analysis.people import PERSON, Law
from sidecar.policy.analysis.tables import Dimension
from sidecar.policy.cedar.atoms import ATTRIBUTE, literals_of, text_of
from sidecar.policy.cedar.tabulate import Value
from sidecar.policy.cedar.vocabulary import NO_CHANNEL

_FLAGS: Final = {
    "explicit": ("explicit", "not explicit"),
    "by_guardian": ("by a guardian", "not by a guardian"),
    "objected": ("objected", "no objection"),
    "restricted": ("restricted", "not restricted"),
    "erased": ("erased", "not erased"),
}
_SHOWN: Final = 6


class Words:
    """Says what the numbers of one analysis stand for."""

    def __init__(self, analysis: Analysis) -> None:
        self._dimensions = {one.name: one for one in analysis.tables.dimensions}
        self.conditions: Final[Mapping[str, str]] = {
            variable.name: text_of(atom) for several in analysis.free for atom, variable in several.items()
        }
        """By the name of its dimension each condition that no table holds, in Cedar's notation."""
        self._literals: dict[str, set[str]] = {}
        for atom in (atom for side in analysis.sides for atom in side.atoms if atom.compares):
            texts = (one for one in literals_of(atom.expression) if isinstance(one, str))
            self._literals.setdefault(ATTRIBUTE + atom.compares, set()).update(texts)

    def box(self, box: Box) -> str:
        """When a question is in *box*: ``consent given, explicit, adult``; ``always`` if nothing matters."""
        return ", ".join(self._parts(box)) or "always"

    def point(self, point: Point) -> dict[str, Value]:
        """The facts of the person at *point*, by name."""
        return {name: FACT_VALUES[name][point[name]] for name in PERSON}

    def attributes(self, point: Point) -> dict[str, Value]:
        """What the caller sends at *point*, by name; of texts and numbers one that stands for others."""
        values = {name: one.shown(point[name]) for name, one in self._dimensions.items() if name.startswith(ATTRIBUTE)}
        return {name.removeprefix(ATTRIBUTE): value for name, value in values.items() if value is not None}

    def attribute(self, name: str, numbers: frozenset[int]) -> str:
        """When the caller's attribute whose dimension is *name* is in one of the classes *numbers*."""
        return _attribute(self._dimensions[name], numbers, self._literals.get(name, ()))

    def _parts(self, box: Box) -> Iterator[str]:
        if "consent" in box:
            yield _consent(box["consent"])
        for name, (yes, no) in _FLAGS.items():
            if name in box:
                yield yes if box[name] == {1} else no
        if "age" in box:
            yield _either(sorted(str(FACT_VALUES["age"][number]) for number in box["age"]), "age ")
        for name, numbers in box.items():
            if name.startswith(ATTRIBUTE):
                yield self.attribute(name, numbers)
            elif name in self.conditions:
                yield f"`{self.conditions[name]}`" if numbers == {1} else f"not `{self.conditions[name]}`"


def _consent(numbers: frozenset[int]) -> str:
    states = [str(FACT_VALUES["consent"][number]) for number in sorted(numbers)]
    others = [state for state in map(str, ConsentState) if state not in states]
    if len(others) == 1:
        return f"consent not {others[0]}"
    if len(others) == 2:
        return f"consent neither {others[0]} nor {others[1]}"
    return "consent " + _or(states)


def _either(values: Sequence[str], prefix: str) -> str:
    return f"{prefix}{_or(values)}"


def _or(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def _attribute(dimension: Dimension, numbers: frozenset[int], literals: Collection[str]) -> str:
    name = dimension.name.removeprefix(ATTRIBUTE)
    chosen = [dimension.values[place] for number in sorted(numbers) for place in dimension.classes[number]]
    sent = [value for value in chosen if value is not None]
    parts: list[str] = []
    if all(isinstance(value, bool) for value in sent):
        parts = [name if value else f"not {name}" for value in sent]
    elif all(isinstance(value, int) for value in sent):
        known = sorted(v for v in dimension.values if isinstance(v, int) and not isinstance(v, bool))
        parts = [_stretch(name, low, high) for low, high in _stretches(known, {v for v in sent if isinstance(v, int)})]
    elif all(isinstance(value, str) for value in sent):
        texts = [value for value in dimension.values if isinstance(value, str)]
        parts = _texts(name, [value for value in sent if isinstance(value, str)], texts, literals)
    else:
        parts = [f"{name} sent"]
    if None in chosen:
        parts.append(f"{name} not sent")
    return " or ".join(parts)


def _stretches(known: Sequence[int], chosen: set[int]) -> Iterator[tuple[int | None, int | None]]:
    """Stretches of numbers without a gap, ``None`` for no bound; what lies between two neighbours is like them."""
    start: int | None = None
    for place, number in enumerate(known):
        if number not in chosen:
            continue
        if place == 0 or known[place - 1] not in chosen:
            start = None if place == 0 else number
        if place == len(known) - 1:
            yield start, None
        elif known[place + 1] not in chosen:
            yield start, number


def _stretch(name: str, low: int | None, high: int | None) -> str:
    if low is None:
        return f"{name} sent" if high is None else f"{name} <= {high}"
    if high is None:
        return f"{name} >= {low}"
    return f"{name} == {low}" if low == high else f"{low} <= {name} <= {high}"


def _texts(name: str, chosen: Sequence[str], known: Sequence[str], literals: Collection[str]) -> list[str]:
    """A text that policies name stands for itself; any other for all that they do not tell from it."""
    others = [text for text in known if text not in chosen]
    if not others:
        return [f"{name} sent"]
    if all(text in literals for text in others):
        return [f"{name} other than {_or([_quoted(text) for text in others])}"]
    named = [_quoted(text) for text in chosen if text in literals]
    alike = [_quoted(text) for text in chosen if text not in literals]
    parts = [f"{name} == {_or(named)}"] if named else []
    return parts + ([f"{name} such as {_or(alike)}"] if alike else [])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def law_text(law: Law) -> str:
    """Where *law* holds, if not everywhere."""
    return f"where the law is that of {_or(law.jurisdictions)}" if law.jurisdictions else ""


def uses_text(uses: Iterable[Use]) -> Iterator[str]:
    """*uses* in as few lines as they fit: what they differ in by one thing only is one line."""
    for services, fields, purposes, actions, recipients, channels in merged([use.values for use in uses]):
        text = f"{_listed(services)}: {_or(actions)} {_listed(fields)} for {_listed(purposes)}"
        text += f" with {_listed(recipients)}" if recipients != (FIRST_PARTY,) else ""
        text += f" by {_or(channels)}" if channels != (NO_CHANNEL,) else ""
        yield text


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def merged(rows: Iterable[tuple[str, ...]]) -> list[tuple[tuple[str, ...], ...]]:
    """*rows* as products of sets: rows that differ in one place are put together, one place after another."""
    products: dict[tuple[tuple[str, ...], ...], None] = {tuple((value,) for value in row): None for row in rows}
    width = len(next(iter(products), ()))
    for place in (*range(width), *range(width)):
        # By sets: the same values may have come together in another order.
        together: dict[tuple[frozenset[str], ...], tuple[tuple[tuple[str, ...], ...], dict[str, None]]] = {}
        for one in products:
            rest = one[:place] + one[place + 1 :]
            together.setdefault(tuple(map(frozenset, rest)), (rest, {}))[1].update(dict.fromkeys(one[place]))
        products = {(*rest[:place], tuple(values), *rest[place:]): None for rest, values in together.values()}
    return list(products)


def person_text(person: Mapping[str, Value]) -> str:
    """Who *person* is: ``consent given, not explicit, adult``; of most things only that they are so."""
    parts = [f"consent {person['consent']}"]
    parts += [yes for name, (yes, _) in _FLAGS.items() if person[name]]
    if person["consent"] == ConsentState.GIVEN and not person["explicit"]:
        parts.insert(1, _FLAGS["explicit"][1])
    return ", ".join((*parts, "age unknown" if person["age"] == AgeBand.UNKNOWN else str(person["age"])))


def attributes_text(attributes: Mapping[str, Value]) -> str:
    """What is sent: ``amount_cents=10000, premium=true``; empty if nothing is."""
    return ", ".join(
        f"{name}={str(value).lower() if isinstance(value, bool) else value!r}" for name, value in attributes.items()
    )
