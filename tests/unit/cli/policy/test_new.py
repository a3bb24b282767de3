"""``policy new``."""

import json
import shlex
from pathlib import Path

from click.testing import CliRunner, Result

from sidecar.authoring.scaffold import starter_files
from sidecar.cli.program import sidecar


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, list(map(str, words)), prog_name="sidecar")


def test_what_it_tells_to_do_next_works(tmp_path: Path) -> None:
    """Copied and run as it is, blanks in the name included; serving is another test's business."""
    told = _run("policy", "new", tmp_path / "my shop")
    commands = [shlex.split(line) for line in told.stdout.splitlines() if line.startswith("  sidecar")]

    assert 0 == told.exit_code
    assert ["policy", "policy", "serve"] == [words[1] for words in commands]
    assert [0, 0] == [_run(*words[1:]).exit_code for words in commands[:2]]


def test_json_for_programs(tmp_path: Path) -> None:
    """Every file that was written."""
    result = json.loads(_run("policy", "new", tmp_path / "shop", "--output", "json").stdout)

    assert {"bundle", "written", "next"} == set(result)
    assert [str(tmp_path / "shop" / path) for path in starter_files()] == result["written"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Twice the same command is a mistake, and changes nothing."""
    (tmp_path / "notes").touch()

    result = _run("policy", "new", tmp_path)

    assert 1 == result.exit_code
    assert "is not empty" in result.stderr
    assert "name a folder that is new or empty; nothing was written" in result.stderr
    assert ["notes"] == [path.name for path in tmp_path.iterdir()]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """The error says so."""
    (tmp_path / "file").touch()

    for name in ("file", "file/below"):
        result = _run("policy", "new", tmp_path / name)

        assert 1 == result.exit_code
        assert "file" in result.stderr
