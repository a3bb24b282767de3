"""The argument of commands that take a bundle."""

import subprocess
from pathlib import Path

import click
import pytest

from sidecar.cli.policy.argument import BundleReference


def _completed(text: str) -> list[tuple[str, str]]:
    command = click.Command("x")
    items = BundleReference().shell_complete(click.Context(command), click.Argument(["bundle"]), text)
    return [(item.type, item.value) for item in items]


def test_completion_offers_files_then_revisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell completes files itself; revisions are offered only for what is no beginning of a file."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], check=True)
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, "commit", "--quiet", "--allow-empty", "--message", "x"], check=True)
    (tmp_path / "policies").mkdir()

    assert [("file", "")] == _completed("")
    assert [("file", "pol")] == _completed("pol")
    assert [("file", "/")] == _completed("/")
    assert [("plain", "main")] == _completed("ma")
    assert [] == _completed("nowhere/x")
    monkeypatch.setenv("PATH", "/nowhere")
    assert [] == _completed("ma")
