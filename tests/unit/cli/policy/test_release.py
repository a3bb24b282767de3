"""``policy build``, ``sign``, ``verify`` and ``keygen``."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from tests.unit.policy.bundles import FILES, write

SUITE = """\
suite: basics
now: 2026-06-01T12:00:00Z
subjects: {ada: []}
tests:
  - name: nobody is asked by mail unless she agreed
    ask: {service: newsletter, subject: ada, field: customer.email, purpose: marketing.email}
    want: {effect: deny, reason: CONSENT_UNKNOWN}
"""
GUARDRAIL = """\
@id("nothing-objected")
forbid (principal, action, resource)
when { context.objected };
"""
EVIDENCE = {
    "policies": 4,
    "warnings": 0,
    "tests": {"cases": 1, "questions": 1},
    "guardrails": {"proved": 1, "inexact conditions": 0},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the small bundle in `policies` and a pair of keys."""
    write(tmp_path / "policies", {"tests/basics.yaml": SUITE, "guardrails.cedar": GUARDRAIL})
    monkeypatch.chdir(tmp_path)
    assert 0 == _run("keygen", "key.pem").exit_code
    return tmp_path


def _run(*words: str) -> Result:
    return CliRunner().invoke(sidecar, ["policy", *words], prog_name="sidecar")


def _json(*words: str) -> Any:
    result = _run(*words, "--output", "json")
    return json.loads(result.stdout or result.stderr)


def test_from_a_folder_to_a_verified_archive(here: Path) -> None:
    """Build, sign, verify: text and JSON say the same revision, serial and key."""
    built = _json("build", "policies", "-o", "b.tar.gz", "--serial", "4")
    signed = _json("sign", "b.tar.gz", "--key", "key.pem")
    verified = _json("verify", "b.tar.gz", "--public-key", "key.pub.pem", "--min-serial", "4")
    told = _run("verify", "b.tar.gz", "--public-key", "key.pub.pem")
    checked = _json("check", "b.tar.gz")

    assert (here / "b.tar.gz").is_file()
    assert 1 == len({one["revision"] for one in (built, signed, verified, checked)})
    assert {4} == {one["serial"] for one in (built, signed, verified)}
    assert signed["key"] == verified["key"]
    assert built["evidence"] == verified["evidence"] == EVIDENCE
    assert 0 == told.exit_code
    assert told.stdout.startswith(f"valid: b.tar.gz is signed by {signed['key']}, {built['files']} files\n")
    assert "tests: 1 cases, 1 questions\n" in told.stdout
    assert f"revision {built['revision']}, serial 4" in told.stdout


@pytest.mark.usefixtures("here")
def test_each_step_names_the_next() -> None:
    """What is printed for people can be followed."""
    built = _run("build", "policies", "-o", "b.tar.gz")
    signed = _run("sign", "b.tar.gz", "--key", "key.pem")

    assert "not signed; to sign it: sidecar policy sign b.tar.gz --key KEY.pem" in built.stdout
    assert signed.stdout.startswith("signed b.tar.gz with ed25519:")
    assert "" == signed.stderr


@pytest.mark.usefixtures("here")
def test_two_builds_are_the_same_bytes() -> None:
    """So who builds again can compare."""
    first, second = (_json("build", "policies", "-o", name) for name in ("one.tar.gz", "two.tar.gz"))

    assert first["sha256"] == second["sha256"]
    assert Path("one.tar.gz").read_bytes() == Path("two.tar.gz").read_bytes()


def test_an_invalid_bundle_is_not_built(here: Path) -> None:
    """It exits 3 with every problem, and writes nothing."""
    (here / "policies" / "x.cedar").write_text("permit")
    result = _run("build", "policies", "-o", "b.tar.gz")

    assert 3 == result.exit_code
    assert "x.cedar" in result.stderr
    assert not (here / "b.tar.gz").exists()


def test_a_bundle_whose_tests_fail_is_not_built(here: Path) -> None:
    """It exits 1 with every failure at its place, and writes nothing."""
    (here / "policies" / "tests" / "basics.yaml").write_text(SUITE.replace("CONSENT_UNKNOWN", "OBJECTED"))
    told = _run("build", "policies", "-o", "b.tar.gz")
    error = _json("build", "policies", "-o", "b.tar.gz")["error"]

    assert 1 == told.exit_code
    assert told.stderr.startswith("error: not built: 1 failure:\ntests/basics.yaml:7:")
    assert ["tests/basics.yaml"] == [problem["file"] for problem in error["problems"]]
    assert not (here / "b.tar.gz").exists()


