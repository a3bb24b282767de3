"""Suites of decision cases: found, read, held against their JSON schema."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml

from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.suite import Row, Timeline
from sidecar.model.instant import parse, show
from sidecar.policy.bundle import read_draft

TESTS: Final = Path(__file__).parent
DEMO: Final = TESTS.parent / "policies"
SCHEMA: Final = TESTS / "cases" / "case.schema.json"

CASES: Final = TESTS / "cases"
"""The folder whose ``*.yaml`` files are suites; those of the demo bundle are read as any bundle's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What the cases of a file have in common."""

    name: str
    bundle: Path
    add: Mapping[str, str]  # text to append to files of the bundle, by path
    unchecked: str  # policies to add behind the loader's back
    subjects: Mapping[str, tuple[Mapping[str, Any], ...]]  # steps by subject, as the file has them
    shipped: bool = False  # with its bundle

    def steps(self, subject: str, now: str) -> tuple[Mapping[str, Any], ...]:
        """What *subject* did; of what a bundle ships only what they did until *now*."""
        steps = self.subjects.get(subject, ())
        return tuple(step for step in steps if parse(step["at"]) <= parse(now)) if self.shipped else steps

    @property
    def world(self) -> tuple[object, ...]:
        """Suites for which this is equal can be asked of the same server."""
        return (self.bundle, tuple(sorted(self.add.items())), self.unchecked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its answer, as the file has them; *now* is an RFC 3339 timestamp."""

    suite: Suite
    name: str
    now: str
    ask: Mapping[str, Any]
    view: Mapping[str, Any]
    want: Any

    def __str__(self) -> str:
        return f"{self.suite.name}/{self.name}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields asked for."""
        return tuple(self.ask["fields"]) if "fields" in self.ask else (self.ask["field"],)

    @property
    def wanted(self) -> tuple[Mapping[str, Any], ...]:
        """What is wanted for each field."""
        return tuple(self.want) if isinstance(self.want, list) else (self.want,)

    @property
    def for_transport(self) -> bool:
        """Whether it is about what a transport keeps from the engine: the malformed, who asks."""
        return self.error not in (None, "at_least_as_fresh") or "through" in self.ask

    @property
    def error(self) -> str | None:
        """The field to blame, if the question has no answer."""
        return None if isinstance(self.want, list) else self.want.get("error")


class _Loader(yaml.SafeLoader):
    """YAML without timestamps: the schema, JSON and the protocol know them as text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_cases() -> tuple[Case, ...]:
    """Every case of every suite; raises ``ValueError`` naming the file that is not as its schema says."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    cases: list[Case] = []
    for path in sorted(CASES.glob("*.yaml")):
        document = _document(path)
        problems = sorted(validator.iter_errors(document), key=lambda problem: problem.json_path)
        if problems:
            raise ValueError("\n".join(f"{path}: {p.json_path}: {p.message}" for p in problems))
        cases.extend(_cases(path, document))
    cases.extend(_shipped())
    for case in cases:
        if len(case.fields) != len(case.wanted) and case.error is None:
            raise ValueError(f"`{case}` asks for {len(case.fields)} fields and wants {len(case.wanted)} answers")
    _unique((str(case) for case in cases), "case")
    return tuple(cases)


def _cases(path: Path, document: Mapping[str, Any]) -> Iterator[Case]:
    suite = Suite(
        name=document["suite"],
        bundle=(path.parent / document["bundle"]).resolve() if "bundle" in document else DEMO,
        add=document.get("add", {}),
        unchecked=document.get("unchecked", ""),
        subjects={name: tuple(steps) for name, steps in document.get("subjects", {}).items()},
    )
    for test in document["tests"]:
        yield Case(
            suite=suite,
            name=test["name"],
            now=test.get("now", document["now"]),
            ask=test["ask"],
            view=test.get("view", {}),
            want=test["want"],
        )


def _shipped() -> Iterator[Case]:
    """What the suites of the demo bundle ask one by one about people with a timeline; of a server, too."""
    for shipped in load_suites(read_draft(DEMO)):
        document = _document(DEMO / shipped.place.file)
        written: Mapping[str, Any] = document.get("subjects", {})
        suite = Suite(
            name=shipped.name,
            bundle=DEMO,
            add={},
            unchecked="",
            subjects={name: tuple(steps) for name, steps in written.items() if isinstance(steps, list)},
            shipped=True,
        )
        alone = {test["name"] for test in document["tests"] if "ask" in test}
        for case in shipped.cases:
            for number, row in enumerate(case.rows if case.name in alone else ()):
                name = case.name if len(case.rows) == 1 else f"{case.name} ({number + 1})"
                if all(isinstance(person, Timeline) for person in (row.person, *row.others)):
                    yield Case(suite=suite, name=name, now=show(row.now), ask=_asked(row), view={}, want=row.want)


def _asked(row: Row) -> Mapping[str, Any]:
    ask = {key: value for key, value in asdict(row.ask).items() if value is not None}
    return ask | {"action": row.ask.action.value}


def _document(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), _Loader)


def _unique(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} `{name}` is there twice")
        seen.add(name)
