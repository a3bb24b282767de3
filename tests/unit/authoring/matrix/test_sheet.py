"""Matrices as CSV."""

import csv

import pytest

from sidecar.authoring.matrix.sheet import _safe, sheet
from sidecar.policy.analysis.matrix import Matrix
from tests.unit.authoring.matrix.bundles import INEXACT, JURISDICTIONS, matrix_of


def _read(matrix: Matrix) -> list[dict[str, str]]:
    return list(csv.DictReader(sheet(matrix).splitlines()))


def test_a_row_for_each_use_and_box() -> None:
    """In the order of the matrix, and never a cell too many."""
    matrix = matrix_of()

    rows = _read(matrix)
    expected = [
        (use.service, use.field, str(outcome.reason), str(outcome.mask or ""))
        for block in matrix.blocks
        for use in block.uses
        for answer in block.answers
        for outcome in answer.outcomes
        for _ in answer.boxes
    ]
    assert expected == [(row["service"], row["field"], row["reason"], row["mask"]) for row in rows]
    assert all(None not in row for row in rows)


def test_a_row_says_when() -> None:
    """Sets of values, yes or no, and nothing where anything goes."""
    row = next(row for row in _read(matrix_of()) if row["field"] == "customer.diet" and row["effect"] == "allow")

    assert {
        "service": "newsletter",
        "field": "customer.diet",
        "purpose": "marketing.email",
        "action": "use",
        "recipient": "first_party",
        "channel": "email",
        "law": "",
        "basis": "consent",
        "consent": "given",
        "explicit": "yes",
        "by_guardian": "",
        "objected": "no",
        "restricted": "",
        "erased": "",
        "age": "",
        "attributes.premium": "",
        "attributes.count": "",
        "attributes.region": "",
        "attributes.tags": "",
        "effect": "allow",
        "reason": "ALLOWED",
        "mask": "",
    } == row


def test_attributes_and_conditions_have_columns() -> None:
    """An attribute in words, a condition that no table holds as a question."""
    small = """\
@id("few")
forbid (principal, action, resource)
unless { context.attributes has count && context.attributes.count <= 3 };
"""
    rows = _read(matrix_of({**INEXACT, "few.cedar": small}))
    (condition,) = (name for name in rows[0] if name.startswith("condition: "))

    assert {"", "count <= 3", "count >= 4 or count not sent"} == {row["attributes.count"] for row in rows}
    assert "tags" in condition
    assert {"", "yes", "no"} == {row[condition] for row in rows}


def test_laws_are_told_apart() -> None:
    """Where a purpose rests on another basis elsewhere, a row says where."""
    rows = _read(matrix_of(JURISDICTIONS))

    found = {(row["purpose"], row["law"], row["basis"]) for row in rows}
    assert {
        ("marketing.email", "US", "legitimate_interests"),
        ("marketing.email", "any other", "consent"),
        ("essential.fraud", "", "legitimate_interests"),
    } == found


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    """What a spreadsheet would calculate is text."""
    assert f"'{cell}" == _safe(cell)
    assert "a=1" == _safe("a=1")


def test_the_same_bundle_gives_the_same_bytes() -> None:
    """So that two sheets can be compared."""
    assert sheet(matrix_of()) == sheet(matrix_of())
