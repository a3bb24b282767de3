"""``policy check``."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from tests.case_files import DEMO
from tests.unit.policy.analysis.bundles import TEXTS


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small bundle with a field that no service uses."""
    for path, text in TEXTS.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with (tmp_path / "catalog/fields.yaml").open("a") as fields:
        fields.write("shoe: {title: Size of shoes, categories: [user]}\n")
    return tmp_path


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "check", *map(str, words)], prog_name="sidecar")


def test_of_the_demo_bundle_nothing_is_found() -> None:
    """It is what others start from."""
    result = _run(DEMO, "--strict")

    assert 0 == result.exit_code
    assert result.stdout.startswith("valid, 22 policies, 0 warnings; revision sha256:")


def test_findings_have_their_place_and_what_to_do(bundle: Path) -> None:
    """They end the command with 1 only if asked to."""
    result, strict = _run(bundle), _run(bundle, "--strict")

    assert (0, 1) == (result.exit_code, strict.exit_code)
    assert [
        f"{bundle}/catalog/fields.yaml:3:1: warning: no service uses the field `shoe` [lint.unused_field]",
        "    remove it, or declare the use in catalog/services/",
    ] == result.stdout.splitlines()[:2]
    assert result.stdout.splitlines()[2].startswith("valid, 9 policies, 1 warning; revision sha256:")


def test_without_the_analysis_a_note_says_what_is_missing(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simple findings are still made."""
    monkeypatch.setitem(sys.modules, "oxidd.bdd", None)
    text, plain = _run(bundle), json.loads(_run(bundle, "--output", "json").stdout)

    assert "note: only the simpler findings: " in text.stdout
    assert "pip install 'consent-sidecar[analysis]'" in plain["note"]
    assert ["lint.unused_field"] == [problem["code"] for problem in plain["problems"]]
    assert {"revision", "policies", "problems", "note"} == set(plain)
