"""``policy fmt``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar

P = "permit (principal, action, resource)"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder with one file to format and one that is right."""
    (tmp_path / "a.cedar").write_text(f"  {P};\n")
    (tmp_path / "b.cedar").write_text(f"{P};\n")
    return tmp_path


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "fmt", *map(str, words)], prog_name="sidecar")


def test_it_writes_what_changed_and_says_so(bundle: Path) -> None:
    """Then there is nothing left to do."""
    first, second, check = _run(bundle), _run(bundle), _run(bundle, "--check")

    assert (0, f"formatted {bundle}/a.cedar\n1 of 2 files changed\n") == (first.exit_code, first.stdout)
    assert (0, "0 of 2 files changed\n") == (second.exit_code, second.stdout)
    assert (0, "0 of 2 files would change\n") == (check.exit_code, check.stdout)
    assert f"{P};\n" == (bundle / "a.cedar").read_text()


def test_a_check_writes_nothing(bundle: Path) -> None:
    """It lists what would change, and exits 1."""
    result = _run(bundle, "--check")

    assert (1, f"would format {bundle}/a.cedar\n1 of 2 files would change\n") == (result.exit_code, result.stdout)
    assert f"  {P};\n" == (bundle / "a.cedar").read_text()


def test_a_diff_writes_nothing(bundle: Path) -> None:
    """It is only the diff, to be applied by other programs; exits 1 too."""
    result = _run(bundle, "--diff")

    expected = f"--- a/a.cedar\n+++ b/a.cedar\n@@ -1 +1 @@\n-  {P};\n+{P};\n"
    assert (1, expected) == (result.exit_code, result.stdout)
    assert f"  {P};\n" == (bundle / "a.cedar").read_text()


def test_json_for_programs(bundle: Path) -> None:
    """Names are stable."""
    diff = _run(bundle, "--diff", "--output", "json")
    written = _run(bundle, "--output", "json")

    assert {"changed", "files", "written"} == set(json.loads(diff.stdout))
    assert "+permit" in json.loads(diff.stdout)["changed"][0]["diff"]
    assert {"changed": [{"file": "a.cedar"}], "files": 2, "written": True} == json.loads(written.stdout)


def test_what_cannot_be_formatted_does_not_stop_the_rest(bundle: Path) -> None:
    """The broken file is shown at its place, and stays as it is."""
    (bundle / "c.cedar").write_text("  what;\n")

    result = _run(bundle)

    assert 3 == result.exit_code
    assert f"formatted {bundle}/a.cedar\n1 of 2 files changed\n" == result.stdout
    assert "c.cedar:1:" in result.stderr
    assert "  what;\n" == (bundle / "c.cedar").read_text()


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        pytest.param("", "there is no `*.cedar` file in `{0}`", "name the folder of a bundle", id="an empty folder"),
        pytest.param(
            "repository", "there is no `*.cedar` file in", "is `{0}/repository/rules` the bundle?", id="above"
        ),
        pytest.param("file.cedar", "`{0}/file.cedar` is a file", "name its folder, `{0}`", id="one file"),
        pytest.param("main:rules", "there is no folder `{0}/main:rules`", "what is in git", id="a revision"),
    ],
)
def test_what_is_no_folder_of_policies(tmp_path: Path, name: str, message: str, hint: str) -> None:
    """Nothing to do because of a wrong name is not success, and the answer says what to name."""
    (tmp_path / "repository" / "rules").mkdir(parents=True)
    (tmp_path / "repository" / "rules" / "schema.cedarschema").touch()
    if name == "file.cedar":
        (tmp_path / name).write_text(f"  {P};\n")

    result = _run(tmp_path / name)

    assert 1 == result.exit_code
    assert message.format(tmp_path) in result.stderr
    assert hint.format(tmp_path) in result.stderr
