"""Matrices: what is in them and how it is counted. That it is right is a property: tests/properties/test_matrix.py."""

import pytest

from sidecar.model.vocabulary import Mask, Reason
from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.matrix import Shade, decision_matrix, shade_of
from sidecar.policy.analysis.outcomes import OUTCOMES, Outcome, allow, deny
from tests.unit.authoring.matrix.bundles import INEXACT, draft_with, matrix_of


@pytest.mark.parametrize(
    ("outcome", "shade"),
    [
        pytest.param(allow(None), Shade.ALLOWED, id="allowed"),
        pytest.param(allow(Mask.HASH), Shade.MASKED, id="masked"),
        pytest.param(deny(Reason.CONSENT_WITHDRAWN), Shade.LACKING, id="consent would change it"),
        pytest.param(deny(Reason.GUARDIAN_REQUIRED), Shade.LACKING, id="a guardian's would"),
        pytest.param(deny(Reason.OBJECTED), Shade.DENIED, id="a policy forbids it"),
        pytest.param(deny(Reason.NO_PERMIT), Shade.DENIED, id="no policy permits it"),
    ],
)
def test_shades(outcome: Outcome, shade: Shade) -> None:
    """Each outcome has one."""
    assert shade is shade_of(outcome)
    assert {True, False} == {shade_of(one) in {Shade.ALLOWED, Shade.MASKED} for one in OUTCOMES}


def test_what_allows_comes_first() -> None:
    """In each block, and each answer says where."""
    for block in matrix_of().blocks:
        allowed = [answer.outcomes[0].allowed for answer in block.answers]

        assert sorted(allowed, reverse=True) == allowed
        assert all(answer.boxes and answer.situations for answer in block.answers)


def test_counts_are_of_all_uses() -> None:
    """Whatever their shade, each use has all situations."""
    matrix = matrix_of()

    assert len(matrix.uses) * matrix.situations == sum(matrix.shades().values())


def test_only_what_is_wanted() -> None:
    """Blocks without any such use are left out, the others keep their answers."""
    matrix = decision_matrix(analyse(draft_with()), lambda use: use.service == "fraud")

    assert {"fraud"} == {use.service for use in matrix.uses}
    assert all(block.uses for block in matrix.blocks)


def test_states_of_consent_can_be_one_answer() -> None:
    """Where the reason is the state, in one answer or in five."""
    apart, together = matrix_of(), matrix_of(states_apart=False)
    reasons = [[outcome.reason for outcome in answer.outcomes] for answer in together.blocks[-1].answers]

    assert sum(len(block.answers) for block in together.blocks) < sum(len(block.answers) for block in apart.blocks)
    assert 5 == max(map(len, reasons))
    assert apart.shades() == together.shades()


def test_a_condition_that_no_table_holds_is_told() -> None:
    """Boxes have it as a dimension of its own."""
    matrix = matrix_of(INEXACT)
    names = {name for block in matrix.blocks for answer in block.answers for box in answer.boxes for name in box}

    assert ["tagged"] == [id_ for one in matrix.inexact for id_ in one.policies]
    assert any(name.startswith("condition") for name in names)
    assert () == matrix_of().inexact