def test_a_bundle_whose_guardrails_are_needed_is_not_built(here: Path) -> None:
    """What only a guardrail stops is a mistake in the other policies; the guardrail is told at its place."""
    (here / "policies" / "guardrails.cedar").write_text(FILES["guardrails.cedar"])
    told = _run("build", "policies", "-o", "b.tar.gz")

    assert 1 == told.exit_code
    assert "guardrails.cedar:2:1: error: the other policies allow what guardrail `special-needs-expl" in told.stderr
    assert not (here / "b.tar.gz").exists()


def test_what_is_no_archive_is_not_written_over(here: Path) -> None:
    """A slip of the pen names a policy file; an archive is written over."""
    slip = _run("build", "policies", "-o", "policies/main.cedar")
    (here / "empty").touch()
    again = [_run("build", "policies", "-o", name).exit_code for name in ("empty", "b.tar.gz", "b.tar.gz")]

    assert (1, [0, 0, 0]) == (slip.exit_code, again)
    assert "`policies/main.cedar` is there, and is not an archive" in slip.stderr


@pytest.mark.parametrize(
    ("signs", "words", "said"),
    [
        pytest.param(False, (), "the archive is not signed", id="unsigned"),
        pytest.param(True, ("--min-serial", "1"), "the archive has serial 0, and at least 1 is required", id="floor"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_does_not_verify_is_1_with_the_reason(signs: bool, words: tuple[str, ...], said: str) -> None:  # noqa: FBT001
    """The reason names the archive, and a hint says what to do."""
    _run("build", "policies", "-o", "b.tar.gz")
    if signs:
        _run("sign", "b.tar.gz", "--key", "key.pem")
    result = _run("verify", "b.tar.gz", "--public-key", "key.pub.pem", *words)
    error = _json("verify", "b.tar.gz", "--public-key", "key.pub.pem", *words)["error"]

    assert 1 == result.exit_code
    assert result.stderr.startswith(f"error: `b.tar.gz`: {said}\n  ")
    assert (f"`b.tar.gz`: {said}", True) == (error["message"], bool(error["hint"]))


@pytest.mark.usefixtures("here")
def test_a_file_that_is_no_archive_does_not_verify() -> None:
    """Nor can it be signed."""
    verified = _run("verify", "policies/main.cedar", "--public-key", "key.pub.pem")
    signed = _run("sign", "policies/main.cedar", "--key", "key.pem")

    assert (1, 3) == (verified.exit_code, signed.exit_code)
    assert "not a gzipped archive" in verified.stderr
    assert "not a gzipped archive" in signed.stderr


def test_half_a_pair_of_keys_is_not_left_behind(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the public half cannot be written, the private one goes too."""
    opened = os.open

    def refuse(path: Any, *words: Any, **named: Any) -> int:
        if str(path).endswith("new.pub.pem"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return opened(path, *words, **named)

    monkeypatch.setattr(os, "open", refuse)
    result = _run("keygen", "new.pem")

    assert 1 == result.exit_code
    assert "`new.pub.pem` cannot be read or written: no space left on device" in result.stderr
    assert [] == list(here.glob("new*"))


def test_keys_are_secret_and_never_overwritten(here: Path) -> None:
    """The private key can be read by its owner only; where either file is there, nothing is written."""
    mode = (here / "key.pem").stat().st_mode & 0o777
    again = _run("keygen", "key.pem")
    (here / "new.pub.pem").touch()
    half = _run("keygen", "new.pem")

    assert (0o600, 1, 1) == (mode, again.exit_code, half.exit_code)
    assert "`new.pub.pem` is there, and keys are never overwritten" in half.stderr
    assert not (here / "new.pem").exists()
    assert {"private_key": "x.pem", "public_key": "x.pub.pem"}.items() <= _json("keygen", "x.pem").items()
    assert _run("keygen", "y").stdout.startswith("private key y, mode 0600")
    assert (here / "y.pub").exists()


def test_a_key_that_others_can_read_is_told(here: Path) -> None:
    """It signs all the same: in a build pipeline the modes of secrets are not the author's."""
    _run("build", "policies", "-o", "b.tar.gz")
    (here / "key.pem").chmod(0o644)
    result = _run("sign", "b.tar.gz", "--key", "key.pem")

    assert 0 == result.exit_code
    assert "warning: others can read `key.pem`: chmod 600 key.pem" in result.stderr


@pytest.mark.usefixtures("here")
def test_the_wrong_key_file_is_told() -> None:
    """The halves of a pair are easily mixed up."""
    _run("build", "policies", "-o", "b.tar.gz")
    signed = _run("sign", "b.tar.gz", "--key", "key.pub.pem")
    verified = _run("verify", "b.tar.gz", "--public-key", "key.pem")

    assert (1, 1) == (signed.exit_code, verified.exit_code)
    assert "`key.pub.pem` has a public key; signing needs the private one" in signed.stderr
    assert "`key.pem` has a private key; name the file of the public one" in verified.stderr
