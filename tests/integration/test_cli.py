"""The command line against a real sidecar in this process, with the demo bundle."""

import json
import os
import pty
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from sidecar.cli.running import Reach, running
from sidecar.config import load

NEWS = ("--purpose", "marketing.communications.email")
EMAIL = ("check", "newsletter", "customer.email", *NEWS)
YES = ("consent", "record", "--given", *NEWS, "--category", "user.contact.email")


@dataclass(frozen=True)
class Shell:
    """Runs commands against one sidecar."""

    reach: Reach

    def run(self, *words: str, stdin: str = "") -> Result:
        """The outcome of one command."""
        environ = {"SIDECAR_ADDRESS": self.reach.address, "SIDECAR_TOKEN_FILE": str(self.reach.token_file)}
        return CliRunner().invoke(sidecar, list(words), env=environ, input=stdin, prog_name="sidecar")

    def json(self, *words: str) -> dict[str, object]:
        """What one command prints with ``--output json``, on whichever stream."""
        result = self.run(*words, "--output", "json")
        parsed = json.loads(result.stdout or result.stderr)
        assert isinstance(parsed, dict)
        return parsed


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A sidecar for this module; every test uses people of its own."""
    flags = {
        "bundle.path": "policies",
        "data.dir": tmp_path_factory.mktemp("cli") / "data",
        "server.listen": ("127.0.0.1:0",),
        "http.address": "off",
        "log.level": "error",
    }
    with running(load(flags=flags)) as (_, reach):
        yield Shell(reach)


def test_a_yes_opens_and_a_withdrawal_closes(shell: Shell) -> None:
    """The next answer after each knows it, and the exit code tells the shell."""
    before = shell.run(*EMAIL, "--subject", "ada")
    shell.run(*YES, "--subject", "ada")
    given = shell.run(*EMAIL, "--subject", "ada")
    shell.run("consent", "withdraw", "--subject", "ada", *NEWS)
    withdrawn = shell.run(*EMAIL, "--subject", "ada")

    assert [2, 0, 2] == [before.exit_code, given.exit_code, withdrawn.exit_code]
    assert "CONSENT_UNKNOWN" in before.stdout
    assert "ALLOWED" in given.stdout
    assert "CONSENT_WITHDRAWN" in withdrawn.stdout
    assert "the person took consent back; do not ask again before" in withdrawn.stdout


@pytest.mark.parametrize(
    ("subject", "question"),
    [
        ("remedy-1", ("newsletter", "customer.email", "--purpose", "marketing.communications.email")),
        ("remedy 2", ("offers", "customer.diet", "--purpose", "personalize.content")),
        ("remedy-3", ("recommendations", "viewing.interests", "--purpose", "personalize.content")),
        (
            "remedy-4",
            (
                *("fridge", "fridge.shopping_list", "--purpose", "essential.service"),
                *("--action", "share", "--recipient", "grocer-partner"),
            ),
        ),
    ],
)
def test_the_command_that_a_deny_prints_changes_it(shell: Shell, subject: str, question: tuple[str, ...]) -> None:
    """Copied and run as it is, it makes the same question allowed: special categories and recipients included."""
    denied = shell.json("check", *question, "--subject", subject)
    (result,) = denied["results"]  # type: ignore[misc]
    words = shlex.split(result["remedy"]["command"])  # type: ignore[has-type]

    changed = shell.run(*words[words.index("consent") :])

    assert not denied["allowed"]
    assert 0 == changed.exit_code
    assert 0 == shell.run("check", *question, "--subject", subject).exit_code


def test_json_of_a_check_is_complete(shell: Shell) -> None:
    """Every part of the answer is there, absent ones as null."""
    answer = shell.json(*EMAIL, "customer.phone", "--subject", "bob")

    expected_keys = {
        *("allowed", "results", "policy_revision", "consent_revision", "consent_age_ms"),
        *("clock_changes_at", "cache_for_ms", "decision_id", "co_subjects_denied"),
    }
    assert expected_keys == set(answer)
    results = answer["results"]
    assert isinstance(results, list)
    assert ["customer.email", "customer.phone"] == [result["field"] for result in results]
    assert {
        *("field", "effect", "reason", "determining_policies", "obligations"),
        *("consent_to_ask", "ask_not_before", "unknown_name", "by_co_subjects", "held", "remedy"),
    } == set(results[0])
    assert "deny" == results[0]["effect"]


def test_an_obligation_is_printed(shell: Shell) -> None:
    """Allowed with a mask is 0, and says what must be done."""
    question = ("check", "analytics", "home.telemetry", "--subject", "eve")

    result = shell.run(*question, "--purpose", "essential.service.operations.improve")

    assert 0 == result.exit_code
    assert "ALLOW_WITH_OBLIGATIONS" in result.stdout
    assert "home.telemetry: mask it by `hash` before use" in result.stdout


def test_attributes_reach_the_policies(shell: Shell) -> None:
    """An integer of the right name opens; the same digits as text are another type."""
    question = ("check", "fraud", "home.location", "--subject", "eve", "--purpose", "essential.fraud_detection")

    assert 2 == shell.run(*question).exit_code
    assert 0 == shell.run(*question, "--attribute", "amount_cents=10000").exit_code
    text = shell.run(*question, "--attribute", 'amount_cents="10000"')
    assert 2 == text.exit_code
    assert "UNKNOWN_ATTRIBUTE" in text.stdout
    assert "`type Attributes` of schema.cedarschema declares no `amount_cents`, or declares it with" in text.stdout


def test_what_is_the_same_for_all_fields_is_told_once(shell: Shell) -> None:
    """One unknown service is one sentence and one thing to do, however many fields were asked about."""
    result = shell.run("check", "nobody", "customer.email", "customer.phone", *NEWS, "--subject", "eve")

    assert 2 == result.exit_code
    assert 1 == result.stdout.count("the catalog has no service `nobody`")
    assert "customer.email, customer.phone: the catalog has no service `nobody`" in result.stdout
    assert 1 == result.stdout.count("to change that:")


def test_the_history_of_nobody_says_so(shell: Shell) -> None:
    """No events are told as none, not as a table without rows."""
    result = shell.run("consent", "history", "--subject", "never-heard-of")

    assert (0, "no record: nothing was ever recorded of this person\n") == (result.exit_code, result.stdout)


def test_what_is_malformed_is_an_error(shell: Shell) -> None:
    """A malformed question has no answer: exit code 1, not 2."""
    result = shell.run(*EMAIL, "--subject", "eve", "--recipient", "ad-network")

    assert 1 == result.exit_code
    assert "recipient" in result.stderr


def test_a_question_too_long_for_one_call_says_what_to_do(shell: Shell) -> None:
    """The limit is the server's; who asks reads how to stay below it."""
    result = shell.run(*EMAIL, "--subject", "eve", "--attribute", "note=" + "x" * 70_000)

    assert 1 == result.exit_code
    assert "too much for one call" in result.stderr
    assert "limits.message_bytes" in result.stderr


