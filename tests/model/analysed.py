"""An analysis asked one concrete question; which class a value is in is found by asking Cedar about the value."""

from collections.abc import Mapping
from typing import Final

from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Reason
from sidecar.policy.analysis.analysis import OUTCOME, Analysis
from sidecar.policy.analysis.dimensions import FACTS, USES
from sidecar.policy.analysis.outcomes import OUTCOMES, Outcome
from sidecar.policy.analysis.tables import Dimension
from sidecar.policy.cedar.atoms import ATTRIBUTE
from sidecar.policy.cedar.tabulate import Tabulator, Truth, Value
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from sidecar.policy.evaluation import Evaluation


class Analysed:
    """One of the bundles of *analysis*, asked about points."""

    def __init__(self, analysis: Analysis, side: int = 0) -> None:
        self._analysis = analysis
        self._side: Final = side
        self._function = analysis.functions[side]
        self._tabulator = Tabulator(analysis.sides[side].draft.catalog)
        self._rows: dict[tuple[str, type, Value], list[Truth]] = {}
        self._known: tuple[Question, Facts, list[tuple[int, bool]]] | None = None
        self._tests = [atom for atom in analysis.sides[side].atoms if atom.compares]
        self._written: dict[tuple[str, int], list[tuple[int, bool]]] = {}
        self._classes: dict[tuple[str, type, Value], int] = {}

    def evaluation(self, question: Question, facts: Facts) -> Evaluation:
        """What the policies say, as ``Policies.evaluate`` does."""
        args = self._args(question, facts)
        errs = tuple(sorted(one.policy.id for one in self._function.policies if one.errs.eval(args)))
        applying = [one.policy for one in self._function.policies if one.applies.eval(args)]
        forbids = [policy for policy in applying if policy.tree.effect == "forbid"]
        permits = [policy for policy in applying if policy.tree.effect == "permit"]
        if errs:
            return Evaluation(allowed=False, erring=tuple((id_, "") for id_ in errs))
        return Evaluation(
            allowed=bool(permits) and not forbids,
            determining=tuple(sorted(policy.id for policy in forbids or permits)),
            reasons=frozenset(policy.reason or Reason.FORBIDDEN for policy in forbids),
            masks=frozenset(policy.mask for policy in permits if policy.mask is not None)
            if not forbids
            else frozenset(),
        )

    def outcome(self, question: Question, facts: Facts) -> Outcome:
        """The answer: the one that the relation has; there must be exactly one."""
        args = self._args(question, facts)
        found = [
            outcome
            for number, outcome in enumerate(OUTCOMES)
            if self._function.relation.eval([*args, *self._bits(OUTCOME, number)])
        ]
        (outcome,) = found
        assert self._function.parts[outcome].eval(args)
        return outcome

    def _args(self, question: Question, facts: Facts) -> list[tuple[int, bool]]:
        if self._known is None or self._known[0] is not question or self._known[1] is not facts:
            self._known = (question, facts, self._find(question, facts))
        return self._known[2]

    def _find(self, question: Question, facts: Facts) -> list[tuple[int, bool]]:
        point = self._point(question, facts)
        args: list[tuple[int, bool]] = []
        for dimension in self._analysis.tables.dimensions:
            value = point.get(dimension.name)
            key = (dimension.name, type(value), value)
            if key not in self._classes:
                self._classes[key] = self._class(dimension, value)
            args += self._bits(dimension.name, self._classes[key])
        free = self._analysis.free[self._side]
        if free:
            (row,) = self._tabulator.table(list(free), [point])
            for truth, variable in zip(row, free.values(), strict=True):
                args += self._bits(variable.name, int(truth is Truth.TRUE))
        return args

    def _point(self, question: Question, facts: Facts) -> Mapping[str, Value]:
        point: dict[str, Value] = dict(
            zip(
                USES,
                (
                    question.service,
                    question.field,
                    question.purpose,
                    str(question.action),
                    question.recipient,
                    str(question.channel or NO_CHANNEL),
                ),
                strict=True,
            )
        )
        known = facts._asdict()
        point.update({name: v if isinstance(v, bool) else str(v) for name, v in known.items() if name in FACTS})
        point.update({ATTRIBUTE + name: value for name, _, value in question.attributes})
        return point

    def _class(self, dimension: Dimension, value: Value) -> int:
        for number, members in enumerate(dimension.classes):
            if any(_same(dimension.values[place], value) for place in members):
                return number
        wanted = self._row(dimension, value)
        return next(
            number
            for number, members in enumerate(dimension.classes)
            for one in (dimension.values[place] for place in members)
            if type(one) is type(value) and self._row(dimension, one) == wanted
        )

    def _row(self, dimension: Dimension, value: Value) -> list[Truth]:
        key = (dimension.name, type(value), value)
        if key not in self._rows:
            tests = [atom for atom in self._tests if ATTRIBUTE + atom.compares == dimension.name]
            self._rows[key] = self._tabulator.table(tests, [{dimension.name: value}])[0]
        return self._rows[key]

    def _bits(self, name: str, number: int) -> list[tuple[int, bool]]:
        if (name, number) not in self._written:
            bits = self._analysis.variables[name].bits
            self._written[name, number] = [
                (bit, bool(number >> (len(bits) - 1 - at) & 1)) for at, bit in enumerate(bits)
            ]
        return self._written[name, number]


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other
