"""A matrix: every combination of its dimensions is asked, and denied unless it is listed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from sidecar.authoring.suite.names import DIMENSIONS, Names
from sidecar.authoring.suite.suite import Ask
from sidecar.authoring.suite.wanted import DENIED, WORDS, read_want
from sidecar.model.catalog import Catalog
from sidecar.model.decision import AttributeValue
from sidecar.model.vocabulary import FIRST_PARTY, THIRD_PARTY, Action
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Node
from sidecar.policy.document import Sequence as SequenceNode
from sidecar.policy.problems import Place, Problems
from sidecar.policy.record import Record

MOST_CELLS: Final = 1_000_000
"""Combinations that one matrix may have."""

REQUIRED: Final = ("subjects", "services", "fields", "purposes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is wanted of part of a matrix; a dimension that is not in *where* is all of the matrix's."""

    where: Mapping[str, frozenset[str]]
    want: Mapping[str, object]
    place: Place

    def covers(self, cell: Mapping[str, str | None]) -> bool:
        """Whether *cell*, a value by dimension, is in this part."""
        return all(cell[dimension] in values for dimension, values in self.where.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """What is asked: each combination; channels and recipients left out are all that a question can name."""

    place: Place
    values: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, AttributeValue | None]

    def cells(self, catalog: Catalog) -> Iterator[dict[str, str | None]]:
        """Every combination, as a value by dimension; the subjects of each together."""
        third = tuple(key for key in catalog.recipients if key not in (FIRST_PARTY, THIRD_PARTY))
        order = ("services", "actions", "fields", "purposes")
        for service, action, field, purpose in product(*(self.values[dimension] for dimension in order)):
            channels: Sequence[str | None] = self.values.get("channels", ())
            if not channels:
                declared = catalog.purposes[purpose].channels
                channels = [channel.value for channel in declared] if len(declared) > 1 else [None]
            recipients: Sequence[str | None] = (
                self.values.get("recipients", third) if action == Action.SHARE else [None]
            )
            for channel, recipient, subject in product(channels, recipients, self.values["subjects"]):
                values = (subject, service, action, field, purpose, channel, recipient)
                yield dict(zip(DIMENSIONS, values, strict=True))

    def repeats(self, cell: Mapping[str, str | None], catalog: Catalog) -> bool:
        """Whether *cell* is refused as undeclared, whoever it is about, and another subject stands for all."""
        service, field, purpose = (cell[dimension] or "" for dimension in ("services", "fields", "purposes"))
        action, recipient = Action(cell["actions"] or ""), cell["recipients"] or FIRST_PARTY
        return cell["subjects"] != self.values["subjects"][0] and not catalog.services[service].declares(
            action, field, purpose, recipient
        )


def read_matrix(
    node: Node | None, attributes: Mapping[str, AttributeValue | None], names: Names, problems: Problems
) -> Matrix | None:
    """The matrix that *node* is; ``None``, and why reported, if it is none."""
    if not isinstance(node, MappingNode):
        if node is not None:
            problems.error(node.place, "suite.wrong_type", "`matrix` must be a mapping", "`subjects: [...]`, ...")
        return None
    record = Record(node, DIMENSIONS, problems, area="suite")
    record.require(*REQUIRED)
    values = {
        dimension: names.expand(dimension, record.names(dimension), problems)
        for dimension in DIMENSIONS
        if dimension in record
    }
    values.setdefault("actions", (Action.USE.value,))
    if "recipients" in values and Action.SHARE.value not in values["actions"]:
        problems.error(record.place_of("recipients"), "suite.recipient", _NO_SHARE, "add `actions: [share]`")
    if any(not values.get(dimension) for dimension in REQUIRED):
        return None
    return Matrix(place=node.place, values=values, attributes=attributes)


_NO_SHARE: Final = "only `share` names a recipient, and the matrix does not share"


def read_expected(
    node: Node | None, matrix: Matrix, names: Names, policies: Sequence[str], problems: Problems
) -> tuple[Expected, ...]:
    """The parts that *node* lists."""
    if node is None:
        return ()
    if not isinstance(node, SequenceNode):
        problems.error(node.place, "suite.wrong_type", "`expect` must be a list", "`- {subjects: [...], want: allow}`")
        return ()
    found: list[Expected] = []
    for item in node.items:
        if not isinstance(item, MappingNode):
            problems.error(item.place, "suite.wrong_type", "an entry of `expect` must be a mapping", "`{want: allow}`")
            continue
        record = Record(item, (*DIMENSIONS, "want"), problems, area="suite")
        where = _where(record, matrix, names, problems)
        if where is None:
            continue
        want = record.node("want")
        wanted = WORDS["allow"] if want is None else read_want(want, policies, problems)
        found.append(Expected(where=where, want=wanted, place=item.place))
    return tuple(found)


def _where(record: Record, matrix: Matrix, names: Names, problems: Problems) -> Mapping[str, frozenset[str]] | None:
    """The names that *record* lists by dimension; ``None``, and reported, if the matrix does not have one of them."""
    where: dict[str, frozenset[str]] = {}
    sound = True
    for dimension in filter(record.__contains__, DIMENSIONS):
        for scalar in record.names(dimension):
            members = names.expand(dimension, (scalar,), problems)
            asked = matrix.values.get(dimension, members)
            if members and set(asked).isdisjoint(members):
                message = f"`{scalar.text}` is not among the {dimension} of the matrix"
                problems.error(scalar.place, "suite.matrix", message, "add it there, or remove it here")
            sound = sound and not set(asked).isdisjoint(members)
            where[dimension] = where.get(dimension, frozenset()).union(members)
    return where if sound else None


def rows_of(
    matrix: Matrix, expected: Sequence[Expected], catalog: Catalog, problems: Problems
) -> Iterator[tuple[Ask, Mapping[str, object], Place]]:
    """Each question of *matrix* with what is wanted, and where that stands; reports parts that cover nothing.

    What no service may do by its catalog file, and is not listed, is asked about one subject only.
    """
    used: set[int] = set()
    for number, cell in enumerate(matrix.cells(catalog)):
        if number == MOST_CELLS:
            message = f"the matrix has more than {MOST_CELLS} combinations"
            problems.error(matrix.place, "suite.matrix", message, "divide it into several tests")
            return
        covering = [index for index, part in enumerate(expected) if part.covers(cell)]
        used.update(covering)
        if not covering:
            if not matrix.repeats(cell, catalog):
                yield _ask(cell, matrix.attributes), DENIED, matrix.place
            continue
        ask = _ask(cell, matrix.attributes)
        part = expected[covering[0]]
        if any(expected[index].want != part.want for index in covering[1:]):
            other = expected[covering[1]].place
            message = f"`{ask}` is expected here and, otherwise, at line {part.place.line}"
            problems.error(other, "suite.matrix", message, "make one of the two narrower")
            return
        yield ask, part.want, part.place
    for index, part in enumerate(expected):
        if index not in used:
            message = "no combination of the matrix is in this part"
            problems.error(part.place, "suite.matrix", message, "name only what the matrix names")


def _ask(cell: Mapping[str, str | None], attributes: Mapping[str, AttributeValue | None]) -> Ask:
    return Ask(
        subject=cell["subjects"] or "",
        service=cell["services"] or "",
        action=Action(cell["actions"] or ""),
        field=cell["fields"] or "",
        purpose=cell["purposes"] or "",
        channel=cell["channels"],
        recipient=cell["recipients"],
        attributes=attributes,
    )
