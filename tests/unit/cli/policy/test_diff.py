"""``policy diff`` and ``policy guardrails``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.authoring.markdown import MOST
from sidecar.cli.program import sidecar
from tests.unit.policy.bundles import FILES, write

WIDER = {"guardrails.cedar": FILES["guardrails.cedar"].replace("context.explicit", 'context.age == AgeBand::"adult"')}
HEALTH = (
    '@id("health") forbid (principal, action, resource in DataCategory::"user.health") unless { context.explicit };'
)


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, ["policy", *map(str, words)], prog_name="sidecar")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The small bundle."""
    return write(tmp_path / "old")


def test_nothing_changed(old: Path, tmp_path: Path) -> None:
    """Another text that means the same is no change of answers."""
    same = write(tmp_path / "new", {"main.cedar": "// moved\n" + FILES["main.cedar"]})
    result = _run("diff", old, same, "--fail-on-widening")

    assert (0, "no wider: every question is answered as before\n") == (result.exit_code, result.stdout)


def test_what_is_newly_allowed_comes_first_with_an_example(old: Path, tmp_path: Path) -> None:
    """Who may do what, when, how often, and one question with the policies that decide it before and after."""
    result = _run("diff", old, write(tmp_path / "new", WIDER))
    lines = result.stdout.splitlines()

    assert 0 == result.exit_code
    assert ["Newly allowed", "  CONSENT_NOT_EXPLICIT -> allowed: 6 combinations"] == lines[:2]
    assert "    newsletter: use customer.diet for marketing.email by email" == lines[2]
    assert "    if consent given, not explicit, no objection, age adult" in lines
    assert "CONSENT_NOT_EXPLICIT (special-needs-explicit), then allowed (consented)" in lines[4]
    assert "Newly denied" in lines
    assert lines[-1].startswith("wider: newly allowed: 1 class of questions (6 combinations); newly denied: ")


def test_a_widening_can_be_made_to_fail(old: Path, tmp_path: Path) -> None:
    """The other direction does not."""
    new = write(tmp_path / "new", {"guardrails.cedar": None})

    assert 1 == _run("diff", old, new, "--fail-on-widening").exit_code
    assert 0 == _run("diff", new, old, "--fail-on-widening").exit_code


def test_a_moved_field_widens_though_no_policy_changed(old: Path, tmp_path: Path) -> None:
    """What earlier choices reach is part of what changes."""
    fields = FILES["catalog/fields.yaml"].replace("user.health", "user.contact")
    result = _run("diff", old, write(tmp_path / "new", {"catalog/fields.yaml": fields}), "--fail-on-widening")

    assert 1 == result.exit_code
    assert "What earlier choices reach" in result.stdout
    assert "wider: customer.diet moves from user.health to user.contact" in result.stdout


def test_json_for_programs(old: Path, tmp_path: Path) -> None:
    """Everything, with each use by its parts."""
    plain = json.loads(_run("diff", old, write(tmp_path / "new", WIDER), "--output", "json").stdout)

    assert {"old", "new", "widens", "exact", "inexact", "summary", "answers", "reach"} == set(plain)
    (first, *_) = plain["answers"]
    assert ("allowed", True, "ALLOWED") == (first["change"], first["widens"], first["after"].upper())
    assert "customer.diet" == first["uses"][0]["field"] == first["example"]["field"]
    assert "adult" == first["example"]["person"]["age"]


def test_markdown_for_a_pull_request(old: Path, tmp_path: Path) -> None:
    """One section that fits into a comment."""
    report = tmp_path / "report.md"
    _run("diff", old, write(tmp_path / "new", WIDER), "--markdown", report)
    text = report.read_text()

    assert text.startswith("## What this change allows\n\n**This change widens what may be done with data.**\n")
    assert "\n### Newly allowed\n\n- CONSENT_NOT_EXPLICIT -> allowed: 6 combinations\n  - `newsletter`: use" in text
    assert len(text) < MOST


def test_a_bundle_that_is_none_is_told(old: Path, tmp_path: Path) -> None:
    """With the name that was typed."""
    result = _run("diff", old, tmp_path / "nowhere")

    assert 3 == result.exit_code
    assert "nowhere" in result.stderr


def test_a_condition_that_no_table_holds_is_named(old: Path, tmp_path: Path) -> None:
    """What is said may then need something that never comes."""
    odd = '@id("odd") permit (principal, action, resource) '
    odd += 'when { context.attributes has tags && context.attributes.tags.contains("x") };'
    result = _run("diff", old, write(tmp_path / "new", {"main.cedar": FILES["main.cedar"] + odd}))

    assert "Not exact" in result.stdout
    assert 'context.attributes.tags.contains("x") in odd' in result.stdout


def test_guardrails_are_proved(tmp_path: Path) -> None:
    """Each by its name and place."""
    bundle = write(tmp_path, {"main.cedar": FILES["main.cedar"] + HEALTH})
    result = _run("guardrails", bundle)

    assert (0, "holds: special-needs-explicit, guardrails.cedar:2:1\nproved: every guardrail holds (1)\n") == (
        result.exit_code,
        result.stdout,
    )
    assert json.loads(_run("guardrails", bundle, "--output", "json").stdout)["holds"]


def test_a_violated_guardrail_names_a_question_and_the_permit(old: Path) -> None:
    """It exits 1."""
    result = _run("guardrails", old)
    plain = json.loads(_run("guardrails", old, "--output", "json").stdout)

    assert 1 == result.exit_code
    assert "violated: special-needs-explicit, guardrails.cedar:2:1" in result.stdout
    assert "consent given, not explicit, adult: permitted by consented" in result.stdout
    assert "violated: 1 of 1 guardrails" in result.stdout
    assert ["consented"] == plain["violations"][0]["permitted_by"]


def test_without_guardrails_it_says_so(tmp_path: Path) -> None:
    """Nothing is proved then."""
    result = _run("guardrails", write(tmp_path, {"guardrails.cedar": None}))

    assert (0, "there are no guardrails: no guardrails.cedar, or nothing in it\n") == (result.exit_code, result.stdout)


def test_other_reasons_are_folded_in_a_report(old: Path, tmp_path: Path) -> None:
    """They are many, and allow nothing."""
    report = tmp_path / "report.md"
    other = {"main.cedar": FILES["main.cedar"].replace('@reason("OBJECTED")\n', "")}
    _run("diff", old, write(tmp_path / "new", other), "--markdown", report)

    assert "\n<details><summary>Denied for another reason</summary>\n\n- OBJECTED -> FORBIDDEN" in report.read_text()
    assert 1 == report.read_text().count("</details>")
