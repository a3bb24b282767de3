"""A matrix as CSV: one row for each use, law and box of situations."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sidecar.policy.analysis.boxes import Box
from sidecar.policy.analysis.dimensions import FACT_VALUES, USES
from sidecar.policy.analysis.matrix import Matrix
from sidecar.policy.analysis.people import PERSON
from sidecar.policy.analysis.words import Words
from sidecar.policy.cedar.atoms import ATTRIBUTE

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that a spreadsheet would calculate."""


def sheet(matrix: Matrix) -> str:
    """*matrix* as CSV with a heading.

    The rows of one use and law cover every situation there is; rows that share a situation say the same of it. An empty
    cell of a dimension stands for any value.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = _columns(matrix)
    attributes = [heading for heading, _ in columns]
    writer.writerow(map(_safe, [*USES, "law", "basis", *PERSON, *attributes, "effect", "reason", "mask"]))
    for row in _rows(matrix, [column for _, column in columns]):
        writer.writerow(map(_safe, row))
    return text.getvalue()


_Column = Callable[[Box], str]


def _rows(matrix: Matrix, columns: Sequence[_Column]) -> Iterator[tuple[str, ...]]:
    several = {use.purpose for block in matrix.blocks for use in block.uses if block.law.jurisdictions}
    for block in matrix.blocks:
        told = [
            (*(_person(name, box) for name in PERSON), *(column(box) for column in columns), *_outcome(outcome))
            for answer in block.answers
            for outcome in answer.outcomes
            for box in answer.boxes
        ]
        for use in block.uses:
            law = " or ".join(block.law.jurisdictions) or ("any other" if use.purpose in several else "")
            yield from ((*use.values, law, str(block.law.bases[0]), *row) for row in told)


def _outcome(outcome: tuple[str, str, str | None]) -> tuple[str, str, str]:
    effect, reason, mask = outcome
    return str(effect), str(reason), str(mask or "")


def _person(name: str, box: Box) -> str:
    return " or ".join(_said(FACT_VALUES[name][number]) for number in sorted(box.get(name, ())))


def _said(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _columns(matrix: Matrix) -> list[tuple[str, _Column]]:
    """The columns of what callers send, then of the conditions that no table holds, each with its heading."""
    words = Words(matrix.analysis)
    names = [one.name for one in matrix.analysis.tables.dimensions if one.name.startswith(ATTRIBUTE)]
    sent = [(name, _attribute(name, words)) for name in names]
    return sent + [(f"condition: {text}", _condition(name)) for name, text in words.conditions.items()]


def _attribute(name: str, words: Words) -> _Column:
    return lambda box: words.attribute(name, box[name]) if name in box else ""


def _condition(name: str) -> _Column:
    return lambda box: _said(box[name] == {1}) if name in box else ""


def _safe(cell: str) -> str:
    """*cell* so that a spreadsheet shows it and calculates nothing."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
