import sys
from pathlib import Path

import pytest

from sidecar.cli.invocation import Invocation, program_words, repeated


def _executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_on_the_path_is_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who can type `sidecar` is shown `sidecar`."""
    program = _executable(tmp_path / "bin" / "sidecar")
    monkeypatch.setenv("PATH", str(program.parent))

    assert ("sidecar",) == program_words(str(program))


def test_a_program_below_the_folder_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make run` starts .venv/bin/sidecar, so that is what to type in another terminal."""
    program = _executable(tmp_path / ".venv" / "bin" / "sidecar")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)

    assert (".venv/bin/sidecar",) == program_words(str(program))
    assert (".venv/bin/sidecar",) == program_words(".venv/bin/sidecar")


def test_another_program_of_the_same_name_on_the_path_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is to start this program, not one that happens to have its name."""
    program = _executable(tmp_path / "one" / "sidecar")
    other = _executable(tmp_path / "two" / "sidecar")
    monkeypatch.setenv("PATH", str(other.parent))

    assert (str(program),) == program_words(str(program))


def test_a_module_is_started_by_its_interpreter() -> None:
    """`python -m sidecar` has no program of its own."""
    interpreter, *rest = program_words("/somewhere/sidecar/__main__.py")

    assert ["-m", "sidecar"] == rest
    assert Path(sys.executable).name == Path(interpreter).name


def test_a_command_is_quoted_and_ends_with_how_to_reach_the_server() -> None:
    """The token is named only where it is needed."""
    invocation = Invocation(address=("--address", "unix:/a b"), token=("--token-file", "t"))

    assert "sidecar check 'p 1' --address 'unix:/a b'" == invocation.command("check", "p 1")
    assert "sidecar status --address 'unix:/a b' --token-file t" == invocation.command("status", token=True)


def test_options_are_repeated() -> None:
    """One option a value."""
    assert ["--category", "a", "--category", "b"] == repeated("--category", ("a", "b"))
