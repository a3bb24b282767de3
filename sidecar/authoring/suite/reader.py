"""Suites from the `tests/*.yaml` of a bundle: everything wrong with them is reported at its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.authoring.suite.asking import check_known, read_asked, read_attributes, read_stated
from sidecar.authoring.suite.matrix import read_expected, read_matrix, rows_of
from sidecar.authoring.suite.names import Names, read_names
from sidecar.authoring.suite.steps import read_timeline
from sidecar.authoring.suite.suite import STRANGER, Ask, Case, Person, Row, Stated, Suite, Timeline
from sidecar.authoring.suite.timeline import check_timeline
from sidecar.authoring.suite.wanted import read_want
from sidecar.errors import BundleError
from sidecar.model.catalog import Catalog
from sidecar.model.instant import Instant
from sidecar.policy.bundle import Draft
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Node, Scalar, Sequence, parse_document
from sidecar.policy.problems import Place, Problems
from sidecar.policy.record import Record

KEYS: Final = ("suite", "now", "groups", "subjects", "tests")
TEST_KEYS: Final = ("name", "now", "ask", "want", "matrix", "attributes", "expect")


def load_suites(draft: Draft) -> tuple[Suite, ...]:
    """The suites of *draft*, in the order of their files; raises ``BundleError`` with every problem in them."""
    problems = Problems()
    suites = read_suites(draft, problems)
    if problems.invalid:
        # What is wrong with a suite may come from a file that was overlooked, such as `services/fridge.yml`.
        raise BundleError((*draft.findings, *problems.sorted()), source=draft.source)
    return suites


def read_suites(draft: Draft, problems: Problems) -> tuple[Suite, ...]:
    """The suites of *draft* with all that is wrong reported; not to be run if any of it is an error."""
    suites: list[Suite] = []
    named: dict[str, Place] = {}
    for path in draft.files.tests():
        node = parse_document(draft.files.texts.get(path, ""), path, problems)
        if node is None:
            continue
        if not isinstance(node, MappingNode):
            problems.error(node.place, "suite.wrong_type", "a suite must be a mapping", "`suite: NAME`, `tests: [...]`")
            continue
        suite = _SuiteReader(node, draft, problems).suite()
        first = named.setdefault(suite.name, suite.place)
        if suite.name and first is not suite.place:
            message = f"suite `{suite.name}` is there twice, first at {first}"
            problems.error(suite.place, "suite.duplicate", message, "give one of them another name")
        suites.append(suite)
    return tuple(suites)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the tests of a suite share."""

    now: Instant | None
    people: Mapping[str, Person]
    names: Names
    catalog: Catalog
    policies: tuple[str, ...]


