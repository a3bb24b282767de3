"""Concrete situations of a use, and where a table or a page has them: who is asked about, and what the caller sends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from random import Random

from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Basis, Channel
from sidecar.policy.analysis.analysis import Analysis
from sidecar.policy.analysis.dimensions import FACT_VALUES, Use
from sidecar.policy.analysis.people import PERSON
from sidecar.policy.analysis.tables import Dimension
from sidecar.policy.cedar.atoms import ATTRIBUTE
from sidecar.policy.cedar.tabulate import Tabulator, Truth, Value
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from tests.model.people import facts_of, persons


@dataclass(frozen=True, slots=True)
class Situation:
    """One concrete question, and its *point*: in each dimension of an analysis the number of the value."""

    question: Question
    facts: Facts
    point: Mapping[str, int]


class Situations:
    """Finds the situations of uses of the first bundle of an analysis; values of a class all appear."""

    def __init__(self, analysis: Analysis) -> None:
        self._catalog = analysis.sides[0].draft.catalog
        self._attributes = [one for one in analysis.tables.dimensions if one.name.startswith(ATTRIBUTE)]
        self._free = analysis.free[0]
        self._tabulator = Tabulator(self._catalog)
        self._persons = tuple(persons())

    def every(self, use: Use, basis: Basis, *, sending: bool = True) -> Iterator[Situation]:
        """All of them; unless *sending* only those in which the caller sends no attribute."""
        choices = [[(number, v) for number, v in _places(one) if sending or v is None] for one in self._attributes]
        for person, sent in product(self._persons, product(*choices)):
            yield self._situation(use, basis, person, sent)

    def some(self, use: Use, basis: Basis, dice: Random, count: int) -> Iterator[Situation]:
        """*count* of them, by *dice*."""
        choices = [list(_places(one)) for one in self._attributes]
        for _ in range(count):
            sent = tuple(dice.choice(places) for places in choices)
            yield self._situation(use, basis, dice.choice(self._persons), sent)

    def _situation(self, use: Use, basis: Basis, person: Facts, sent: tuple[tuple[int, Value], ...]) -> Situation:
        facts = facts_of(person, self._catalog.purposes[use.purpose], basis)
        known = person._asdict()
        point = {name: FACT_VALUES[name].index(known[name]) for name in PERSON}
        point.update({one.name: number for one, (number, _) in zip(self._attributes, sent, strict=True)})
        values = {one.name: value for one, (_, value) in zip(self._attributes, sent, strict=True)}
        point.update(self._conditions(use, facts, values))
        return Situation(self._question(use, values), facts, point)

    def _conditions(self, use: Use, facts: Facts, values: Mapping[str, Value]) -> dict[str, int]:
        """What each condition that no table holds is: Cedar says."""
        if not self._free:
            return {}
        asked: dict[str, Value] = {"service": use.service, "field": use.field, "purpose": use.purpose}
        asked |= {"action": str(use.action), "recipient": use.recipient, "channel": use.channel}
        asked |= {name: v if isinstance(v, bool) else str(v) for name, v in facts._asdict().items()}
        (row,) = self._tabulator.table(list(self._free), [{**asked, **values}])
        return {one.name: int(truth is Truth.TRUE) for truth, one in zip(row, self._free.values(), strict=True)}

    def _question(self, use: Use, values: Mapping[str, Value]) -> Question:
        sent = sorted((name.removeprefix(ATTRIBUTE), value) for name, value in values.items() if value is not None)
        return Question(
            service=use.service,
            action=use.action,
            field=use.field,
            purpose=use.purpose,
            channel=None if use.channel == NO_CHANNEL else Channel(use.channel),
            recipient=use.recipient,
            attributes=tuple((name, self._catalog.attributes[name], value) for name, value in sent),
        )


def _places(dimension: Dimension) -> Iterator[tuple[int, Value]]:
    """Each value of *dimension* with the number of its class."""
    for number, members in enumerate(dimension.classes):
        yield from ((number, dimension.values[place]) for place in members)
