import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest
from click.testing import CliRunner, Result

from sidecar.authoring.trial.session import Session
from sidecar.cli.policy.conversation import Conversation
from sidecar.cli.program import sidecar
from sidecar.policy.bundle import read_draft

NEWS = "ask newsletter customer.email marketing.communications.email\n"


def _run(script: str, *words: str) -> Result:
    line = ["policy", "try", "policies", "--at", "2026-06-01T12:00:00Z", *words]
    return CliRunner().invoke(sidecar, line, input=script, prog_name="sidecar")


def test_a_script_is_shown_as_it_would_have_been_typed() -> None:
    """Each line, and what came of it."""
    result = _run(f"{NEWS}give # what is lacking\nask\nask\nat +1d\n")

    assert 0 == result.exit_code
    assert result.stdout == (
        f"> {NEWS}"
        "DENY  CONSENT_UNKNOWN: the person has not agreed to this\n"
        "  asked     newsletter use customer.email for marketing.communications.email of somebody\n"
        "  facts     consent unknown, age unknown, basis consent\n"
        "  policies  guardrail-consent\n"
        "  lacks     consent; `give` gives it\n"
        "> give # what is lacking\n"
        "{at: '2026-06-01T12:00:01Z', given: {purposes: [marketing.communications.email], "
        "categories: [user.contact.email], channels: [email], recipients: [first_party]}}\n"
        "> ask\n"
        "ALLOW  ALLOWED: a policy permits it and nothing forbids it\n"
        "  asked     newsletter use customer.email for marketing.communications.email of somebody\n"
        "  facts     consent given, age unknown, basis consent\n"
        "  policies  consent\n"
        "  changed   effect deny -> allow, reason CONSENT_UNKNOWN -> ALLOWED, consent unknown -> given\n"
        "> ask\n"
        "ALLOW  ALLOWED: a policy permits it and nothing forbids it\n"
        "  asked     newsletter use customer.email for marketing.communications.email of somebody\n"
        "  facts     consent given, age unknown, basis consent\n"
        "  policies  consent\n"
        "  changed   nothing\n"
        "> at +1d\n"
        "it is 2026-06-02T12:00:01Z\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("aks", "error: `aks` is nothing that can be done\n  did you mean `ask`?\n"),
        ("ask newsleter", "error: `newsleter` is no service, field, purpose, action, channel, recipient\n  did you"),
        ("ask 'x", "error: No closing quotation\n"),
        ("ask x=1 x=2", "error: attribute `x` is given twice"),
        ("why", "error: nothing was asked yet\n  ask SERVICE FIELD PURPOSE\n"),
        ("undo", "error: nothing was done yet\n"),
        ("at", "error: when?\n"),
        ("at 2020-01-01", "error: refused: time does not run back: it is 2026-06-01T12:00:00Z already\n"),
        ("give marketing.communications", "error: refused: a grant must name its data categories (`*` for all)\n"),
        ("save", "error: save where?\n"),
        ("save x.yaml", "error: nothing was asked yet, so there is nothing to test\n"),
    ],
)
def test_a_mistake_ends_nothing_and_fails_the_script(line: str, message: str) -> None:
    """What is wrong and what to type; the next line is taken; the exit code tells."""
    result = _run(f"{line}\nat +1d\n")

    assert 1 == result.exit_code
    assert f"> {line}\n{message}" in result.stdout
    assert result.stdout.endswith("it is 2026-06-02T12:00:00Z\n")


def test_json_has_one_line_an_answer() -> None:
    """Programs get answers, explanations and nothing else; mistakes go to standard error."""
    result = _run(f"{NEWS}give\nask\nwhy\nnonsense\nhistory\nhelp\n", "--output", "json")

    first, second, why = map(json.loads, result.stdout.splitlines())
    assert ("deny", "CONSENT_UNKNOWN", {}) == (first["effect"], first["reason"], first["changed"])
    assert {"before": "unknown", "now": "given"} == second["changed"]["consent"]
    assert ("2026-06-01T12:00:01Z", "newsletter") == (second["at"], second["question"]["service"])
    assert "consent" in why["determining"]
    assert "`nonsense` is nothing" in json.loads(result.stderr)["error"]["message"]