class _SuiteReader:
    def __init__(self, node: MappingNode, draft: Draft, problems: Problems) -> None:
        self._record = Record(node, KEYS, problems, area="suite")
        self._draft = draft
        self._problems = problems

    def suite(self) -> Suite:
        record = self._record
        record.require("suite", "tests")
        people = self._people()
        setting = _Setting(
            now=record.instant("now") if "now" in record else None,
            people=people,
            names=read_names(record, people, self._draft.catalog, self._problems),
            catalog=self._draft.catalog,
            policies=tuple(policy.id for policy in self._draft.policies),
        )
        cases = tuple(self._cases(setting))
        tests = record.node("tests")
        if isinstance(tests, Sequence) and not tests.items:
            self._problems.error(tests.place, "suite.empty", "`tests` is empty", "write a test, or remove the file")
        return Suite(
            name=record.text("suite"),
            place=record.place_of("suite"),
            now=setting.now,
            people=people,
            cases=cases,
        )

    def _people(self) -> dict[str, Person]:
        people: dict[str, Person] = {STRANGER: Timeline()}
        node = self._record.node("subjects")
        if node is None:
            return people
        if not isinstance(node, MappingNode):
            self._problems.error(node.place, "suite.wrong_type", "`subjects` must be a mapping", "`name: [...]`")
            return people
        for key, value in node.entries:
            if key.text == STRANGER:
                message = f"`{STRANGER}` is always somebody without a record"
                self._problems.error(key.place, "suite.stranger", message, "choose another name")
            else:
                people[key.text] = self._person(value)
        return people

    def _person(self, node: Node) -> Person:
        if isinstance(node, Scalar) and node.kind == "null":
            return Timeline()
        if isinstance(node, MappingNode):
            return read_stated(node, self._problems) or Stated()
        if isinstance(node, Scalar):
            hint = "a list of steps, or a mapping of facts"
            self._problems.error(node.place, "suite.wrong_type", "a subject is what it did, or facts", hint)
            return Timeline()
        timeline = read_timeline(node, self._problems)
        check_timeline(timeline, self._draft.catalog, self._problems)
        return timeline

    def _cases(self, setting: _Setting) -> Iterator[Case]:
        seen: dict[str, Place] = {}
        for test in self._record.records("tests", TEST_KEYS):
            test.require("name")
            name, place = test.text("name"), test.place_of("name")
            first = seen.setdefault(name, place)
            if name and first is not place:
                message = f"test `{name}` is there twice, first at line {first.line}"
                self._problems.error(place, "suite.duplicate", message, "give one of them another name")
            now = test.instant("now") if "now" in test else setting.now
            if now is None:
                hint = "add `now: 2026-01-31T12:00:00Z` to the test or to the suite"
                self._problems.error(test.place, "suite.missing_key", "`now` is missing", hint)
            rows = tuple(
                Row(ask=ask, person=person, others=_others(ask, setting), now=now or 0, want=want, place=place)
                for ask, person, want, place in self._questions(test, setting)
            )
            yield Case(name=name, place=test.place, rows=rows)

    def _questions(self, test: Record, setting: _Setting) -> Iterator[tuple[Ask, Person, Mapping[str, object], Place]]:
        if "matrix" in test:
            _refuse(test, ("ask", "want"), "a test with a matrix", "`expect` lists what is not denied")
            attributes = read_attributes(test.node("attributes"), self._problems)
            matrix = read_matrix(test.node("matrix"), attributes, setting.names, self._problems)
            if matrix is None:
                return
            expected = read_expected(test.node("expect"), matrix, setting.names, setting.policies, self._problems)
            for ask, want, place in rows_of(matrix, expected, setting.catalog, self._problems):
                yield ask, setting.people[ask.subject], want, place
            return
        _refuse(test, ("expect", "attributes"), "a test with `ask`", "`want` says what must be answered")
        test.require("ask", "want")
        asked, wanted = test.node("ask"), test.node("want")
        if asked is None or wanted is None:
            return
        if not isinstance(asked, MappingNode):
            self._problems.error(asked.place, "suite.wrong_type", "`ask` must be a mapping", "`{service: ...}`")
            return
        found = read_asked(asked, setting.names, self._problems)
        for ask, node in zip(found.asks, self._wants(wanted, len(found.asks)), strict=False):
            want = read_want(node, setting.policies, self._problems)
            check_known(found, ask, setting.names, want)
            person = found.stated or setting.people.get(ask.subject, Timeline())
            yield ask, person, want, node.place

    def _wants(self, node: Node, count: int) -> tuple[Node, ...]:
        """What is wanted of each of *count* fields: the same, or one each."""
        if not isinstance(node, Sequence):
            return (node,) * count
        if len(node.items) != count:
            message = f"{count} field{'s are' if count != 1 else ' is'} asked for, and {len(node.items)} answers wanted"
            self._problems.error(node.place, "suite.want", message, "one answer for all, or one for each field")
        return node.items


def _others(ask: Ask, setting: _Setting) -> tuple[Person, ...]:
    return tuple(setting.people.get(name, Timeline()) for name in ask.co_subjects)


def _refuse(test: Record, keys: tuple[str, ...], what: str, hint: str) -> None:
    for key in keys:
        if key in test:
            test.problems.error(test.place_of(key), "suite.unknown_key", f"`{key}` means nothing in {what}", hint)
