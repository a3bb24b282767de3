"""``consent init`` and ``restore`` of a log on a NATS server."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from sidecar.config import Nats
from sidecar.consent.ledger import ImportLine
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.testing import Served, serving
from tests.integration.caller import Caller, calling, choice, eventually, question
from tests.nats_server import shared_server
from tests.unit.consent.archive.copies import contents, exported
from tests.unit.consent.desk import KEY, Desk, desk, no, yes

pytestmark = pytest.mark.nats


@pytest.fixture
def settings() -> Nats:
    """Those of a log that is not there."""
    return shared_server().settings()


def run(settings: Nats, *words: str | Path) -> Result:
    """The outcome of one command, configured by the environment."""
    environ = {
        "SIDECAR_CONSENT_LOG": "nats",
        "SIDECAR_NATS_SERVERS": settings.servers,
        "SIDECAR_NATS_STREAM": settings.stream,
    }
    return CliRunner().invoke(sidecar, ["consent", *map(str, words)], env=environ, prog_name="sidecar")


def test_an_empty_log_is_made_once(settings: Nats, tmp_path: Path) -> None:
    """With its key, or under the key that is there; a second time it is refused, and no other key is left behind."""
    made = run(settings, "init", "--data-dir", tmp_path / "one", "--output", "json")
    again = run(settings, "init", "--data-dir", tmp_path / "two")
    plain = json.loads(made.stdout)
    log = NatsLog.open(settings, Pseudonyms.load(tmp_path / "one" / "pseudonym.key"))
    log_id = log.log_id
    log.close()

    assert [0, 1] == [made.exit_code, again.exit_code], made.stderr
    assert (log_id, True) == (plain["log_id"], plain["key_made"])
    assert f"stream {settings.stream} on {settings.servers}" == plain["log"]
    assert settings.stream in again.stderr
    assert not (tmp_path / "two" / "pseudonym.key").exists()


def test_a_log_in_a_file_goes_on_on_a_server(settings: Nats, tmp_path: Path) -> None:
    """Its export is restored there, under the same key and a new id; what is there is never written over."""
    with desk(tmp_path) as one:
        one.ledger.record("ada", yes("a"))
        one.ledger.record("ada", no("b"))
        file = exported(one.log, tmp_path / "x")
        before, old_id = contents(one.log), one.log.log_id
    (tmp_path / "there").mkdir()
    keyless = run(settings, "restore", file, "--data-dir", tmp_path / "there")
    (tmp_path / "there" / "pseudonym.key").write_bytes(KEY)
    first = run(settings, "restore", file, "--data-dir", tmp_path / "there")
    second = run(settings, "restore", file, "--data-dir", tmp_path / "there")
    log = NatsLog.open(settings, Pseudonyms(KEY))
    try:
        after, ancestors = contents(log), log.descends_from
    finally:
        log.close()

    assert [1, 0, 1] == [result.exit_code for result in (keyless, first, second)], first.stderr
    assert before == after
    assert (old_id,) == ancestors
    assert "entries  2, everything through" in first.stdout
    assert f"stream {settings.stream} on" in first.stdout


def test_a_restore_that_fails_leaves_no_stream(settings: Nats, tmp_path: Path) -> None:
    """A file that is damaged is not even begun with; a log that is full ends it, and it can be repeated."""
    with desk(tmp_path) as one:
        events = (yes(f"e{number}" + "x" * 100, 5) for number in range(3_000))
        one.ledger.import_lines([ImportLine(line=1, subject=event.id, event=event) for event in events])
        file = exported(one.log, tmp_path / "x")
    (tmp_path / "pseudonym.key").write_bytes(KEY)
    torn = tmp_path / "torn"
    torn.write_bytes(file.read_bytes()[:-50])
    damaged = run(settings, "restore", torn, "--data-dir", tmp_path)
    full = CliRunner().invoke(
        sidecar,
        ["consent", "restore", str(file), "--data-dir", str(tmp_path)],
        env={
            "SIDECAR_CONSENT_LOG": "nats",
            "SIDECAR_NATS_SERVERS": settings.servers,
            "SIDECAR_NATS_STREAM": settings.stream,
            "SIDECAR_NATS_MAX_BYTES": "1048576",
        },
        prog_name="sidecar",
    )
    again = run(settings, "restore", file, "--data-dir", tmp_path)

    assert [1, 1, 0] == [result.exit_code for result in (damaged, full, again)], (full.stderr, again.stderr)
    assert "breaks off" in damaged.stderr
    assert settings.stream in full.stderr


def test_a_log_on_a_server_goes_on_in_a_file(settings: Nats, tmp_path: Path) -> None:
    """The way back is the same."""
    run(settings, "init", "--data-dir", tmp_path / "one")
    key = tmp_path / "one" / "pseudonym.key"
    pseudonyms = Pseudonyms.load(key)
    log = NatsLog.open(settings, pseudonyms)
    try:
        Desk(log, pseudonyms).ledger.record("ada", no("a"))
        before = [entry.event for entry in log.entries(after=0, limit=9)]
        file = exported(log, tmp_path / "x", pseudonyms=pseudonyms)
    finally:
        log.close()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "pseudonym.key").write_bytes(key.read_bytes())
    result = CliRunner().invoke(sidecar, ["consent", "restore", str(file), "--data-dir", str(tmp_path / "two")])
    copied = SqliteLog.open(tmp_path / "two" / "consent.db", pseudonyms)
    try:
        after = [entry.event for entry in copied.entries(after=0, limit=9)]
    finally:
        copied.close()

    assert 0 == result.exit_code, result.stderr
    assert before == after


@dataclass(frozen=True)
class Two:
    """Two sidecars on one log, who calls each, and where the key is."""

    settings: Nats
    served: tuple[Served, Served]
    callers: tuple[Caller, Caller]
    key: Path

    def run(self, which: int, *words: str | Path) -> Result:
        """The outcome of a command that asks one of them."""
        served = self.served[which]
        environ = {"SIDECAR_ADDRESS": served.address, "SIDECAR_TOKEN_FILE": str(served.token_file)}
        return CliRunner().invoke(sidecar, ["consent", *map(str, words)], env=environ, prog_name="sidecar")

    def answers(self, which: int, *subjects: str) -> list[str]:
        """What one of them says about each of *subjects*."""
        return [self.callers[which].reason(question(subject)) for subject in subjects]


@pytest.fixture
def two(settings: Nats, tmp_path: Path) -> Iterator[Two]:
    """Both running, the log empty; the first holds everybody, the second whom it is asked about."""
    made = run(settings, "init", "--data-dir", tmp_path / "one")
    assert 0 == made.exit_code, made.stderr
    key = tmp_path / "one" / "pseudonym.key"
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "pseudonym.key").write_bytes(key.read_bytes())
    flags = {"consent.log": "nats", "nats.servers": settings.servers, "nats.stream": settings.stream}
    with ExitStack() as stack:
        served = [
            stack.enter_context(serving(data_dir=tmp_path / name, settings={**flags, "consent.mode": mode}))
            for name, mode in (("one", "replica"), ("two", "on_demand"))
        ]
        callers = [stack.enter_context(calling(one)) for one in served]
        yield Two(settings, (served[0], served[1]), (callers[0], callers[1]), key)


def test_a_log_that_was_destroyed_comes_back_under_the_sidecars_that_followed_it(two: Two, tmp_path: Path) -> None:
    """Exported from one, verified by the other; gone, they are not ready; restored, both answer as before."""
    for number in range(20):
        two.callers[number % 2].record(f"s{number}", choice("a", "WITHDRAWN" if number % 4 else "GIVEN"))
    old = two.callers[0].record("s1", choice("b", "WITHDRAWN")).revision
    export = two.run(1, "export", "-o", tmp_path / "x")
    verified = [two.run(which, "verify", "--output", "json") for which in (0, 1)]
    before = two.answers(0, "s0", "s1", "s2", "s3", "nobody")
    log = NatsLog.open(two.settings, Pseudonyms.load(two.key))
    log._stream.delete()
    log.close()

    def lost() -> None:
        assert not any(served.sidecar.lifecycle.ready for served in two.served)

    eventually(lost, within_seconds=20)
    restored = run(two.settings, "restore", tmp_path / "x", "--data-dir", two.key.parent, "--output", "json")
    assert 0 == restored.exit_code, restored.stderr
    new_id = json.loads(restored.stdout)["log_id"]

    def back() -> None:
        for served in two.served:
            assert new_id == served.sidecar.world.cache.log_id
            assert served.sidecar.lifecycle.ready

    eventually(back, within_seconds=30)
    again = two.run(1, "verify", "--output", "json")

    assert [0, 0, 0] == [export.exit_code, *(result.exit_code for result in verified)], verified[0].stdout
    assert "21 exported" in export.stdout
    assert [before, before] == [two.answers(which, "s0", "s1", "s2", "s3", "nobody") for which in (0, 1)]
    assert "STALE_CONSENT" == two.callers[1].reason(question("s1", at_least_as_fresh=old))
    assert (0, 21, 0) == (again.exit_code, json.loads(again.stdout)["entries"], json.loads(again.stdout)["differences"])


def test_an_entry_that_is_missing_on_a_server_is_found(two: Two) -> None:
    """In the middle of somebody's history, and, as long as a sidecar holds it, at its end."""
    places = [
        int(two.callers[0].record("ada", choice(f"a{number}", kind)).revision.split(".")[1])
        for number, kind in enumerate(("GIVEN", "WITHDRAWN", "GIVEN"))
    ]
    last = int(two.callers[0].record("bob", choice("b", "WITHDRAWN")).revision.split(".")[1])
    log = NatsLog.open(two.settings, Pseudonyms.load(two.key))
    try:
        for place in (places[1], last):
            body = json.dumps({"seq": place}).encode()
            log._connection.ask(f"$JS.API.STREAM.MSG.DELETE.{two.settings.stream}", body).result()
    finally:
        log.close()
    result = two.run(0, "verify", "--output", "json")
    found = [(one["revision"].split(".")[1], one["code"]) for one in json.loads(result.stdout)["found"]]

    assert 1 == result.exit_code
    assert (str(places[2]), "missing") == found[0]
    assert "nobody" in [code for _, code in found]
