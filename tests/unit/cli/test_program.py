import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import COMMANDS, sidecar

CHECK = ("check", "newsletter", "customer.email", "--subject", "p1", "--purpose", "marketing")
SCOPE = ("--purpose", "x", "--category", "y")


def _run(*words: str, **environ: str) -> Result:
    return CliRunner().invoke(sidecar, list(words), env=environ, prog_name="sidecar")


@pytest.mark.parametrize(
    ("words", "told", "hint"),
    [
        pytest.param(("chek",), "no such command", "see `sidecar --help`", id="unknown command"),
        pytest.param(("chekc",), "did you mean 'check'?", "see `sidecar --help`", id="a slip"),
        pytest.param(
            ("check", "newsletter"), "missing argument 'field...'", "see `sidecar check --help`", id="no field"
        ),
        pytest.param((*CHECK, "--colour", "x"), "no such option", "see `sidecar check --help`", id="unknown option"),
        pytest.param(
            (*CHECK, "--action", "read"), "'read' is not one of", "see `sidecar check --help`", id="no action"
        ),
        pytest.param(
            (*CHECK, "--attribute", "x"), "`x` is not name=value", "see `sidecar check --help`", id="attribute"
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--purpose", "x"),
            "say which: --given, --refused, --objected or --restricted",
            "see `sidecar consent record --help`",
            id="no kind",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--given", "--refused", *SCOPE),
            "--given and --refused are different choices",
            "see `sidecar consent record --help`",
            id="a yes and a no",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--restricted", "--objected", *SCOPE),
            "--restricted and --objected are different choices",
            "see `sidecar consent record --help`",
            id="a restriction and an objection",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--given", *SCOPE, "--until", "2020-01-31"),
            "--until 2020-01-31t00:00:00z is over",
            "see `sidecar consent record --help`",
            id="a yes born expired",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--given", "--purpose", "x"),
            "--given needs --purpose and --category",
            "see `sidecar consent record --help`",
            id="a yes to nothing",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--refused", "--until", "2027-01-01"),
            "--explicit and --until belong to --given",
            "see `sidecar consent record --help`",
            id="a no that ends",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--restricted", "--notice", "home@2"),
            "--notice belongs to a choice",
            "see `sidecar consent record --help`",
            id="a restriction under a notice",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--refused", "--notice", "home"),
            "`home` is not key@version",
            "see `sidecar consent record --help`",
            id="a notice without a version",
        ),
        pytest.param(
            ("consent", "record", "--subject", "p1", "--refused", "--until", "soon"),
            "`soon` is neither a date nor a time with its zone",
            "see `sidecar consent record --help`",
            id="no date",
        ),
        pytest.param(
            ("consent", "import", "no-such-file"),
            "'no-such-file' does not exist",
            "see `sidecar consent import",
            id="file",
        ),
    ],
)
def test_a_usage_error_is_1_and_says_where_to_look(words: tuple[str, ...], told: str, hint: str) -> None:
    """2 means denied, so a mistyped command must not be 2; text and JSON say the same."""
    text = _run(*words)
    as_json = _run(*words, "--output", "json")

    assert (1, 1) == (text.exit_code, as_json.exit_code)
    assert told in text.stderr.lower()
    assert hint in text.stderr
    assert not text.stdout
    error = json.loads(as_json.stderr)["error"]
    assert told in error["message"].lower()
    assert ("usage", True) == (error["code"], error["hint"].startswith(hint))


@pytest.mark.parametrize("group", [(), ("consent",), ("policy",), ("config",)])
def test_a_group_by_itself_is_its_help(group: tuple[str, ...]) -> None:
    """Who types no command is shown which there are, and did nothing wrong."""
    alone, asked = _run(*group), _run(*group, "--help")

    assert (0, "") == (alone.exit_code, alone.stderr)
    assert "Commands:" in alone.stdout
    assert asked.stdout == alone.stdout