def test_everything_else_can_be_typed(tmp_path: Path) -> None:
    """Help, history, why, undo, save, quit."""
    saved = tmp_path / "tried.yaml"
    grant = "give marketing.communications.email user.contact.email until=+10d explicit\n"
    script = f"help\n{grant}{NEWS}why\nwithdraw\nask\nundo\nhistory\nsave {saved}\nsave {saved}\nquit\nnot taken\n"
    result = _run(script)

    for said in (
        "> help\nask SERVICE FIELD PURPOSE",
        "  until     2026-06-11T12:00:00Z, when time alone may change it\n",
        "> why\nALLOW  ALLOWED",
        "lacks     consent, not to be asked for before 2027-06-01T12:00:01Z; `give` gives it\n",
        "> undo\ntaken back: {at: '2026-06-01T12:00:01Z', withdrawn: {}}\n",
        "2026-06-01T12:00:00Z: newsletter use customer.email for marketing.communications.email of somebody: ALLOW",
        "saved as suite `tried`; change what its tests want to what ought to be\n",
        f"error: `{saved}` is there already\n  choose another name\n",
    ):
        assert said in result.stdout
    assert "not taken" not in result.stdout
    assert saved.read_text("utf-8").startswith("suite: tried\n")


@pytest.mark.parametrize(
    ("begun", "some", "none"),
    [
        ("", {"ask", "give", "help"}, {"newsletter"}),
        ("ask ", {"newsletter", "customer.email", "marketing.communications", "share", "email"}, {"user.contact"}),
        ("ask service=", {"newsletter"}, {"customer.email"}),
        ("give ", {"marketing.communications", "user.contact", "explicit", "until=", "notice="}, {"newsletter"}),
        ("give notice=", {"home@2"}, {"explicit", "user"}),
        ("give until=", set(), {"home@2", "explicit"}),
        ("erase ", {"user.contact", "*"}, {"marketing"}),
        ("traits ", {"of_age_at="}, {"user"}),
        ("at ", set(), {"user", "ask"}),
    ],
)
def test_tab_completes_what_may_follow(begun: str, some: set[str], none: set[str]) -> None:
    """Names of the kinds that the line so far leaves, and no others."""
    draft = read_draft(Path("policies"))

    found = set(Conversation(Session(draft, now=0), draft, as_json=False).completions(begun))

    assert some <= found
    assert set() == none & found


def _until(controller: int, sign: bytes) -> bytes:
    """What the terminal shows until *sign*; bounded."""
    shown, until = b"", monotonic() + 30
    while sign not in shown:
        ready, _, _ = select.select([controller], [], [], until - monotonic())
        assert ready, shown
        shown += os.read(controller, 65_536)
    return shown


def test_on_a_terminal_there_is_a_prompt_with_completion() -> None:
    """Tab completes a word, the prompt has the clock, and a mistake does not make the exit code."""
    controller, terminal = pty.openpty()
    environ = {**os.environ, "TERM": "dumb", "PYTHONPATH": str(Path.cwd()), "NO_COLOR": "1"}
    words = [sys.executable, "-m", "sidecar", "policy", "try", "policies", "--at", "2026-06-01"]
    process = subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env=environ)
    os.close(terminal)
    try:
        _until(controller, b"2026-06-01T00:00:00Z> ")
        os.write(controller, b"nonsense\n")
        assert b"`nonsense` is nothing that can be done" in _until(controller, b"Z> ")
        os.write(controller, b"ask newsl\tcustomer.ema\tmarketing.communications.em\t\n")
        assert b"DENY  CONSENT_UNKNOWN" in _until(controller, b"Z> ")
        os.write(controller, b"quit\n")
        assert 0 == process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
