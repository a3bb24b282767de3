"""What people decide, on the command line: recorded, shown, linked, erased."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.shell import EMAIL, NEWS, YES, Shell


def test_the_history_of_nobody_says_so(shell: Shell) -> None:
    """No events are told as none, not as a table without rows."""
    result = shell.run("consent", "history", "--subject", "never-heard-of")

    assert (0, "no record: nothing was ever recorded of this person\n") == (result.exit_code, result.stdout)


def test_two_ids_of_one_person_are_linked(shell: Shell) -> None:
    """What one says no to is denied for the other; record and history tell of it by pseudonym."""
    shell.run(*YES, "--subject", "lena")
    linked = shell.run("consent", "link", "lena", "lena-tv")
    before = shell.run(*EMAIL, "--subject", "lena")
    shell.run("consent", "withdraw", "--subject", "lena-tv", *NEWS)
    after = shell.run(*EMAIL, "--subject", "lena")
    shown, history = (shell.run("consent", words, "--subject", "lena") for words in ("show", "history"))
    itself = shell.run("consent", "link", "lena", "lena")

    assert [0, 0, 2, 1] == [linked.exit_code, before.exit_code, after.exit_code, itself.exit_code]
    assert "CONSENT_WITHDRAWN" in after.stdout
    assert "linked to " in shown.stdout
    assert "linked to " in history.stdout
    assert "a linked id: withdrawn marketing.communications.email" in history.stdout
    assert "lena-tv" not in shown.stdout + history.stdout
    assert "is the subject itself" in itself.stderr


def test_record_show_and_history_agree(shell: Shell) -> None:
    """What was recorded is shown, with its scope, and every event is in the history, oldest first."""
    shell.run(*YES, "--subject", "hal", "--explicit", "--by", "guardian")
    shell.run("consent", "record", "--objected", "--recipient", "third_party", "--subject", "hal", "--by", "system")
    shell.run("consent", "record", "--restricted", "--subject", "hal")
    shell.run("consent", "lift", "--subject", "hal")

    shown = shell.json("consent", "show", "--subject", "hal")
    history = shell.json("consent", "history", "--subject", "hal")

    choices = shown["choices"]
    assert isinstance(choices, list)
    assert ["given", "objected", "restricted", "lifted"] == [choice["kind"] for choice in choices]
    assert ("user.contact.email", "email", "first_party", True, "guardian") == tuple(
        choices[0][key] for key in ("category", "channel", "recipient", "explicit", "actor")
    )
    entries = history["entries"]
    assert isinstance(entries, list)
    acts = [next(key for key in ("submission", "restriction", "lifting") if key in e["event"]) for e in entries]
    assert ["submission", "submission", "restriction", "lifting"] == acts
    assert "guardian" in shell.run("consent", "show", "--subject", "hal").stdout
    assert "restricted everything" in shell.run("consent", "history", "--subject", "hal").stdout


def test_a_long_history_is_shown_whole(shell: Shell, tmp_path: Path) -> None:
    """Pages are the protocol's business."""
    line = '{{"subject":"ida","id":"{0}","occurred_at":"2026-01-01T00:00:{0:02}Z","traits":{{"jurisdiction":"DE"}}}}\n'
    file = tmp_path / "ida.jsonl"
    file.write_text("".join(line.format(number) for number in range(40)))
    shell.run("consent", "import", str(file))

    entries = shell.json("consent", "history", "--subject", "ida")["entries"]

    assert isinstance(entries, list)
    assert [str(number) for number in range(40)] == [entry["event"]["id"] for entry in entries]


def test_erasure_says_so_and_the_law_survives(shell: Shell) -> None:
    """After erasing, a contract is no ground any more; a legal obligation is."""
    shell.run(*YES, "--subject", "joe")
    erased = shell.run("consent", "erase", "--subject", "joe", "--yes")

    contract = shell.run("check", "support", "customer.email", "--subject", "joe", "--purpose", "essential.service")
    law = ("--purpose", "essential.legal_obligation", "--action", "retain")
    kept = shell.run("check", "support", "customer.email", "--subject", "joe", *law)

    assert 0 == erased.exit_code
    assert "is void" in erased.stdout
    assert (2, True) == (contract.exit_code, "ERASED" in contract.stdout)
    assert 0 == kept.exit_code


def test_nothing_is_erased_where_nobody_can_be_asked(shell: Shell) -> None:
    """Off a terminal an erasure needs --yes; without it the yes still stands."""
    shell.run(*YES, "--subject", "jan")

    refused = shell.run("consent", "erase", "--subject", "jan", stdin="y\n")

    assert 1 == refused.exit_code
    assert "nothing erased" in refused.stderr
    assert "--yes" in refused.stderr
    assert 0 == shell.run(*EMAIL, "--subject", "jan").exit_code


@pytest.mark.parametrize(("typed", "erased"), [(b"y\n", True), (b"n\n", False), (b"\n", False), (b"\x04", False)])
def test_a_terminal_is_asked_before_an_erasure(shell: Shell, typed: bytes, *, erased: bool) -> None:
    """Only a yes erases; a no and the end of the input say that nothing was."""
    subject = f"jil-{typed.hex()}"
    shell.run(*YES, "--subject", subject)

    exit_code, told = _typed_into_erase(shell, subject, typed)

    assert 1 - erased == exit_code
    assert erased is not ("nothing erased" in told)
    assert "interrupted" not in told
    assert 2 * erased == shell.run(*EMAIL, "--subject", subject).exit_code


def _typed_into_erase(shell: Shell, subject: str, typed: bytes) -> tuple[int, str]:
    """What `consent erase` ends with, and says, when its question is answered so on a terminal of its own."""
    words = ("consent", "erase", "--subject", subject, "--address", shell.reach.address)
    command = [sys.executable, "-m", "sidecar", *words, "--token-file", str(shell.reach.token_file)]
    ours, its = pty.openpty()
    try:
        os.write(ours, typed)
        ended = subprocess.run(command, stdin=its, capture_output=True, text=True, timeout=30, check=False)
    finally:
        os.close(ours)
        os.close(its)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_name_that_the_catalog_lacks_is_an_error(shell: Shell) -> None:
    """Nothing is recorded, and the message names the name."""
    result = shell.run("consent", "record", "--given", "--purpose", "x", "--category", "*", "--subject", "kim")

    assert 1 == result.exit_code
    assert "error: --purpose: the catalog has no purpose `x`" in result.stderr
    assert "see catalog/purposes.yaml and data_uses.yaml of the bundle" in result.stderr
    assert "no record" in shell.run("consent", "show", "--subject", "kim").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--restricted", "--category", "x"), "--category: the catalog has no data category `x`"),
        (("--refused", "--channel", "x"), "--channel: the catalog has no channel `x`"),
        (("--objected", "--recipient", "x"), "--recipient: the catalog has no recipient `x`"),
        (("--refused", "--notice", "x@1"), "--notice: the bundle has no notice `x@1`"),
        (("--refused", "--purpose", "x\ny"), "--purpose: "),
    ],
)
def test_what_is_refused_is_told_by_its_option(shell: Shell, words: tuple[str, ...], told: str) -> None:
    """Who typed an option reads of the option, not of a field of a message."""
    result = shell.run("consent", "record", *words, "--subject", "kim")

    assert 1 == result.exit_code
    assert f"error: {told}" in result.stderr
    assert "event." not in result.stderr
