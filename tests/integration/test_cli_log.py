"""``consent init``, ``export`` and ``restore`` against real sidecars."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from sidecar.consent.log import LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice, eventually, question


@dataclass(frozen=True)
class Place:
    """A sidecar with its data in *folder*, who calls it, and a shell beside it."""

    folder: Path
    served: Served
    caller: Caller

    @property
    def environ(self) -> dict[str, str]:
        """What commands need to reach it."""
        return {"SIDECAR_ADDRESS": self.served.address, "SIDECAR_TOKEN_FILE": str(self.served.token_file)}

    def run(self, *words: str | Path) -> Result:
        """The outcome of one command."""
        return run(*words, environ=self.environ)

    def export(self, name: str, *words: str) -> Path:
        """An export in the file *name*."""
        path = self.folder.parent / name
        result = self.run("consent", "export", "-o", path, *words)
        assert 0 == result.exit_code, result.stderr
        return path


def run(*words: str | Path, environ: dict[str, str] | None = None) -> Result:
    """The outcome of one command."""
    return CliRunner().invoke(sidecar, list(map(str, words)), env=environ, prog_name="sidecar")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A sidecar where Ada said yes and Bob no."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as served, calling(served) as caller:
        caller.record("ada", choice("a", "GIVEN"))
        caller.record("bob", choice("b", "WITHDRAWN"))
        yield Place(tmp_path / "data", served, caller)


def with_key(place: Place, name: str = "new") -> Path:
    """A data folder that has nothing but the key of *place*."""
    folder = place.folder.parent / name
    folder.mkdir(mode=0o700)
    (folder / "pseudonym.key").write_bytes((place.folder / "pseudonym.key").read_bytes())
    return folder


def entries(folder: Path) -> tuple[LogEntry, ...]:
    """All that the log in *folder* has."""
    log = SqliteLog.open(folder / "consent.db", Pseudonyms.load(folder / "pseudonym.key"))
    try:
        return log.entries(after=0, limit=1_000)
    finally:
        log.close()


def test_a_restored_log_answers_as_the_old_one_did_under_a_new_id(place: Place) -> None:
    """Same answers, same history; a revision of the old log is not taken for one of the new one."""
    caller = place.caller
    before = [caller.reason(question(subject)) for subject in ("ada", "bob", "eve")]
    old = caller.record("bob", choice("b2", "WITHDRAWN")).revision
    folder = with_key(place)
    result = run("consent", "restore", place.export("x"), "--data-dir", folder)
    with serving(data_dir=folder, clock=FixedClock()) as served, calling(served) as again:
        after = [again.reason(question(subject)) for subject in ("ada", "bob", "eve")]
        known = again.record("ada", choice("a", "GIVEN"))
        stale = again.reason(question("bob", at_least_as_fresh=old))

    assert 0 == result.exit_code, result.stderr
    assert before == after
    assert known.duplicate
    assert "STALE_CONSENT" == stale
    assert known.revision.split(".")[0] != old.split(".")[0]
    assert f"entries  3, everything through {old}\npeople   2\n" in result.stdout
    assert "Send again what was recorded after 2026-06-01T12:00:00Z" in result.stdout
    assert ["a", "b", "b2"] == [entry.event.id for entry in entries(folder)]


def test_an_export_is_private_and_tells_how_far_it_goes(place: Place) -> None:
    """For people in a line, for programs as JSON; to go on from there later."""
    told = json.loads(place.run("consent", "export", "-o", place.folder / "x", "--output", "json").stdout)
    revision = place.caller.record("ada", choice("a2", "WITHDRAWN")).revision
    more = json.loads(
        place.run(
            "consent", "export", "-o", place.folder / "y", "--output", "json", "--from", told["exported_through"]
        ).stdout
    )
    text = place.run("consent", "export", "-o", place.folder / "z")
    folder = with_key(place)
    restored = run(
        "consent", "restore", place.folder / "y", place.folder / "x", "--data-dir", folder, "--output", "json"
    )

    assert 0o600 == stat.S_IMODE((place.folder / "x").stat().st_mode)
    assert (2, 1) == (told["entries"], more["entries"])
    assert revision == more["exported_through"]
    assert f"3 exported, everything through {revision}; the key is {told['key_id']}\n" == text.stdout
    plain = json.loads(restored.stdout)
    assert {
        "log_id": plain["log_id"],
        "log": str(folder / "consent.db"),
        "restored_through": revision,
        "entries": 3,
        "subjects": 2,
        "latest_accepted_at": "2026-06-01T12:00:00Z",
        "incomplete": [],
    } == plain


def test_an_export_can_be_piped(place: Place) -> None:
    """Standard output has the lines alone; what is said about them is on standard error."""
    piped = place.run("consent", "export", "-o", "-", "--subjects")

    assert ["format", "position", "position", "through"] == [
        next(iter(json.loads(line))) for line in piped.stdout.splitlines()
    ]
    assert "ada" == json.loads(piped.stdout.splitlines()[1])["subject"]
    assert "2 exported" in piped.stderr


def test_an_export_is_never_written_over_a_file(place: Place) -> None:
    """It may be the only copy."""
    file = place.export("x")
    before = file.read_bytes()
    result = place.run("consent", "export", "-o", file)

    assert 1 == result.exit_code
    assert f"`{file}` is there already" in result.stderr
    assert before == file.read_bytes()
    assert ["data", "x"] == sorted(path.name for path in file.parent.iterdir())


def test_an_export_that_fails_leaves_no_file(place: Place) -> None:
    """Whatever the reason: a revision of another log, no token, no such folder, an entry that is damaged."""
    file = place.folder.parent / "x"
    writer = place.served.sidecar._log._writer  # type: ignore[attr-defined] # that of SQLite
    other = place.run("consent", "export", "-o", file, "--from", f"{'f' * 16}.1")
    nobody = place.run("consent", "export", "-o", file, "--token-file", "/nowhere")
    nowhere = place.run("consent", "export", "-o", "/nowhere/x")
    both = place.run("consent", "export", "-o", "-", "--follow")
    writer.execute("UPDATE entries SET record = zeroblob(9) WHERE position = 2")
    damaged = place.run("consent", "export", "-o", file)

    assert [1] * 5 == [result.exit_code for result in (other, nobody, nowhere, both, damaged)]
    assert "`after`: a revision of another log" in other.stderr
    assert "there is no token file" in nobody.stderr
    assert "`/nowhere/" in nowhere.stderr
    assert "--follow continues a file" in both.stderr
    assert "the consent log cannot be read" in damaged.stderr
    assert ["data"] == [path.name for path in file.parent.iterdir()]


def edited(text: bytes) -> bytes:
    """A no made a yes."""
    return text.replace(b'"withdrawn"', b'"given"')


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param(lambda text: text[: len(text) // 2], "breaks off", id="truncated"),
        pytest.param(edited, "line 3: its code does not fit", id="edited"),
        pytest.param(lambda _: b"", "is empty", id="empty"),
        pytest.param(lambda _: b"hello\n", "is no export of a consent log", id="not-json"),
        pytest.param(gzip.compress, "it is compressed: unpack it first", id="gzip"),
    ],
)
def test_a_file_that_is_no_whole_export_is_not_restored(
    place: Place, damage: Callable[[bytes], bytes], why: str
) -> None:
    """Exit code 1, what to do, for programs too; nothing is made, not even a folder for it."""
    file = place.export("x")
    file.write_bytes(damage(file.read_bytes()))
    folder = with_key(place)
    result = run("consent", "restore", file, "--data-dir", folder)
    as_json = run("consent", "restore", file, "--data-dir", folder, "--output", "json")

    assert [1, 1] == [result.exit_code, as_json.exit_code]
    assert why in result.stderr
    error = json.loads(as_json.stderr)["error"]
    assert "consent.export" == error["code"]
    assert why in error["message"]
    assert ["pseudonym.key"] == [path.name for path in folder.iterdir()]


def test_what_is_there_of_a_cut_file_can_be_restored_on_demand(place: Place) -> None:
    """It is said that something is missing, and what to repeat."""
    file = place.export("x")
    file.write_bytes(file.read_bytes()[:-20])
    folder = with_key(place)
    result = run("consent", "restore", file, "--data-dir", folder, "--incomplete")

    assert 0 == result.exit_code
    assert f"`{file}` breaks off: what was behind that is missing" in result.stderr
    assert ["a", "b"] == [entry.event.id for entry in entries(folder)]


def test_a_log_is_never_restored_over_another_or_under_another_key(place: Place, tmp_path: Path) -> None:
    """The message says what is in the way, and which keys they are."""
    file = place.export("x")
    folder, other = with_key(place), tmp_path / "other"
    run("consent", "restore", file, "--data-dir", folder)
    before = (folder / "consent.db").read_bytes()
    again = run("consent", "restore", file, "--data-dir", folder)
    running = run("consent", "restore", file, "--data-dir", place.folder)
    run("consent", "init", "--data-dir", other)
    foreign = run("consent", "restore", file, "--data-dir", other)
    keyless = run("consent", "restore", file, "--data-dir", tmp_path / "nothing")
    two = run("consent", "restore", file, tmp_path / "nothing", "--data-dir", folder)

    assert [1] * 5 == [result.exit_code for result in (again, running, foreign, keyless, two)]
    assert "is never written over; move it" in again.stderr
    assert before == (folder / "consent.db").read_bytes()
    assert "another process uses it" in running.stderr
    for key in (place.folder, other):
        assert Pseudonyms.load(key / "pseudonym.key").key_id in foreign.stderr
    assert "there is no pseudonym key" in keyless.stderr
    assert "cannot be read: No such file" in two.stderr


def test_exports_of_two_logs_are_not_mixed(place: Place) -> None:
    """Both are named; that one descends from the other is said."""
    first = place.export("x")
    folder = with_key(place)
    run("consent", "restore", first, "--data-dir", folder)
    with serving(data_dir=folder) as served, calling(served) as caller:
        second = Place(folder, served, caller).export("y")
    result = run("consent", "restore", first, second, "--data-dir", with_key(place, "third"))

    assert 1 == result.exit_code
    assert f"`{first}` is of log " in result.stderr
    assert "was restored from" in result.stderr


def test_an_export_is_not_imported(place: Place) -> None:
    """The times would not be what they were; the message says what to do instead."""
    file = place.export("x", "--subjects")
    result = place.run("consent", "import", file)

    assert 1 == result.exit_code
    assert f"`{file}` is an export of a consent log" in result.stderr
    assert "`sidecar consent restore`" in result.stderr


def test_an_empty_log_is_made_once(tmp_path: Path) -> None:
    """With its key; a second time, and where a key tells that there was one, it is refused and nothing is changed."""
    made = run("consent", "init", "--data-dir", tmp_path / "data", "--output", "json")
    again = run("consent", "init", "--data-dir", tmp_path / "data")
    plain = json.loads(made.stdout)
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "pseudonym.key").write_bytes(bytes(32))
    lost = run("consent", "init", "--data-dir", tmp_path / "lost")
    text = run("consent", "init", "--data-dir", tmp_path / "more")
    key = Pseudonyms.load(tmp_path / "data" / "pseudonym.key")

    assert [0, 1, 1, 0] == [result.exit_code for result in (made, again, lost, text)]
    assert {
        "log_id": plain["log_id"],
        "log": str(tmp_path / "data" / "consent.db"),
        "key_id": key.key_id,
        "key_file": str(tmp_path / "data" / "pseudonym.key"),
        "key_made": True,
    } == plain
    assert () == entries(tmp_path / "data")
    assert "there is one already" in again.stderr
    assert "missing, but its key" in lost.stderr
    assert not (tmp_path / "lost" / "consent.db").exists()
    assert "Give the key file to every sidecar of this log" in text.stdout


def test_a_log_that_could_not_be_made_leaves_no_key(tmp_path: Path) -> None:
    """It would be in the way of the right one."""
    (tmp_path / "consent.db-wal").write_bytes(b"of a log that is gone")
    result = run("consent", "init", "--data-dir", tmp_path)

    assert 1 == result.exit_code
    assert "consent.db-wal` is there" in result.stderr
    assert not (tmp_path / "pseudonym.key").exists()


def start(*words: str | Path, environ: dict[str, str]) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "sidecar", *map(str, words)],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def parts_of(file: Path) -> list[int]:
    """How many entries each part of an export has that is whole."""
    return [json.loads(line)["entries"] for line in file.read_bytes().splitlines() if line.startswith(b'{"through"')]


def wait_for(file: Path, parts: list[int]) -> None:
    """Until *file* has just these parts."""

    def look() -> None:
        assert parts == parts_of(file)

    eventually(look, within_seconds=40)


def test_an_export_that_follows_grows_with_the_log(place: Place) -> None:
    """Stopped and started again it goes on where it was, whatever a kill left behind the last whole part."""
    file = place.folder.parent / "x"
    first = start("consent", "export", "-o", file, "--follow", environ=place.environ)
    wait_for(file, [2])
    place.caller.record("ada", choice("a2", "WITHDRAWN"))
    wait_for(file, [2, 1])
    first.send_signal(signal.SIGTERM)
    told = first.communicate(timeout=20)
    with file.open("ab") as torn:
        torn.write(b'{"format":"consent-log-export","ver')
    place.caller.record("ada", choice("a3", "GIVEN"))
    second = start("consent", "export", "-o", file, "--follow", "--output", "json", environ=place.environ)
    wait_for(file, [2, 1, 1])
    second.send_signal(signal.SIGINT)
    again = second.communicate(timeout=20)
    folder = with_key(place)
    run("consent", "restore", file, "--data-dir", folder)

    assert (0, 0) == (first.returncode, second.returncode), (told, again)
    assert [2, 1] == [int(line.split()[0]) for line in told[0].splitlines()]
    assert 1 == json.loads(again[0])["entries"]
    assert ["a", "b", "a2", "a3"] == [entry.event.id for entry in entries(folder)]


def test_an_export_follows_past_a_restart_of_the_sidecar(tmp_path: Path) -> None:
    """It says so once, and goes on when there is one again."""
    settings = {"server.listen": (f"unix:{tmp_path / 'api'}",)}
    file, data = tmp_path / "x", tmp_path / "data"
    environ = {"SIDECAR_ADDRESS": f"unix:{tmp_path / 'api'}", "SIDECAR_TOKEN_FILE": str(data / "operator.token")}
    with serving(data_dir=data, settings=settings) as served, calling(served) as caller:
        caller.record("ada", choice("a", "GIVEN"))
        following = start("consent", "export", "-o", file, "--follow", environ=environ)
        wait_for(file, [1])
    assert following.stderr is not None
    warning = following.stderr.readline()
    with serving(data_dir=data, settings=settings) as served, calling(served) as caller:
        caller.record("ada", choice("b", "WITHDRAWN"))
        wait_for(file, [1, 1])
        following.send_signal(signal.SIGTERM)
        _, errors = following.communicate(timeout=20)

    assert 0 == following.returncode, errors
    assert "is unavailable" in warning
    assert "tried again until it is there" in warning
    assert "" == errors


def test_an_export_follows_only_what_it_is_an_export_of(place: Place, tmp_path: Path) -> None:
    """A file that is none, or of another log, is left as it is."""
    none, other = tmp_path / "none", tmp_path / "other"
    none.write_bytes(b"hello\n")
    file = place.export("x")
    other.write_bytes(file.read_bytes().replace(place.served.sidecar.world.cache.log_id.encode(), b"f" * 16))
    headless = tmp_path / "headless"
    headless.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    for path, why in ((none, "is no export"), (headless, "is no export"), (other, "a revision of another log")):
        before = path.read_bytes()
        result = place.run("consent", "export", "-o", path, "--follow")

        assert 1 == result.exit_code
        assert why in result.stderr
        assert before == path.read_bytes()


@pytest.fixture
def large(place: Place, tmp_path: Path) -> Path:
    """The export of a log that takes a while to be restored."""
    event = json.dumps(
        {
            "occurred_at": "2026-01-01T00:00:00Z",
            "submission": {
                "choices": [
                    {
                        "kind": "given",
                        "scope": {"purposes": ["train_ai_system"], "categories": ["user.contact.email"]},
                    }
                ]
            },
        }
    )
    lines = (f'{{"id":"i{number}","subject":"s{number}",{event[1:]}\n' for number in range(4_000))
    (tmp_path / "import.jsonl").write_text("".join(lines), encoding="utf-8")
    result = place.run("consent", "import", tmp_path / "import.jsonl")
    assert 0 == result.exit_code, result.stderr
    return place.export("large")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 1), (signal.SIGINT, 1)])
def test_a_restore_that_is_cut_leaves_no_log_and_can_be_repeated(
    place: Place, large: Path, how: signal.Signals, code: int
) -> None:
    """Nothing that a sidecar would start with; the next one begins anew."""
    folder = with_key(place)
    cut = start("consent", "restore", large, "--data-dir", folder, environ={})

    def begun() -> None:
        assert (folder / "consent.db.restoring").exists()

    eventually(begun, within_seconds=30)
    cut.send_signal(how)
    _, errors = cut.communicate(timeout=30)
    left = sorted(path.name for path in folder.iterdir())
    again = run("consent", "restore", large, "--data-dir", folder)

    assert code == cut.returncode, errors
    assert "consent.db" not in left
    assert ("consent.db.restoring" in left) is (how is signal.SIGKILL)
    if how is not signal.SIGKILL:
        assert "stopped by a signal; nothing was made" in errors
    assert 0 == again.exit_code, again.stderr
    assert 1_000 == len(entries(folder))
