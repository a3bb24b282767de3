import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar

DEMO = Path("policies")


def _run(*words: str) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "test", *words], prog_name="sidecar")


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """The demo bundle with a test that fails."""
    bundle = Path(shutil.copytree(DEMO, tmp_path / "bundle"))
    (bundle / "tests" / "more.yaml").write_text(
        "suite: additions\nnow: 2026-01-01\ntests:\n  - name: no child gets news\n"
        "    ask: {service: newsletter, facts: {consent: given, by_guardian: true, age: teen}, field: customer.email,\n"
        "      purpose: marketing.communications.email}\n    want: CONSENT_UNKNOWN\n",
        "utf-8",
    )
    return bundle


def test_the_demo_bundle_passes_and_is_covered() -> None:
    """All tests pass, and nothing is left uncovered."""
    result = _run(str(DEMO), "--threshold", "100")

    assert 0 == result.exit_code
    assert "passed\n" in result.stdout
    assert "15 of 15, 100 %" in result.stdout
    assert "96 of 96, 100 %" in result.stdout


def test_a_failure_says_all_that_its_author_needs(failing: Path) -> None:
    """What was asked, expected and answered, why, by which policies, and where."""
    result = _run(str(failing), "--suite", "additions")

    assert 1 == result.exit_code
    assert f"{failing}/tests/more.yaml:7:11: no child gets news\n" in result.stdout
    for said in (
        "asked       newsletter use customer.email for marketing.communications.email of somebody, at 2026-01-01T",
        "expected    deny, CONSENT_UNKNOWN",
        "got         deny, MINOR",
        "because     the person is too young for this",
        "facts       consent given, by guardian, age teen, basis consent",
        f"decided by  forbid `no-marketing-to-minors` at {failing}/minors.cedar:6:1: no direct marketing",
        "1 test, 1 failed",
    ):
        assert said in result.stdout


def test_json_has_every_case_and_coverage(failing: Path) -> None:
    """Programs get the questions that failed, what was wanted and what came, and what is covered."""
    result = _run(str(failing), "--suite", "additions", "--suite", "rights", "--coverage", "--output", "json")

    told = json.loads(result.stdout)
    assert (1, False, 5, 1) == (result.exit_code, told["passed"], told["tests"], told["failed"])
    (failure,) = told["cases"][0]["failures"]
    assert ({"effect": "deny", "reason": "CONSENT_UNKNOWN"}, "MINOR") == (failure["want"], failure["got"]["reason"])
    assert ("tests/more.yaml", 7) == (failure["file"], failure["line"])
    assert told["coverage"]["policy_percent"] < 100
    assert 1 == told["coverage"]["states"]["marketing.communications.email"]["given"]


def test_too_little_coverage_fails(tmp_path: Path) -> None:
    """Below the threshold the outcome is a failure even if every test passes, and names what is not covered."""
    result = _run(str(DEMO), "--suite", "minors", "--threshold", "50", "--junit", str(tmp_path / "report.xml"))

    assert 1 == result.exit_code
    assert "policies/grounds.cedar:16:1: permit `contract` was never seen deciding" in result.stdout
    assert "less than 50 % is covered" in result.stdout
    assert (tmp_path / "report.xml").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("--suite", "miners"), "error: no suite matches `miners`\n  did you mean `minors`?", id="suite"),
        pytest.param(
            ("--service", "fruad"), "error: no service matches `fruad`\n  did you mean `fraud`?", id="service"
        ),
        pytest.param(("--suite", "minors", "--service", "fraud"), "error: no test is chosen\n", id="together"),
        pytest.param(("--jobs", "0"), "error: invalid value for '--jobs'", id="jobs"),
    ],
)
def test_a_filter_that_chooses_nothing_is_an_error(words: tuple[str, ...], message: str) -> None:
    """A typing mistake must not look like success."""
    result = _run(str(DEMO), *words)

    assert (1, "") == (result.exit_code, result.stdout)
    assert result.stderr.startswith(message)


def test_a_bundle_without_tests_is_no_success(tmp_path: Path) -> None:
    """Nothing tested is not tested."""
    bundle = Path(shutil.copytree(DEMO, tmp_path / "bundle"))
    shutil.rmtree(bundle / "tests")

    result = _run(str(bundle))

    assert 1 == result.exit_code
    assert "error: the bundle ships no tests" in result.stderr


def test_a_matrix_that_fails_everywhere_is_told_in_short(tmp_path: Path) -> None:
    """One mistake in a policy does not fill the screen with thousands of rows."""
    bundle = Path(shutil.copytree(DEMO, tmp_path / "bundle"))
    file = bundle / "tests" / "everybody.yaml"
    file.write_text(file.read_text("utf-8").replace("      - {subjects: has", "      #"), "utf-8")

    result = _run(str(bundle), "--suite", "everybody")

    assert 1 == result.exit_code
    assert "more questions of this test" in result.stdout


def test_a_broken_test_is_an_invalid_bundle(tmp_path: Path) -> None:
    """Exit code 3, with the place of the mistake; `policy check` says the same."""
    bundle = Path(shutil.copytree(DEMO, tmp_path / "bundle"))
    (bundle / "tests" / "more.yaml").write_text("suite: more\ntests: [{nmae: x}]\n", "utf-8")

    results = [_run(str(bundle)), CliRunner().invoke(sidecar, ["policy", "check", str(bundle)], prog_name="sidecar")]

    assert [3, 3] == [result.exit_code for result in results]
    assert all("tests/more.yaml:2:10: error: unknown key `nmae`" in result.stderr for result in results)


def test_the_report_can_be_printed() -> None:
    """Then nothing else is."""
    result = _run(str(DEMO), "--suite", "minors", "--junit", "-")

    assert 0 == result.exit_code
    assert result.stdout.startswith("<?xml")
    assert "tests passed" not in result.stdout


@pytest.mark.parametrize("threshold", ["nan", "101", "much"])
def test_a_threshold_is_a_percentage(threshold: str) -> None:
    """What is none is refused, rather than never reached."""
    result = _run(str(DEMO), "--threshold", threshold)

    assert 1 == result.exit_code
    assert "invalid value for '--threshold'" in result.stderr
