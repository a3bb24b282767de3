"""Which tests to run, by the names of suites, tests, services and purposes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from sidecar.authoring.suite.suite import Case, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Patterns of names; a name that matches one is chosen, no patterns choose all.

    A pattern with ``*``, ``?`` or ``[`` is matched against the whole name, another is looked for anywhere in it; upper
    and lower case are the same.
    """

    suites: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A pattern that no name matches."""

    what: str  # "suite", "test", "service" or "purpose"
    pattern: str
    names: tuple[str, ...]  # that there are, sorted


def select(suites: Iterable[Suite], selection: Selection) -> tuple[Suite, ...]:
    """The chosen rows, with their tests and suites; without those of which nothing is left."""
    chosen = (_suite(suite, selection) for suite in suites if _matches(suite.name, selection.suites))
    return tuple(suite for suite in chosen if suite.cases)


def unmatched(suites: Iterable[Suite], selection: Selection) -> Unmatched | None:
    """The first pattern of *selection* that matches no name in *suites*, whatever the others match."""
    suites = tuple(suites)
    cases = [case for suite in suites for case in suite.cases]
    rows = [row for case in cases for row in case.rows]
    for what, patterns, names in (
        ("suite", selection.suites, {suite.name for suite in suites}),
        ("test", selection.tests, {case.name for case in cases}),
        ("service", selection.services, {row.ask.service for row in rows}),
        ("purpose", selection.purposes, {row.ask.purpose for row in rows}),
    ):
        for pattern in patterns:
            if not any(_matches(name, (pattern,)) for name in names):
                return Unmatched(what, pattern, tuple(sorted(names)))
    return None


def _suite(suite: Suite, selection: Selection) -> Suite:
    cases = (_case(case, selection) for case in suite.cases if _matches(case.name, selection.tests))
    return replace(suite, cases=tuple(case for case in cases if case.rows))


def _case(case: Case, selection: Selection) -> Case:
    rows = (
        row
        for row in case.rows
        if _matches(row.ask.service, selection.services) and _matches(row.ask.purpose, selection.purposes)
    )
    return replace(case, rows=tuple(rows))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(_match(name.casefold(), pattern.casefold()) for pattern in patterns)


def _match(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) if any(sign in pattern for sign in "*?[") else pattern in name
