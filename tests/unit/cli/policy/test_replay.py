"""``policy replay``."""

import gzip
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from sidecar.authoring.replay import tally
from sidecar.cli.policy import replay
from sidecar.cli.program import sidecar
from sidecar.model.vocabulary import ConsentState, Effect, Reason
from sidecar.telemetry.decisionlog.line import encode
from tests.unit.authoring.replay.logged import FACTS, edited, logged, request
from tests.unit.policy.bundles import write

WITHDRAWN = FACTS._replace(consent=ConsentState.WITHDRAWN, explicit=False)
STALE = replace(logged(), effect=Effect.DENY, reason=Reason.STALE_CONSENT, facts=None, footing=None)
WIDER = edited("main.cedar", 'Consent::"given"', 'Consent::"withdrawn"')
LINES = [encode(line) for line in (logged(), logged(facts=WITHDRAWN), logged(facts=WITHDRAWN), STALE)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of four decisions and a line that is none."""
    path = tmp_path / "log"
    path.write_bytes(b"\n".join([*LINES, b"{}", b""]))
    return path


@pytest.fixture
def same(tmp_path: Path) -> Path:
    """The bundle that decided."""
    return write(tmp_path / "same")


@pytest.fixture
def wider(tmp_path: Path) -> Path:
    """One under which a withdrawal is a consent, and a consent none."""
    return write(tmp_path / "wider", WIDER)


def _run(*words: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "replay", *map(str, words)], prog_name="sidecar", input=stdin)


def test_under_the_bundle_that_decided_there_is_nothing_to_tell(log: Path, same: Path) -> None:
    """But what was not replayed; no flag makes that a failure."""
    result = _run(log, "--bundle", same, "--fail-on-flips", "--fail-on-widening")
    malformed, summary = result.stdout.splitlines()

    assert 0 == result.exit_code
    assert malformed.startswith("line 5 is malformed: ")
    assert summary.endswith(
        ": 3 the same, 0 would be answered otherwise, 0 not replayable, 1 skipped (stale or unavailable), 1 malformed"
    )
    assert summary.startswith("5 lines under sha256:")


def test_what_opens_is_told_first(log: Path, wider: Path) -> None:
    """With question, facts, count and an example."""
    result = _run(log, "--bundle", wider)
    told = result.stdout.splitlines()

    assert 0 == result.exit_code
    assert "newly allowed: 2 lines" == told[0]
    assert [
        "2",
        "newsletter: use customer.email for marketing.email",
        "CONSENT_WITHDRAWN",
        "allow",
        "consent withdrawn, age adult, on consent",
        "d-1.0",
    ] == re.split(r"\s{2,}", told[3].strip())
    assert "newly denied: 1 line" in told


@pytest.mark.parametrize(
    ("flags", "wider_code", "narrower_code"),
    [
        pytest.param([], 0, 0, id="no flag"),
        pytest.param(["--fail-on-flips"], 1, 1, id="flips"),
        pytest.param(["--fail-on-widening"], 1, 0, id="widening"),
    ],
)
def test_findings_fail_only_when_asked_to(
    log: Path, tmp_path: Path, flags: list[str], wider_code: int, narrower_code: int
) -> None:
    """A bundle that only closes is no widening."""
    wide = write(tmp_path / "wide", WIDER)
    narrow = write(tmp_path / "narrow", edited("main.cedar", '"given" }', '"given" && context.by_guardian }'))

    assert wider_code == _run(log, "--bundle", wide, *flags).exit_code
    assert narrower_code == _run(log, "--bundle", narrow, *flags).exit_code


def test_json_has_everything(log: Path, wider: Path) -> None:
    """Names are stable."""
    found = json.loads(_run(log, "--bundle", wider, "--output", "json").stdout)

    assert (5, 0, 2, 1, 1) == tuple(found[key] for key in ("lines", "same", "widened", "skipped", "malformed"))
    assert {"newly_allowed": 2, "obligations": 0, "newly_denied": 1, "reason": 0} == found["flipped"]
    assert {
        "change": "newly_allowed",
        "widens": True,
        "service": "newsletter",
        "action": "use",
        "field": "customer.email",
        "purpose": "marketing.email",
        "channel": None,
        "recipient": None,
        "facts": {**WITHDRAWN._asdict()},
        "old": {"effect": "deny", "reason": "CONSENT_WITHDRAWN", "mask": None},
        "new": {"effect": "allow", "reason": "ALLOWED", "mask": None},
        "lines": 2,
        "example": "d-1.0",
    } == found["flips"][0]
    assert [5] == [line["line"] for line in found["malformed_lines"]]


def test_what_cannot_be_replayed_is_told_with_its_reason(log: Path, tmp_path: Path) -> None:
    """Once for all lines with it."""
    moved = write(tmp_path / "moved", edited("catalog/fields.yaml", "[user.contact.email]", "[user.health]"))
    told = _run(log, "--bundle", moved).stdout.splitlines()

    assert "not replayable: 3 lines" == told[0]
    assert "field `customer.email` was in `user.contact.email`, and is in `user.health`" in told[3]


def test_a_log_may_be_compressed_or_come_from_a_pipe(log: Path, same: Path, tmp_path: Path) -> None:
    """It is seen, not told by a name."""
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    expected = _run(log, "--bundle", same).stdout

    assert expected == _run(packed, "--bundle", same).stdout
    assert expected == _run("-", "--bundle", same, stdin=log.read_bytes()).stdout
    assert expected == _run("-", "--bundle", same, stdin=packed.read_bytes()).stdout


def test_what_is_no_log_is_an_error(same: Path, tmp_path: Path) -> None:
    """As when the arguments are mixed up; an empty log is none."""
    other = tmp_path / "other"
    other.write_text("title: x\n")
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    result = _run(other, "--bundle", same)

    assert 1 == result.exit_code
    assert f"`{other}` is no decision log: none of its 1 lines is a decision" in result.stderr
    assert 0 == _run(empty, "--bundle", same).exit_code


def test_a_damaged_log_and_a_bad_bundle_are_errors(log: Path, same: Path, tmp_path: Path) -> None:
    """1 and 3."""
    damaged = tmp_path / "damaged"
    damaged.write_bytes(gzip.compress(log.read_bytes())[:-9])
    result = _run(damaged, "--bundle", same)

    assert 1 == result.exit_code
    assert f"`{damaged}` cannot be unpacked after line " in result.stderr
    assert 3 == _run(log, "--bundle", write(tmp_path / "bad", {"main.cedar": "nonsense"})).exit_code


def test_no_more_kinds_are_shown_than_anybody_reads(same: Path, tmp_path: Path) -> None:
    """JSON has the others."""
    path = tmp_path / "many"
    lines = [
        replace(logged(request(purpose=f"p{number}")), reason=Reason.NOT_DECLARED, effect=Effect.DENY)
        for number in range(60)
    ]
    path.write_bytes(b"\n".join(encode(line) for line in lines))
    told = _run(path, "--bundle", same).stdout

    assert "and 10 more kinds: --output json has them all" in told
    assert 60 == len(json.loads(_run(path, "--bundle", same, "--output", "json").stdout)["flips"])


def test_nor_more_reasons_and_what_is_past_the_bound_is_counted(
    log: Path, same: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of kinds that are not even kept there is a number."""
    monkeypatch.setattr(replay, "_SHOWN", 0)
    monkeypatch.setattr(tally, "MAX_GROUPS", 1)
    lines = [replace(logged(request(purpose=f"p{number}")), reason=Reason.NOT_DECLARED) for number in range(3)]
    path = tmp_path / "many"
    path.write_bytes(b"\n".join(encode(line) for line in lines))
    moved = write(tmp_path / "moved", edited("catalog/fields.yaml", "[user.contact.email]", "[user.health]"))

    assert "and 1 more reasons: --output json has them all" in _run(log, "--bundle", moved).stdout
    assert "2 lines of kinds too many to list are only counted" in _run(path, "--bundle", same).stdout
