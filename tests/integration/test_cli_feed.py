"""``consent watch`` and ``consent status``, against a real sidecar in this process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sidecar.api.v1 import consent_pb2
from sidecar.cli.program import sidecar
from sidecar.consent.log import Follower, Mark
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice, eventually

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30.0


@dataclass
class Shell:
    """Runs commands against one sidecar, which knows the consumer ``mail``."""

    served: Served
    caller: Caller
    mail_token: Path

    @property
    def environ(self) -> dict[str, str]:
        """That of a command, with the operator's token."""
        here = {"SIDECAR_ADDRESS": self.served.address, "SIDECAR_TOKEN_FILE": str(self.served.token_file)}
        others = {name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")}
        return {**others, **here, "PYTHONPATH": str(ROOT)}

    def run(self, *words: str) -> Result:
        """The outcome of a command that ends by itself."""
        return CliRunner().invoke(sidecar, ["consent", *words], env=self.environ, prog_name="sidecar")

    @contextmanager
    def watching(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """``consent watch``, in a process of its own; killed in the end, or after a time."""
        with subprocess.Popen(
            [sys.executable, "-m", "sidecar", "consent", "watch", *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            bound = Timer(SECONDS, process.kill)
            bound.start()
            try:
                yield process
            finally:
                bound.cancel()
                process.kill()

    def as_mail(self, *words: str) -> tuple[str, ...]:
        """The options of the consumer."""
        return ("--consumer", "mail", "--token-file", str(self.mail_token), *words)

    def acknowledged(self) -> int | None:
        """Up to where the consumer did."""
        return self.served.sidecar._downstream.consumers.acknowledged("mail")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A sidecar with an empty log."""
    known = f"mail,token={tmp_path / 'mail.token'},subjects=yes"
    with (
        serving(clock=FixedClock(), settings={"consumers.known": known, "consent.instance": "here"}) as served,
        calling(served) as caller,
    ):
        yield Shell(served, caller, tmp_path / "mail.token")


def line(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline()


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and the rest of both streams, after what Ctrl-C sends."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out, err


def test_each_change_is_a_line_until_it_is_interrupted(shell: Shell) -> None:
    """What there is, then what comes; the operator sees pseudonyms; Ctrl-C ends it without a word."""
    first = shell.caller.record("p1", choice("e1", "GIVEN"))
    with shell.watching() as process:
        given = line(process)
        shell.caller.record("p1", choice("e2", "WITHDRAWN"))
        withdrawn = line(process)
        shell.caller.consent.Erase(
            consent_pb2.EraseRequest(subject="p1", id="e3"), metadata=shell.caller.operator, timeout=5
        )
        erased = line(process)
        ended = interrupt(process)

    at, who, what, revision = given.rstrip().split("  ")
    assert ("2026-06-01T12:00:00Z", 32, f"({first.revision})") == (at, len(who), revision)
    assert "given marketing.communications.email / user.contact.email" == what
    assert f"{who}  withdrawn " in withdrawn
    assert f"{who}  erased everything" in erased
    assert (0, "", "") == ended


def test_a_consumer_sees_ids_acknowledges_and_goes_on(shell: Shell) -> None:
    """As JSON a line is a change; what was printed with --ack is not printed again."""
    recorded = shell.caller.record("person-1", choice("e1", "GIVEN"))
    with shell.watching(*shell.as_mail("--ack", "--output", "json")) as process:
        first: dict[str, Any] = json.loads(line(process))
        eventually(lambda: acknowledged(shell, recorded.revision), within_seconds=SECONDS)
        interrupt(process)
    shell.caller.record("person-2", choice("e1", "WITHDRAWN"))
    with shell.watching(*shell.as_mail()) as process:
        second = line(process)
    with shell.watching(*shell.as_mail("--from", "start")) as process:
        anew = line(process)
    with shell.watching(*shell.as_mail("--from", recorded.revision)) as process:
        behind = line(process)

    assert (recorded.revision, "person-1", "submission") == (first["revision"], first["subject"], first["kind"])
    assert "e1" == first["entry"]["event"]["id"]
    assert "given" == first["record"]["choices"][0]["kind"]
    assert ["person-2" in second, "person-1" in anew, "person-2" in behind] == [True, True, True]


def acknowledged(shell: Shell, revision: str) -> None:
    """The consumer has come to *revision*."""
    assert int(revision.partition(".")[2]) == shell.acknowledged()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--ack",), ["--ack needs --consumer"]),
        (("--consumer", "mail"), ["not that of consumer `mail`", "without a name"]),
        (("--from", "yesterday"), ["not a consent revision", "--from takes a revision"]),
        (("--from", f"{'f' * 16}.1"), ["another log", "--from start begins anew"]),
    ],
)
def test_what_cannot_be_watched_says_why(shell: Shell, words: tuple[str, ...], told: list[str]) -> None:
    """And what to do."""
    result = shell.run("watch", *words)

    assert 1 == result.exit_code
    assert [part for part in told if part not in result.stderr] == []


def test_a_wrong_token_of_a_consumer_names_the_right_file(shell: Shell, tmp_path: Path) -> None:
    """It is not the operator's that is wrong."""
    (tmp_path / "other").write_text("some-other-token-of-nobody")
    result = shell.run("watch", "--consumer", "mail", "--token-file", str(tmp_path / "other"))

    assert 1 == result.exit_code
    assert "`consumers.known` of this very server names for `mail`" in result.stderr


def test_who_has_applied_a_change_is_shown(shell: Shell) -> None:
    """As a table and as JSON, by revision and by event; exits 1 until everybody has."""
    recorded = shell.caller.record("p1", choice("e1", "GIVEN"))
    before = shell.run("status", recorded.revision)
    shell.served.sidecar._downstream.consumers.acknowledge("mail", 1)
    after = shell.run("status", "e1", "--subject", "p1", "--output", "json")
    answer = json.loads(after.stdout)

    assert [1, 0] == [before.exit_code, after.exit_code]
    assert [
        ["sidecar", "here", "(this", "one)", "yes", recorded.revision, "-"],
        ["consumer", "mail", "no", "-", "-"],
    ] == [row.split() for row in before.stdout.splitlines()[-2:]]
    assert (recorded.revision, "2026-06-01T12:00:00Z", True) == (
        answer["revision"],
        answer["accepted_at"],
        answer["everywhere"],
    )
    assert [("sidecar", True), ("consumer", True)] == [(each["kind"], each["applied"]) for each in answer["followers"]]


def test_it_waits_for_a_change_to_be_applied_everywhere(shell: Shell) -> None:
    """As long as it may, and no longer than it must."""
    recorded = shell.caller.record("p1", choice("e1", "GIVEN"))
    in_vain = shell.run("status", recorded.revision, "--wait", "0.1")
    mark = Mark(kind=Follower.CONSUMER, name="mail", position=1, at=0)
    later = Timer(0.3, shell.served.sidecar._log.mark, [mark])
    later.start()
    waited = shell.run("status", recorded.revision, "--wait", str(SECONDS))
    later.join()

    assert [1, 0] == [in_vain.exit_code, waited.exit_code]


def test_a_change_that_is_gone_is_still_somewhere(shell: Shell) -> None:
    """An erasure removed what it was, not that everybody has come past it."""
    recorded = shell.caller.record("p1", choice("e1", "GIVEN"))
    shell.caller.consent.Erase(
        consent_pb2.EraseRequest(subject="p1", id="e2"), metadata=shell.caller.operator, timeout=5
    )
    result = shell.run("status", recorded.revision)

    assert "not there any more, or never recorded" in result.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("e1",), ["`e1` is no revision", "--subject"]),
        (("absent", "--subject", "p1"), ["no such event"]),
        ((f"{'f' * 16}.1",), ["another log"]),
    ],
)
def test_a_change_that_there_is_not_is_an_error(shell: Shell, words: tuple[str, ...], told: list[str]) -> None:
    """Neither applied nor not."""
    result = shell.run("status", *words)

    assert 1 == result.exit_code
    assert [part for part in told if part not in result.stderr] == []
