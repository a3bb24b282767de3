"""What became of a run of suites."""

from collections.abc import Mapping
from dataclasses import dataclass

from sidecar.authoring.suite.suite import Case, Row, Suite
from sidecar.errors import Problem
from sidecar.model.decision import FieldResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """One row asked; *got* has what was answered, for the keys of what is wanted."""

    row: Row
    result: FieldResult
    got: Mapping[str, object]

    @property
    def passed(self) -> bool:
        """Whether the answer is the one that is wanted."""
        return self.got == self.row.want


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One test with all its rows asked."""

    suite: Suite
    case: Case
    rows: tuple[RowResult, ...]

    @property
    def failed(self) -> tuple[RowResult, ...]:
        """The rows that were answered otherwise than wanted."""
        return tuple(row for row in self.rows if not row.passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Every test that was run, in the order of the files."""

    cases: tuple[CaseResult, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no test failed."""
        return not any(case.failed for case in self.cases)

    @property
    def failures(self) -> tuple[Problem, ...]:
        """One problem for each row that failed, at the place of what is wanted."""
        return tuple(failure(case, row) for case in self.cases for row in case.failed)


def failure(case: CaseResult, row: RowResult) -> Problem:
    """What to tell about *row* of *case*, which failed."""
    place = row.row.place
    decided = ", ".join(f"`{id_}`" for id_ in row.result.determining) or "no policy"
    return Problem(
        file=place.file,
        line=place.line,
        column=place.column,
        code="test.failed",
        message=f"`{case.case.name}`: expected {shown(row.row.want)}, got {shown(row.got)}",
        hint=f"asked: {row.row.ask}; decided by {decided}",
    )


def shown(values: Mapping[str, object]) -> str:
    """What is wanted, or was answered, on one line."""
    words = [str(values[key]) for key in ("effect", "reason") if key in values]
    words += [f"{key}: {_inline(value)}" for key, value in values.items() if key not in ("effect", "reason")]
    return ", ".join(words)


def _inline(value: object) -> str:
    match value:
        case Mapping():
            return "{" + ", ".join(f"{key}: {_inline(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case None:
            return "null"
        case bool():
            return str(value).lower()
    return str(value)
