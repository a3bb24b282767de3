"""A new bundle."""

import errno
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sidecar.authoring.formatting import formatted_files
from sidecar.authoring.scaffold import is_vacant, scaffold, starter_files
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.runner import run_suites
from sidecar.policy.bundle import read_draft
from sidecar.policy.problems import Problems
from tests import yaml12
from tests.case_files import DEMO

STARTER = starter_files()


def test_it_passes_its_own_checks_and_tests(tmp_path: Path) -> None:
    """Valid without findings, laid out, and every test it ships holds."""
    scaffold(tmp_path / "shop")
    draft = read_draft(tmp_path / "shop")

    outcome = run_suites(draft)

    assert () == draft.findings
    assert [] == [file.path for file in formatted_files(tmp_path / "shop", Problems()) if file.changed]
    assert ["newsletter", "orders"] == [suite.name for suite in load_suites(draft)]
    assert () == outcome.failures


def test_every_policy_that_is_no_guardrail_decides_in_a_test(tmp_path: Path) -> None:
    """What is taken over unread has been seen at work; without any one of them, and no guardrails, a test fails."""
    scaffold(tmp_path / "shop")
    (tmp_path / "shop" / "guardrails.cedar").write_text("")
    for name in ("grounds.cedar", "rights.cedar", "protection.cedar"):
        text = STARTER[name]
        for policy in re.findall(r'@id\("[^"]*"\).*?;\n', text, re.DOTALL):
            (tmp_path / "shop" / name).write_text(text.replace(policy, ""))
            failures = run_suites(read_draft(tmp_path / "shop")).failures
            (tmp_path / "shop" / name).write_text(text)

            assert failures, policy


def test_its_vocabulary_is_that_of_every_bundle() -> None:
    """All but the caller's attributes is as in the demo bundle, comments included."""
    starter, demo = (
        text.partition("// What a caller may say")[0].replace(" docs/policies.md tells what each word means.", "")
        for text in (STARTER["schema.cedarschema"], (DEMO / "schema.cedarschema").read_text("utf-8"))
    )

    assert demo == starter


@pytest.mark.parametrize("name", ["categories", "data_uses"])
def test_its_taxonomy_is_part_of_that_of_the_demo(name: str) -> None:
    """The same keys, with the same titles; those in other languages are the demo's own."""
    path = f"catalog/{name}.yaml"
    whole, part = yaml12.read((DEMO / path).read_text("utf-8")), yaml12.read(STARTER[path])

    assert isinstance(whole, dict)
    assert isinstance(part, dict)
    assert part == {key: _without_titles(whole[key]) for key in part}


def _without_titles(entry: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in entry.items() if name != "titles"}


def test_every_yaml_file_leads_to_its_schema(tmp_path: Path) -> None:
    """Editors find it in the bundle itself."""
    scaffold(tmp_path)
    for path in (path for path in STARTER if path.endswith(".yaml") and not path.startswith(".")):
        line = STARTER[path].partition("\n")[0]

        assert (tmp_path / path).parent.joinpath(line.removeprefix("# yaml-language-server: $schema=")).is_file()
    assert all(yaml.safe_load(STARTER[path]) for path in (".pre-commit-config.yaml", ".github/workflows/policies.yaml"))


@pytest.mark.parametrize(
    ("there", "vacant"),
    [
        pytest.param((), True, id="empty"),
        pytest.param((".git",), True, id="an empty repository"),
        pytest.param(("README.md",), False, id="a file"),
        pytest.param((".git", ".gitignore"), False, id="a hidden file"),
    ],
)
def test_where_a_bundle_can_go(tmp_path: Path, there: tuple[str, ...], *, vacant: bool) -> None:
    """Only where nothing of anybody's is."""
    for name in there:
        (tmp_path / name).mkdir()

    assert vacant is is_vacant(tmp_path)
    assert is_vacant(tmp_path / "new")


def test_no_file_is_ever_overwritten(tmp_path: Path) -> None:
    """Not even one that appeared after the folder was looked at."""
    (tmp_path / "grounds.cedar").write_text("mine")

    with pytest.raises(FileExistsError):
        scaffold(tmp_path)
    assert "mine" == (tmp_path / "grounds.cedar").read_text()


def test_half_a_bundle_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are its folders; what was there before is."""
    (tmp_path / ".git").mkdir()
    opened = Path.open

    def refuse(path: Path, *words: Any, **named: Any) -> Any:
        if path.name == "suite.schema.json" or path.parent.name == "tests":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return opened(path, *words, **named)

    starter_files()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OSError, match="No space left"):
        scaffold(tmp_path)

    assert [tmp_path / ".git"] == list(tmp_path.iterdir())