@pytest.mark.parametrize(
    "words",
    [(), ("--help",), ("config", "show"), ("config", "show", "--output", "json"), ("policy", "check", "policies")],
)
def test_a_full_disk_is_one_line(words: tuple[str, ...]) -> None:
    """What could not be printed is an error, and no traceback."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "sidecar", *words]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    assert 1 == ended.returncode
    assert "output failed: no space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("consent", "withdraw", "--subject", "p1"),
        ("consent", "show", "--subject", "p1"),
        ("status",),
        ("explain", *CHECK[1:]),
    ],
)
def test_a_missing_token_says_what_to_do(words: tuple[str, ...], tmp_path: Path) -> None:
    """What needs the token names the file it looked for, and how to name another."""
    missing = tmp_path / "operator.token"

    result = _run(*words, SIDECAR_TOKEN_FILE=str(missing))

    assert 1 == result.exit_code
    assert f"there is no token file `{missing}`" in result.stderr
    assert "--token-file or SIDECAR_TOKEN_FILE" in result.stderr


@pytest.mark.parametrize("content", [b"", b"two\nlines", b"\xff", "\u00e4".encode()])
def test_a_file_without_a_token_is_an_error(content: bytes, tmp_path: Path) -> None:
    """A file that holds something else is told apart from a wrong token."""
    file = tmp_path / "operator.token"
    file.write_bytes(content)

    result = _run("status", "--token-file", str(file))

    assert 1 == result.exit_code
    assert f"the token file `{file}`" in result.stderr


def test_every_command_has_help_and_an_output_for_programs() -> None:
    """--help works, and --output json is everywhere."""
    leaves = 0
    context = click.Context(sidecar)
    for name in COMMANDS:
        command = sidecar.get_command(context, name)
        assert command is not None
        group = command if isinstance(command, click.Group) else None
        each = (
            [command]
            if group is None
            else [group.get_command(context, child) for child in group.list_commands(context)]
        )
        for leaf in each:
            leaves += 1
            assert leaf is not None
            assert leaf.help
            assert "output" in {parameter.name for parameter in leaf.params}, leaf.name

    assert leaves >= 16


def test_no_colour_where_there_is_no_terminal() -> None:
    """What goes into a pipe is plain text."""
    result = _run("config", "show", FORCE_COLOR="")

    assert 0 == result.exit_code
    assert "\x1b" not in result.output


def test_config_show_prints_what_serve_would_use(tmp_path: Path) -> None:
    """Flags before the environment before the file before defaults."""
    file = tmp_path / "sidecar.yaml"
    file.write_text("data: {dir: from-file}\nhttp: {address: 'off'}\nbundle: {path: from-file}\n")

    result = _run(
        "config",
        "show",
        "--config",
        str(file),
        "--bundle",
        "from-flag",
        "--output",
        "json",
        SIDECAR_DATA_DIR="from-env",
    )

    settings = json.loads(result.stdout)
    assert 0 == result.exit_code
    assert "from-flag" == settings["bundle"]["path"]
    assert "from-env" == settings["data"]["dir"]
    assert "off" == settings["http"]["address"]


def test_an_invalid_configuration_is_3(tmp_path: Path) -> None:
    """An unknown key is an error that names it."""
    file = tmp_path / "sidecar.yaml"
    file.write_text("data: {folder: x}\n")

    result = _run("config", "show", "--config", str(file), "--output", "json")

    assert 3 == result.exit_code
    error = json.loads(result.stderr)["error"]
    assert "config.invalid" == error["code"]
    assert "folder" in error["message"]


def test_an_invalid_bundle_is_3_with_every_problem(tmp_path: Path) -> None:
    """The problems are in the text, and one by one in the JSON."""
    (tmp_path / "broken.cedar").write_text("permit (principal, action, resource)\n")

    text = _run("policy", "check", str(tmp_path))
    as_json = _run("policy", "check", str(tmp_path), "--output", "json")

    assert (3, 3) == (text.exit_code, as_json.exit_code)
    error = json.loads(as_json.stderr)["error"]
    assert "bundle.invalid" == error["code"]
    assert len(error["problems"]) > 1
    assert f"6 errors and 1 warning in the bundle `{tmp_path}`" == error["message"]
    assert all(problem["file"] and problem["message"] for problem in error["problems"])
    assert all(problem["message"] in text.stderr for problem in error["problems"])


def test_the_demo_bundle_is_valid_and_strictly_so() -> None:
    """What we ship has no findings."""
    result = _run("policy", "check", "policies", "--strict", "--output", "json")

    answer = json.loads(result.stdout)
    assert 0 == result.exit_code
    assert [] == answer["problems"]
    assert answer["revision"].startswith("sha256:")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_that_shell(shell: str) -> None:
    """The script calls the command back for completions."""
    result = _run("completion", shell)

    assert 0 == result.exit_code
    assert f"_SIDECAR_COMPLETE={shell}_complete" in result.stdout


def test_no_summary_of_a_command_is_cut() -> None:
    """In a terminal of 80 columns, the list of commands says of each what it does."""
    groups = ((), ("policy",), ("consent",), ("config",))
    shown = [line for group in groups for line in _run(*group, "--help", COLUMNS="80").stdout.splitlines()]

    assert [] == [line for line in shown if line.startswith("  ") and line.endswith("...")]


@pytest.mark.parametrize(
    "words",
    [
        ("policy", "check"),
        ("policy", "new"),
        ("policy", "fmt"),
        ("policy", "keygen"),
        ("policy", "build", "policies", "--out"),
        ("policy", "schemas", "--write"),
    ],
)
def test_an_empty_name_is_not_the_current_folder(words: tuple[str, ...]) -> None:
    """It is what a variable of the shell leaves that is not set."""
    result = _run(*words, "")

    assert 1 == result.exit_code
    assert "it is empty; the current folder is `.`" in result.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_without_standard_output_nothing_breaks(closed: str) -> None:
    """What cannot be shown is not; the exit code is the same."""
    shell = f"{sys.executable} -m sidecar policy schemas {closed}; echo $? >&9"
    ended = subprocess.run(
        ["bash", "-c", f"exec 9>&1; {shell}"], capture_output=True, text=True, timeout=60, check=False
    )

    assert ("0", "") == (ended.stdout.splitlines()[-1], ended.stderr)