def test_explain_names_the_choice_and_what_would_change_it(shell: Shell) -> None:
    """The event that decided is named, in text and in JSON."""
    recorded = shell.json(*YES, "--subject", "gil", "--notice", "newsletter@2", "--until", "2099-01-01")

    text = shell.run("explain", *EMAIL[1:], "--subject", "gil")
    as_json = shell.json("explain", *EMAIL[1:], "--subject", "gil")

    assert 0 == text.exit_code
    for told in (str(recorded["event_id"]), "newsletter@2", "2099-01-01T00:00:00Z", "command-line"):
        assert told in text.stdout
    (explanation,) = as_json["explanations"]  # type: ignore[misc]
    assert recorded["event_id"] == explanation["choices"][0]["event_id"]  # type: ignore[has-type]
    assert {"decision", "explanations"} == set(as_json)

    denied = shell.run("explain", "printer", "customer.email", *NEWS, "--subject", "gil")
    assert 2 == denied.exit_code
    assert "would change it: add catalog/services/printer.yaml" in denied.stdout


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


def test_several_people_are_asked_about_at_once(shell: Shell) -> None:
    """All must agree; how many do not is told, but nobody's name, and the command that explains asks the same."""
    recording = ("voice-assistant", "voice.recording", "--purpose", "train_ai_system", "--subject", "vera")
    for subject in ("vera", "will"):
        shell.run(
            "consent",
            "record",
            "--given",
            "--purpose",
            "train_ai_system",
            "--category",
            "user.sensor",
            "--subject",
            subject,
        )
    agreed = shell.run("check", *recording, "--co-subject", "will")
    denied = shell.run("check", *recording, "--co-subject", "will", "--co-subject", "xena")
    explained = shell.run("explain", *recording, "--co-subject", "will", "--co-subject", "xena")
    as_json = shell.json("check", *recording, "--co-subject", "will", "--co-subject", "xena")
    own = shell.run("check", *recording[:-1], "yuri", "--co-subject", "zoe")

    assert [0, 2, 2] == [agreed.exit_code, denied.exit_code, explained.exit_code]
    for told in (denied.stdout, explained.stdout):
        assert "co-subjects who do not allow all of it: 1; who is not told" in told
        assert "somebody else in the same data stands in the way: the person has not agreed to this" in told
        assert "xena" not in told
        assert "will" not in told
    assert 1 == as_json["co_subjects_denied"]
    assert "consent record --subject yuri" in own.stdout


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


