"""Suites of decision cases: found, read, held against their JSON schema."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml

TESTS: Final = Path(__file__).parent
DEMO: Final = TESTS.parent / "policies"
SCHEMA: Final = TESTS / "cases" / "case.schema.json"

PLACES: Final = (TESTS / "cases", DEMO / "tests")
"""Folders whose ``*.yaml`` files are suites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What the cases of a file have in common."""

    name: str
    bundle: Path
    add: Mapping[str, str]  # text to append to files of the bundle, by path
    unchecked: str  # policies to add behind the loader's back
    subjects: Mapping[str, tuple[Mapping[str, Any], ...]]  # steps by subject, as the file has them

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
        """Whether it is about what a transport keeps from the engine: the malformed, the unbuilt, who asks."""
        refused = self.error not in (None, "at_least_as_fresh")
        steps = self.suite.subjects.get(self.ask["subject"], ())
        return refused or "through" in self.ask or any("linked" in step for step in steps)

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
    for place in PLACES:
        for path in sorted(place.glob("*.yaml")):
            document = yaml.load(path.read_text("utf-8"), _Loader)
            problems = sorted(validator.iter_errors(document), key=lambda problem: problem.json_path)
            if problems:
                raise ValueError("\n".join(f"{path}: {p.json_path}: {p.message}" for p in problems))
            cases.extend(_cases(path, document))
    for case in cases:
        if len(case.fields) != len(case.wanted) and case.error is None:
            raise ValueError(f"`{case}` asks for {len(case.fields)} fields and wants {len(case.wanted)} answers")
    _unique((str(case) for case in cases), "case")
    return tuple(cases)


def _cases(path: Path, document: Mapping[str, Any]) -> Iterator[Case]:
    beside = DEMO if path.parent == TESTS / "cases" else path.parent.parent
    suite = Suite(
        name=document["suite"],
        bundle=(path.parent / document["bundle"]).resolve() if "bundle" in document else beside,
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


def _unique(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} `{name}` is there twice")
        seen.add(name)
