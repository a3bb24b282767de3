"""How a sidecar is, on the command line, and what is said if none can be asked."""

import json
import re
import socket
from pathlib import Path

import pytest

from tests.integration.shell import EMAIL, GOOD, Shell


def test_health_and_status(shell: Shell) -> None:
    """A ready sidecar says so; status has its revisions and listeners."""
    health, status = shell.run("healthcheck"), shell.json("status")

    assert (0, "serving\n") == (health.exit_code, health.stdout)
    assert {"status": "serving"} == shell.json("healthcheck")
    assert True is status["ready"]
    policy, listeners = status["policy"], status["listeners"]
    assert isinstance(policy, dict)
    assert isinstance(listeners, list)
    assert policy["revision"].startswith("sha256:")
    assert [shell.reach.address] == [listener["address"] for listener in listeners]
    told = shell.run("status").stdout
    assert "any, as callers say" in told
    assert re.search(r"policy checked +[1-9]\d{0,2} (ms|s|min)( \d+ s)? ago", told) or "  0 ms ago" in told


def test_a_wrong_token_is_an_error_that_says_which_to_use(shell: Shell, tmp_path: Path) -> None:
    """Neither shown nor recorded without the right one."""
    file = tmp_path / "operator.token"
    file.write_text("x" * 43)

    shown = shell.run("consent", "show", "--subject", "ada", "--token-file", str(file))
    imported = shell.run("consent", "import", "-", "--token-file", str(file), stdin=GOOD.format("zoe"))

    assert (1, 1) == (shown.exit_code, imported.exit_code)
    assert "does not accept the token" in shown.stderr
    assert "the import stopped after line 0" in imported.stderr
    assert 2 == shell.run(*EMAIL, "--subject", "zoe").exit_code


@pytest.mark.parametrize("words", [(*EMAIL, "--subject", "ada"), ("healthcheck",), ("status",)])
def test_nobody_there_is_an_error(shell: Shell, words: tuple[str, ...]) -> None:
    """An address where nobody listens is 1, never 0 and never 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = shell.run(*words, "--address", address)
        as_json = shell.run(*words, "--address", address, "--output", "json")

    assert (1, 1) == (result.exit_code, as_json.exit_code)
    assert f"the sidecar at `{address}` is unavailable" in result.stderr
    assert "sidecar serve" in result.stderr
    assert "unavailable" == json.loads(as_json.stderr)["error"]["code"]


def test_a_port_in_use_is_an_error_that_names_it(shell: Shell, tmp_path: Path) -> None:
    """Two sidecars do not share a port by accident."""
    words = ("serve", "--bundle", "policies", "--data-dir", str(tmp_path / "data"), "--http", "off")

    result = shell.run(*words, "--listen", shell.reach.address)

    assert result.exit_code in (1, 3)
    assert shell.reach.address in result.stderr
    assert "Traceback" not in result.stderr


def test_the_verdict_table_of_a_sidecar(shell: Shell) -> None:
    """Beside the bundle's own numbers: how many verdicts are known, how many questions found them."""
    for _ in range(3):
        shell.run("check", "--subject", "stats", *EMAIL[1:])
    plain = shell.json("policy", "stats", "policies", "--address", shell.reach.address)
    text = shell.run("policy", "stats", "policies", "--address", shell.reach.address).stdout
    table = plain["table"]
    assert isinstance(table, dict)

    assert plain["revision"] == table["revision"]
    assert table["hits"] >= 1
    assert table["verdicts"] >= 1
    assert table["misses"] >= 1
    assert "found in memory" in text
