"""``policy ci``."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from tests.unit.policy.bundles import FILES, write

MAIN = FILES["main.cedar"] + (
    '\n@id("health") forbid (principal, action, resource in DataCategory::"user.health") unless { context.explicit };\n'
)
STEPS = ["check", "fmt", "test", "coverage", "guardrails", "diff"]


def _git(folder: Path, *words: str) -> None:
    told = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *told, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose first revision has a sound bundle in ``policies``; the working folder."""
    monkeypatch.chdir(tmp_path)
    _git(tmp_path, "init")
    write(tmp_path / "policies", {"main.cedar": MAIN})
    CliRunner().invoke(sidecar, ["policy", "fmt", "policies"])
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-m", "first")
    return tmp_path


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "ci", *map(str, words)], prog_name="sidecar")


def _endings(*words: object) -> dict[str, str]:
    plain = json.loads(_run(*words, "--output", "json").stdout)
    return {step["name"]: step["ending"] for step in plain["steps"]}


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.usefixtures("repository")
def test_a_sound_change_passes() -> None:
    """Every step is told of, with what it found."""
    result = _run("policies", "--base", "HEAD")

    assert 0 == result.exit_code, result.output
    assert STEPS == [line.split()[1] for line in result.stdout.splitlines()]
    assert "every question is answered as before" in result.stdout


def test_a_widening_is_told_and_fails_if_it_is_to(repository: Path) -> None:
    """The comparison is with the folder of that name in the revision."""
    _edit(
        repository / "policies" / "main.cedar",
        "{ context.objected }",
        '{ context.objected && context.age == AgeBand::"teen" }',
    )

    assert 0 == _run("policies", "--base", "HEAD").exit_code
    assert 1 == _run("policies", "--base", "HEAD", "--fail-on-widening").exit_code
    assert "Newly allowed" in _run("policies", "--base", "HEAD").stdout


def test_each_step_fails_by_itself(repository: Path) -> None:
    """One that fails keeps back none of those after it."""
    _edit(repository / "policies" / "main.cedar", '@id("health")', '   @id("health")')
    _edit(repository / "policies" / "main.cedar", "unless { context.explicit }", "unless { context.by_guardian }")
    _edit(repository / "policies" / "tests" / "basics.yaml", "effect: deny", "effect: allow")

    endings = _endings("policies", "--base", "HEAD", "--threshold", 100)

    assert dict.fromkeys(STEPS, "failed") | {"check": "passed", "diff": "passed"} == endings


def test_what_is_no_bundle_stops_what_needs_one(repository: Path) -> None:
    """Every mistake is in the report."""
    _edit(repository / "policies" / "main.cedar", "context.objected", "context.objectd")
    report = repository / "report.md"
    result = _run("policies", "--base", "HEAD", "--markdown", report)

    assert 3 == result.exit_code
    assert "main.cedar:" in report.read_text()
    assert "| diff | skipped | what it needs failed before |" in report.read_text()
    assert report.read_text().startswith("# Policies: failed\n")


def test_a_folder_above_is_no_bundle_to_review(repository: Path) -> None:
    """It is told of as by every other command; no report is written."""
    result = _run(".", "--base", "HEAD", "--markdown", "report.md")

    assert (3, "") == (result.exit_code, result.stdout)
    assert "`.` is not a bundle\n  is `policies` in it the bundle?" in result.stderr
    assert not (repository / "report.md").exists()


@pytest.mark.usefixtures("repository")
def test_the_report_can_be_printed() -> None:
    """Then nothing else is, so that it can be appended to whatever shows it."""
    result = _run("policies", "--base", "HEAD", "--markdown", "-")

    assert 0 == result.exit_code
    assert result.stdout.startswith("# Policies: passed\n")
    assert not Path("-").exists()


@pytest.mark.usefixtures("repository")
def test_a_revision_is_compared_at_its_own_place() -> None:
    """`main:there` with what `HEAD` has there."""
    assert "passed" == _endings("HEAD:policies", "--base", "HEAD")["diff"]


def test_a_bundle_without_tests_fails(repository: Path) -> None:
    """It would be merged unseen."""
    (repository / "policies" / "tests" / "basics.yaml").unlink()
    endings = _endings("policies", "--base", "HEAD")

    assert ("failed", "skipped") == (endings["test"], endings["coverage"])


def test_a_bundle_that_is_new_is_compared_with_nothing(repository: Path) -> None:
    """The base has no folder of that name."""
    write(repository / "others", {"main.cedar": MAIN})
    endings = _endings("others", "--base", "HEAD")

    assert "skipped" == endings["diff"]


@pytest.mark.usefixtures("repository")
def test_a_base_that_is_none_fails_its_step() -> None:
    """The rest is told all the same."""
    result = _run("policies", "--base", "nowhere")

    assert 1 == result.exit_code
    assert "failed  diff" in result.stdout
    assert "nowhere" in result.stdout


def test_a_base_may_be_a_folder_and_a_bundle_an_archive(repository: Path) -> None:
    """An archive has no layout."""
    built = CliRunner().invoke(sidecar, ["policy", "build", "policies", "-o", "policies.tar.gz"])
    endings = _endings("policies.tar.gz", "--base", repository / "policies")

    assert 0 == built.exit_code
    assert ("skipped", "passed") == (endings["fmt"], endings["diff"])


def test_findings_fail_if_they_are_to(repository: Path) -> None:
    """With --strict."""
    (repository / "policies" / "stray.json").write_text("{}")

    assert "stray.json" in _run("policies", "--base", "HEAD", "--output", "json").stdout
    assert "passed" == _endings("policies", "--base", "HEAD")["check"]
    assert "failed" == _endings("policies", "--base", "HEAD", "--strict")["check"]


def test_a_bundle_whose_guardrails_are_needed_is_not_built(repository: Path) -> None:
    """What the manifest says of guardrails was proved."""
    _edit(repository / "policies" / "main.cedar", "unless { context.explicit }", "unless { context.by_guardian }")
    result = CliRunner().invoke(sidecar, ["policy", "build", "policies", "-o", "b.tar.gz"])

    assert 1 == result.exit_code
    assert "the other policies allow what guardrail `special-needs-explicit` forbids" in result.stderr
    assert not (repository / "b.tar.gz").exists()
