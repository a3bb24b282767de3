"""``hold``, ``holds`` and ``release``: placed, seen, lifted."""

import pytest

from tests.integration.shell import EMAIL, YES, Shell


def test_a_hold_from_the_command_line(shell: Shell) -> None:
    """Place, see, be denied with the command that shows why, release by the command that was printed."""
    shell.run(*YES, "--subject", "hope")
    about = ("--category", "user.contact.email", "--purpose", "marketing.communications.email")
    placed = shell.json("hold", *about, "--why", "a laptop was stolen")
    try:
        denied = shell.run(*EMAIL, "--subject", "hope")
        as_json, table, status = shell.json("holds"), shell.run("holds"), shell.run("status")
        nothing = shell.run("release", "--category", "user.sensor")
        printed = shell.run("hold", "--category", "user.sensor", "--why", "also")
        again = shell.run("hold", "--category", "user.sensor", "--why", "and again")
    finally:
        released = shell.run("release", str(placed["hold_id"]), "--why", "found")
        rest = shell.json("release", "--all")

    assert 2 == denied.exit_code
    assert "it is on hold for everyone, by an operator" in denied.stdout
    assert denied.stdout.rstrip().endswith(" holds")
    assert "a laptop was stolen" == as_json["holds"][0]["why"]  # type: ignore[index]
    for told in ("a laptop was stolen", str(placed["hold_id"]), "user.contact.email"):
        assert told in table.stdout
    assert "1, see `sidecar holds`" in status.stdout
    assert "nothing there was on hold\nstill on hold" in nothing.stdout
    assert "a laptop was stolen" in nothing.stdout
    assert " release hold-" in printed.stdout
    assert "on hold already" not in printed.stdout
    for told in ("on hold already, and held by this one from now on", "also"):
        assert told in again.stdout
    assert str(placed["hold_id"]) in released.stdout
    assert "a laptop was stolen" in released.stdout
    assert "still on hold" in released.stdout
    assert 1 == len(rest["released"])  # type: ignore[arg-type]
    assert "nothing is on hold" in shell.run("holds").stdout
    assert 0 == shell.run(*EMAIL, "--subject", "hope").exit_code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hold", "--why", "w"), "say what to hold"),
        (("hold", "--category", "user.sensor"), "--why"),
        (("hold", "--category", "users", "--why", "w"), "--category: the catalog has no data category `users`"),
        (("release",), "say what to release"),
        (("release", "x", "--all"), "say what to release"),
        (("release", "x"), "there is no hold `x`\n  `sidecar holds` shows"),
    ],
)
def test_a_hold_that_makes_no_sense_is_told(shell: Shell, words: tuple[str, ...], told: str) -> None:
    """In the words of the command line."""
    result = shell.run(*words)

    assert 1 == result.exit_code
    assert told in result.stderr
