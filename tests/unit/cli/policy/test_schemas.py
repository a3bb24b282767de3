"""``policy schemas``."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from sidecar.authoring.schemas.published import schema_files
from sidecar.cli.program import sidecar


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "schemas", *map(str, words)], prog_name="sidecar")


def test_they_are_listed_with_what_they_describe() -> None:
    """For people the names, for programs the schemas themselves."""
    table, plain = _run(), _run("--output", "json")

    assert 0 == table.exit_code
    assert "catalog/services/*.yaml" in table.stdout
    expected = {name.removesuffix(".schema.json"): json.loads(text) for name, text in schema_files().items()}
    assert expected == json.loads(plain.stdout)


def test_they_are_written_into_a_folder(tmp_path: Path) -> None:
    """It is made if it is not there; writing again changes nothing."""
    folder = tmp_path / "bundle" / ".schemas"
    first, again = _run("--write", folder), _run("--write", folder, "--output", "json")

    assert (0, 0) == (first.exit_code, again.exit_code)
    assert f"wrote {folder}/fields.schema.json" in first.stdout.splitlines()
    assert schema_files() == {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert {str(path) for path in folder.iterdir()} == set(json.loads(again.stdout)["written"])


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The error names it."""
    (tmp_path / "file").touch()

    result = _run("--write", tmp_path / "file" / "folder")

    assert 1 == result.exit_code
    assert "file/folder` cannot be read or written: not a directory" in result.stderr
