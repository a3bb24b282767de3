from collections.abc import Mapping
from pathlib import Path

from sidecar.policy.analysis.guardrails import Proof, prove_guardrails
from sidecar.policy.bundle import read_draft
from tests.unit.policy.bundles import FILES, write

HOLDING = FILES["main.cedar"] + (
    '@id("health") forbid (principal, action, resource in DataCategory::"user.health") unless { context.explicit };'
)


def _prove(folder: Path, changes: Mapping[str, str | None]) -> Proof:
    return prove_guardrails(read_draft(write(folder, changes)))


def test_a_guardrail_that_other_policies_keep_holds(tmp_path: Path) -> None:
    """It is proved for every question, about anybody."""
    proof = _prove(tmp_path, {"main.cedar": HOLDING})

    assert proof.holds
    assert ("special-needs-explicit",) == tuple(guardrail.id for guardrail in proof.guardrails)
    assert () == proof.inexact


def test_a_violation_names_a_question_and_the_permit(tmp_path: Path) -> None:
    """The question is one that Cedar itself allows without the guardrail."""
    proof = _prove(tmp_path, {})
    (violation,) = proof.violations

    assert "special-needs-explicit" == violation.guardrail.id
    assert [("newsletter", "customer.diet", "use")] == [(use.service, use.field, use.action) for use in violation.uses]
    assert ("consented",) == violation.allowed_by
    assert ("given", False) == (violation.example.person["consent"], violation.example.person["explicit"])
    assert violation.combinations > 0


def test_without_guardrails_there_is_nothing_to_prove(tmp_path: Path) -> None:
    """That is no violation."""
    proof = _prove(tmp_path, {"guardrails.cedar": None})

    assert proof.holds
    assert () == proof.guardrails


def test_another_law_is_told_apart(tmp_path: Path) -> None:
    """Where a purpose rests on something else, other permits may let through what a guardrail forbids."""
    there = "basis: contract, basis_by_jurisdiction: {DE: consent},"
    purposes = FILES["catalog/purposes.yaml"].replace("basis: consent,", there)
    proof = _prove(tmp_path, {"catalog/purposes.yaml": purposes})

    assert [("DE",)] == [violation.law.jurisdictions for violation in proof.violations]


def test_a_condition_that_no_table_holds_is_taken_for_anything(tmp_path: Path) -> None:
    """What it might violate is told, and that Cedar was not seen to allow the example."""
    never = 'context.attributes.tags.contains("x") && !context.attributes.tags.containsAny(["x"])'
    policy = f'@id("odd") permit (principal, action, resource) when {{ context.attributes has tags && {never} }};'
    proof = _prove(tmp_path, {"main.cedar": policy})

    assert not proof.holds
    assert {"odd"} == {id_ for one in proof.inexact for id_ in one.policies}
    assert {()} == {violation.allowed_by for violation in proof.violations}


def test_what_is_proved_with_such_a_condition_is_proved(tmp_path: Path) -> None:
    """A guardrail that holds whatever the condition is holds."""
    condition = 'context.attributes.tags.contains("x")'
    policy = '@id("odd") permit (principal, action, resource) when '
    policy += f"{{ context.explicit && context.attributes has tags && {condition} }};"
    proof = _prove(tmp_path, {"main.cedar": policy})

    assert proof.holds
    assert (condition,) == tuple(one.text for one in proof.inexact)
