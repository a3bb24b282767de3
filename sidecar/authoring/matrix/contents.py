"""What the page of a matrix is made of: plain values, which answer every question by themselves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import AgeBand, Basis, ConsentState
from sidecar.policy.analysis.determining import Determining
from sidecar.policy.analysis.dimensions import FACT_VALUES, Use
from sidecar.policy.analysis.matrix import Block, Matrix, Shade, shade_of
from sidecar.policy.analysis.outcomes import NUMBERS, OUTCOMES
from sidecar.policy.analysis.people import PERSON, Law
from sidecar.policy.analysis.space import Variable
from sidecar.policy.analysis.trees import Trees
from sidecar.policy.analysis.words import Words
from sidecar.policy.cedar.atoms import ATTRIBUTE
from sidecar.policy.cedar.tabulate import Value

_MANY: Final = 20_000
"""Cells beyond which the page begins with one purpose."""

_SHADES: Final = {Shade.ALLOWED: "allowed", Shade.MASKED: "masked", Shade.LACKING: "lacking", Shade.DENIED: "denied"}
_SAID: Final[Mapping[Value, str]] = {False: "no", True: "yes"}
_START: Final[Mapping[str, str]] = {"consent": ConsentState.GIVEN, "age": AgeBand.ADULT}


def contents(matrix: Matrix) -> dict[str, Any]:
    """All that the page of *matrix* knows, as JSON has it.

    ``uses`` name what they consist of by number, and have one class for each basis of their purpose. A class has the
    tree of its answer and, for each policy that can speak, the trees of where it applies and where it errs. A tree is a
    child as ``Trees.nodes`` has it; a situation, what it is asked about, is a value of each of ``dimensions``.
    """
    return _Page(matrix).plain()


class _Page:
    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._analysis = matrix.analysis
        self._side = matrix.analysis.sides[0]
        self._words = Words(matrix.analysis)
        self._variables = self._known()
        self._trees = Trees(self._variables, matrix.analysis.outcome)
        self._classes: dict[tuple[Any, ...], int] = {}
        self._cases: dict[tuple[Any, ...], int] = {}

    def plain(self) -> dict[str, Any]:
        """Everything."""
        catalog, uses = self._side.draft.catalog, self._matrix.uses
        purposes = [key for key in catalog.purposes if any(key == use.purpose for use in uses)]
        jurisdictions = ["", *sorted({c for key in purposes for c in catalog.purposes[key].basis_by_jurisdiction})]
        lists: dict[str, Sequence[str]] = {
            "purpose": purposes,
            "service": _present(catalog.services, (use.service for use in uses)),
            "field": _present(catalog.fields, (use.field for use in uses)),
            "action": tuple(dict.fromkeys(str(use.action) for use in uses)),
            "recipient": _present(catalog.recipients, (use.recipient for use in uses)),
            "channel": tuple(dict.fromkeys(use.channel for use in uses)),
        }
        found = self._uses(lists, uses)
        return {
            "revision": self._side.draft.files.revision,
            "inexact": [{"text": one.text, "policies": one.policies} for one in self._matrix.inexact],
            "policies": self._policies(),
            "services": [{"key": key, "title": catalog.services[key].title} for key in lists["service"]],
            "fields": [_field(catalog, key) for key in lists["field"]],
            "purposes": [_purpose(catalog, key, jurisdictions) for key in purposes],
            "recipients": [{"key": key, "title": catalog.recipients[key].title} for key in lists["recipient"]],
            "actions": lists["action"],
            "channels": lists["channel"],
            "jurisdictions": jurisdictions,
            "bases": list(map(str, Basis)),
            "dimensions": [self._dimension(variable) for variable in self._variables],
            "outcomes": [
                {"effect": o.effect, "reason": o.reason, "mask": o.mask, "shade": _SHADES[shade_of(o)]}
                for o in OUTCOMES
            ],
            "reachable": self._trees.add(self._analysis.reachable),
            "start": 0 if len(lists["service"]) * len(lists["field"]) > _MANY else -1,
            "uses": found,
            "classes": [
                {"root": root, "interests": interests, "speaking": speaking, "cases": cases}
                for root, interests, speaking, cases in self._classes
            ],
            "cases": [[[outcomes, when] for outcomes, when in told] for told in self._cases],
            "nodes": self._trees.nodes,
        }

    def _known(self) -> list[Variable]:
        variables = self._analysis.variables
        # What no policy looks at makes no difference to anybody.
        sent = [name for name, one in variables.items() if name.startswith(ATTRIBUTE) and one.size > 1]
        return [variables[name] for name in (*PERSON, *sent, *self._words.conditions)]

    def _policies(self) -> list[dict[str, str]]:
        return [
            {"id": policy.id, "title": policy.title, "effect": policy.tree.effect} for policy, _ in self._side.formulas
        ]

    def _uses(self, lists: Mapping[str, Sequence[str]], uses: Iterable[Use]) -> list[list[Any]]:
        determining = Determining(self._analysis)
        classes: dict[Use, dict[int, int]] = {use: {} for use in uses}
        for block in self._matrix.blocks:
            answered = (self._trees.add(block.relation), block.law.bases[0] is Basis.LEGITIMATE_INTERESTS)
            told = self._told(block)
            for use in block.uses:
                speaking = tuple(
                    (one.number, self._trees.add(one.applies), self._trees.add(one.errs))
                    for one in determining.speaking(use, block.law)
                )
                classes[use][_number(block.law)] = _numbered(self._classes, (*answered, speaking, told))
        places = {name: {key: place for place, key in enumerate(keys)} for name, keys in lists.items()}
        return [
            [
                places["purpose"][use.purpose],
                places["service"][use.service],
                places["field"][use.field],
                places["action"][use.action],
                places["recipient"][use.recipient],
                places["channel"][use.channel],
                by_basis,
            ]
            for use, by_basis in classes.items()
        ]

    def _told(self, block: Block) -> int:
        told = tuple(
            (tuple(NUMBERS[outcome] for outcome in answer.outcomes), tuple(map(self._words.box, answer.boxes)))
            for answer in block.answers
        )
        return _numbered(self._cases, told)

    def _dimension(self, variable: Variable) -> dict[str, Any]:
        name = variable.name
        if name in FACT_VALUES:
            values = [_SAID.get(value, str(value)) for value in FACT_VALUES[name]]
            start = values.index(_START[name]) if name in _START else 0
            return {"name": name, "label": name, "values": values, "start": start}
        if name in self._words.conditions:
            label = self._words.conditions[name]
            return {"name": name, "label": label, "values": list(_SAID.values()), "start": 0, "condition": True}
        values = [self._words.attribute(name, frozenset({number})) for number in range(variable.size)]
        return {"name": name, "label": name.removeprefix(ATTRIBUTE), "values": values, "start": 0}


def _number(law: Law) -> int:
    return tuple(Basis).index(law.bases[0])


def _numbered(known: dict[tuple[Any, ...], int], value: tuple[Any, ...]) -> int:
    return known.setdefault(value, len(known))


def _present(declared: Iterable[str], named: Iterable[str]) -> tuple[str, ...]:
    """Those of *declared* that are *named*, in their order."""
    wanted = set(named)
    return tuple(key for key in declared if key in wanted)


def _field(catalog: Catalog, key: str) -> dict[str, Any]:
    field = catalog.fields[key]
    return {"key": key, "title": field.title, "categories": field.categories}


def _purpose(catalog: Catalog, key: str, jurisdictions: Iterable[str]) -> dict[str, Any]:
    """The purpose *key*, with the number of its basis where each law is that of *jurisdictions*."""
    purpose = catalog.purposes[key]
    bases = [tuple(Basis).index(purpose.basis_in(code or None) or Basis.CONSENT) for code in jurisdictions]
    return {"key": key, "title": purpose.title, "bases": bases}
