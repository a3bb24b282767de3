"""What is offered to other repositories to run: hooks for pre-commit, and what a new bundle brings along."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from sidecar.authoring.scaffold import scaffold, starter_files
from sidecar.cli.program import sidecar
from tests.case_files import DEMO

HOOKS: list[Mapping[str, Any]] = yaml.safe_load((DEMO.parent / ".pre-commit-hooks.yaml").read_text("utf-8"))
CONFIG: Mapping[str, Any] = yaml.safe_load(starter_files()[".pre-commit-config.yaml"])
LOCAL: list[Mapping[str, Any]] = CONFIG["repos"][0]["hooks"]
WORKFLOW: Mapping[str, Any] = yaml.safe_load(starter_files()[".github/workflows/policies.yaml"])


def _exit_code(command: str) -> int:
    program, *words = shlex.split(command)
    assert "sidecar" == program
    return CliRunner().invoke(sidecar, words, prog_name="sidecar").exit_code


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_passes_on_a_new_bundle(
    hook: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own arguments, in a repository that has its bundle in `policies`; it gets no names of files."""
    scaffold(tmp_path / "policies")
    monkeypatch.chdir(tmp_path)

    assert {"id", "name", "description", "entry", "args", "language", "files", "pass_filenames"} == set(hook)
    assert ("python", False) == (hook["language"], hook["pass_filenames"])
    assert 0 == _exit_code(f"{hook['entry']} {shlex.join(hook['args'])}")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_stops_what_is_wrong(hook: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or, what only needs another layout, changes it: that stops a commit too."""
    scaffold(tmp_path / "policies")
    grounds = tmp_path / "policies" / "grounds.cedar"
    wrong = grounds.read_text().replace('"given"', '"unknown"  ')
    grounds.write_text(wrong)
    (tmp_path / "policies" / "odd").touch()
    monkeypatch.chdir(tmp_path)

    code = _exit_code(f"{hook['entry']} {shlex.join(hook['args'])}")

    assert code != 0 or grounds.read_text() != wrong


def test_hooks_run_for_every_file_that_matters() -> None:
    """A change of any file of a bundle runs the checks, one of a policy the layout too."""
    paths = [path for path in starter_files() if not path.startswith(".") and not path.endswith(".md")]
    matched = {hook["id"]: {path for path in paths if re.search(hook["files"], path)} for hook in (*HOOKS, *LOCAL)}

    assert {path for path in paths if path.endswith(".cedar")} == matched.pop("policy-fmt")
    assert {"policy-check": set(paths), "policy-test": set(paths)} == matched


def test_a_new_bundle_has_the_same_hooks() -> None:
    """They differ in where they find the command, and in that the bundle is the repository."""
    same = ("id", "name", "files", "pass_filenames")
    expected = [{key: hook[key] for key in same} | {"entry": f"{hook['entry']} ."} for hook in HOOKS]

    assert expected == [{key: hook[key] for key in (*same, "entry")} for hook in LOCAL]
    assert {"system"} == {hook["language"] for hook in LOCAL}


@pytest.mark.parametrize("command", [hook["entry"] for hook in LOCAL])
def test_what_a_new_bundle_runs_before_a_commit_passes(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first commit is green."""
    scaffold(tmp_path)
    monkeypatch.chdir(tmp_path)

    assert 0 == _exit_code(command)


def _steps() -> Iterator[str]:
    for step in WORKFLOW["jobs"]["bundle"]["steps"]:
        if step.get("run", "").startswith("sidecar"):
            yield step["run"]


def test_the_workflow_of_a_new_bundle_passes_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first pull request is green, and the report says what it allows."""
    scaffold(tmp_path)
    monkeypatch.chdir(tmp_path)
    for words in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "start"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run(["git", *words], check=True)
    service = Path("catalog/services/newsletter.yaml")
    service.write_text(service.read_text().replace("[use]", "[use, retain]"))
    (command,) = _steps()

    assert 0 == _exit_code(command)
    assert "retain" in Path("report.md").read_text()


def test_the_documented_workflow_is_the_one_that_is_written() -> None:
    """docs/authors/ci.md shows what `policy new` writes."""
    assert starter_files()[".github/workflows/policies.yaml"] in (DEMO.parent / "docs/authors/ci.md").read_text("utf-8")
