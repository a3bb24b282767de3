"""``policy matrix``."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from tests.unit.authoring.matrix.bundles import INEXACT, JURISDICTIONS
from tests.unit.policy.bundles import write


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "matrix", *map(str, words)], prog_name="sidecar")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The small bundle."""
    return write(tmp_path / "bundle")


def test_every_answer_in_lines_of_a_hundred_columns(bundle: Path) -> None:
    """Uses that are answered alike, then what they are answered when, what allows first."""
    result = _run(bundle)

    lines = result.stdout.splitlines()
    assert 0 == result.exit_code
    assert max(map(len, lines)) <= 100
    start = lines.index("`newsletter`: use `customer.diet` for `marketing.email` by email")
    assert [
        "  1 use, basis consent",
        "  ALLOW                           24  consent given, explicit, no objection",
        "  DENY  OBJECTED                 192  objected",
        "  DENY  CONSENT_… by its state   144  consent not given, no objection",
        "  DENY  CONSENT_NOT_EXPLICIT      24  consent given, not explicit, no objection",
    ] == lines[start + 1 : start + 6]


def test_a_line_ends_behind_a_comma(bundle: Path) -> None:
    """Nothing that belongs together is torn apart, and what does not fit in a line goes on below."""
    (bundle / "regions.cedar").write_text("""\
@id("regions")
forbid (principal, action, resource)
when { context.attributes has region && (context.attributes.region == "Mecklenburg" ||
  context.attributes.region == "Schleswig" || context.attributes.region == "Brandenburg" ||
  context.attributes.region == "Lausitz") && context.restricted && context.erased && context.explicit };
""")

    result = _run(bundle, "--service", "fraud")

    assert max(map(len, result.stdout.splitlines())) <= 100


def test_laws_and_conditions_are_told(bundle: Path) -> None:
    """Where a block holds, and on what it depends that cannot be listed."""
    for path, text in {**JURISDICTIONS, **INEXACT}.items():
        (bundle / path).write_text(text)

    lines = _run(bundle).stdout.splitlines()

    assert any(line.endswith("basis legitimate interests, where the law is that of US") for line in lines)
    assert lines[-2].startswith("depends on `")
    assert lines[-2].endswith("in tagged: its values cannot be listed")
    assert "so not exact: some of these situations may be impossible" == lines[-1]


def test_json(bundle: Path) -> None:
    """For programs: blocks, answers, and for each the facts that matter."""
    plain = json.loads(_run(bundle, "--service", "newsletter", "--field", "customer.diet", "--output", "json").stdout)

    (block,) = plain["blocks"]
    assert [{"effect": "allow", "reason": "ALLOWED", "mask": None}] == [
        {name: answer[name] for name in ("effect", "reason", "mask")}
        for answer in block["answers"]
        if answer["effect"] != "deny"
    ]
    assert {"consent": ["given"], "explicit": [True], "objected": [False]} == block["answers"][0]["when"][0]["person"]
    assert ("consent", [], True, []) == (block["basis"], block["jurisdictions"], plain["exact"], plain["inexact"])
    assert sum(answer["situations"] for answer in block["answers"]) == plain["situations"]


def test_a_sheet_and_a_page_are_written(bundle: Path, tmp_path: Path) -> None:
    """Both at once, and nothing else is shown."""
    result = _run(bundle, "--csv", tmp_path / "m.csv", "--html", tmp_path / "m.html")
    again = _run(bundle, "--csv", tmp_path / "m.csv", "--output", "json")

    assert f"wrote {tmp_path}/m.csv\nwrote {tmp_path}/m.html\n" == result.stdout
    assert {"written": [f"{tmp_path}/m.csv"]} == json.loads(again.stdout)
    assert {"fraud", "newsletter"} == {
        row["service"] for row in csv.DictReader((tmp_path / "m.csv").read_text("utf-8").splitlines())
    }
    assert (tmp_path / "m.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_sheet_or_a_page_is_printed(bundle: Path, tmp_path: Path) -> None:
    """With nothing around it."""
    sheet = _run(bundle, "--csv", "-", "--service", "fraud", "--html", tmp_path / "m.html")
    page = _run(bundle, "--html", "-")

    assert {"fraud"} == {row["service"] for row in csv.DictReader(sheet.stdout.splitlines())}
    assert (tmp_path / "m.html").exists()
    assert page.stdout.startswith("<!doctype html>")
    assert page.stdout.endswith("</html>\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(("--service", "newsleter"), 1, "did you mean `newsletter`?", id="a misspelt key"),
        pytest.param(("--action", "collect"), 1, "no declared use has action `collect`", id="nothing fits"),
        pytest.param(("--action", "sell"), 1, "'sell' is not one of", id="no action"),
        pytest.param(("--csv", "-", "--html", "-"), 1, "only one thing can be printed", id="two things to print"),
        pytest.param(("--csv", "m", "--html", "m"), 1, "two reports cannot be one file", id="one file for both"),
        pytest.param(("--csv", "fields.yaml"), 1, "would be a file of a bundle", id="a file of the bundle"),
        pytest.param(("--csv", ""), 1, "it is empty", id="no name"),
        pytest.param(("--csv", "-", "--output", "json"), 1, "only one thing can be printed", id="a sheet and JSON"),
        pytest.param(("--html", "no/folder/m.html"), 1, "there is no folder `no/folder`", id="no such folder"),
    ],
)
def test_what_a_hurried_author_gets_wrong(words: tuple[str, ...], code: int, said: str, bundle: Path) -> None:
    """It is told what to do."""
    result = _run(bundle, *words)

    assert code == result.exit_code
    assert said in result.stderr


def test_an_invalid_bundle(bundle: Path) -> None:
    """There is no matrix of it."""
    (bundle / "main.cedar").write_text("permit")

    assert 3 == _run(bundle).exit_code