GOOD = (
    '{{"subject":"{0}","id":"e1","occurred_at":"2026-01-01T00:00:00Z","submission":{{"choices":[{{"kind":"given",'
    '"scope":{{"purposes":["marketing.communications.email"],"categories":["user.contact.email"]}}}}]}}}}'
)


def test_malformed_lines_are_set_aside_and_the_rest_goes_in(shell: Shell, tmp_path: Path) -> None:
    """Each refused line is kept as it was, below its reason; mended, the same file goes in."""
    file = tmp_path / "past.jsonl"
    bad = [
        "{not json",
        GOOD.format("lea").replace("submission", "submision"),
        GOOD.format("lea").replace('"marketing', '"x.marketing'),
        GOOD.format("lea").replace('"occurred_at":"2026-01-01T00:00:00Z",', ""),
        '{"subject":"lea","id":"e2","occurred_at":"2026-01-01T00:00:00Z","erasure":{}}',
        GOOD.format("\\u0000"),
    ]
    lines = ["# a comment", "", GOOD.format("mia"), *bad, GOOD.format("noa")]
    file.write_bytes("\n".join(lines).encode() + b'\n{"subject":"\xff"}\n')

    result = shell.run("consent", "import", str(file))
    rejected = (tmp_path / "past.jsonl.rejected").read_bytes().splitlines()

    assert 1 == result.exit_code
    assert "2 recorded, 0 known before, 7 refused" in result.stdout
    assert [*(line.encode() for line in bad), b'{"subject":"\xff"}'] == rejected[1::2]
    assert [f"# line {number}: ".encode() for number in (4, 5, 6, 7, 8, 9, 11)] == [
        reason[: reason.index(b": ") + 2] for reason in rejected[::2]
    ]
    for subject in ("mia", "noa"):
        assert 0 == shell.run(*EMAIL, "--subject", subject).exit_code

    mended = tmp_path / "mended.jsonl"
    mended.write_text("# line 5: mended\n" + GOOD.format("lea") + "\n")
    again = shell.run("consent", "import", str(mended), "--rejects", str(tmp_path / "none"))
    assert 0 == again.exit_code
    assert not (tmp_path / "none").exists()


def test_an_import_can_be_run_again(shell: Shell, tmp_path: Path) -> None:
    """From standard input; what was recorded before is not recorded twice, another body for the same id is refused."""
    first = shell.run("consent", "import", "-", stdin=GOOD.format("oli"))
    second = shell.run("consent", "import", "-", stdin=GOOD.format("oli"))

    assert "1 recorded, 0 known before, 0 refused" in first.stdout
    assert "0 recorded, 1 known before, 0 refused" in second.stdout

    rejects = tmp_path / "rejects"
    other = GOOD.format("oli").replace(":00Z", ":01Z")
    changed = shell.run("consent", "import", "-", "--rejects", str(rejects), stdin=other)
    reason, _ = rejects.read_text().splitlines()
    assert 1 == changed.exit_code
    assert "`e1` was used before with another body" in reason


def test_an_import_outcome_as_json(shell: Shell) -> None:
    """Counts, the revision that has it all, and where refused lines are."""
    outcome = shell.run("consent", "import", "-", "--output", "json", stdin=GOOD.format("pia"))

    parsed = json.loads(outcome.stdout)
    assert (1, 0, 0, None) == tuple(parsed[key] for key in ("recorded", "duplicates", "rejected", "rejects_file"))
    assert parsed["revision"]


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
    assert table["hits"] >= 2
    assert table["verdicts"] >= 1
    assert table["misses"] >= 1
    assert "found in memory" in text


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
