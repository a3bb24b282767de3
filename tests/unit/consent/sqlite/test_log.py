"""What is particular to the log in a SQLite file; what every log must do is in ``tests/conformance``."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.consent import log as log_module
from sidecar.consent.log import NewEntry
from sidecar.consent.packing import pack, unpack
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Entry, Kind, Record
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.errors import ConsentLogError
from sidecar.model.event import Erasure, Event
from sidecar.model.scope import EVERYTHING
from tests.unit.consent.desk import KEY, no, sqlite_log, yes

ADA = b"ada-------------"
MARKER = "marker-of-a-person"


def entry(event: Event, expected: int | None = None) -> NewEntry:
    """An entry of one subject."""
    return NewEntry(
        pseudonym=ADA, expected=expected, event=event, record=EMPTY, effective_at=1, accepted_at=2, sealed=b"s"
    )


def append(log: SqliteLog, event: Event, expected: int | None = None) -> int:
    """The position of *event* in a batch of its own."""
    with log.batch() as batch:
        return batch.append(entry(event, expected)).position()


def change(folder: Path, statement: str) -> None:
    """Change the closed log behind its back."""
    with closing(sqlite3.connect(folder / "consent.db")) as connection, connection:
        connection.execute(statement)


def failure(folder: Path, key: bytes = KEY) -> str:
    """What opening the log in *folder* is refused with."""
    with pytest.raises(ConsentLogError) as caught, sqlite_log(folder, key):
        pass
    return str(caught.value)


def test_the_files_are_private(tmp_path: Path) -> None:
    """All of them: entries are in the write-ahead log first."""
    with sqlite_log(tmp_path) as log:
        append(log, yes("a"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert {f"consent.db{end}": 0o600 for end in ("", "-wal", "-shm", ".lock")} == modes


def test_a_commit_reaches_the_disk_and_what_is_deleted_is_overwritten(tmp_path: Path) -> None:
    """No test can pull the plug; these are the settings that SQLite promises it for."""
    with sqlite_log(tmp_path) as log:
        names = ("journal_mode", "synchronous", "secure_delete")
        settings = [log._writer.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert ["wal", 2, 1] == settings


def test_the_log_is_opened_once_only(tmp_path: Path) -> None:
    """A second process would serve what the subjects of the first withdrew; when the first is gone it may."""
    with sqlite_log(tmp_path):
        second = failure(tmp_path)
    with sqlite_log(tmp_path) as third:
        third.ping()

    assert "another process uses it; stop that one first" in second


def test_another_key_is_refused(tmp_path: Path) -> None:
    """Under it nobody would be found, so everyone would count as never asked."""
    with sqlite_log(tmp_path) as log:
        append(log, yes("a"))
    other = bytes(32)
    message = failure(tmp_path, key=other)

    assert f"written under pseudonym key {Pseudonyms(KEY).key_id}" in message
    assert f"the key here is {Pseudonyms(other).key_id}" in message
    assert "restore the key file" in message
    with sqlite_log(tmp_path) as log:
        assert 1 == log.last_position()


@pytest.mark.parametrize(
    ("start", "end", "filling"),
    [
        pytest.param(0, 16, b"\xff", id="the first bytes"),
        pytest.param(4_096, 8_192, b"\xff", id="a page"),
        pytest.param(4_096, None, b"\x00", id="all but the first page"),
        pytest.param(0, None, b"no database", id="everything"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, start: int, end: int | None, filling: bytes) -> None:
    """The message says which file it is and what to do, and the file stays as it is."""
    path = tmp_path / "consent.db"
    with sqlite_log(tmp_path) as log:
        append(log, yes("a"))
    content = path.read_bytes()
    end = len(content) if end is None else end
    damaged = content[:start] + (filling * (end - start))[: end - start] + content[end:]
    path.write_bytes(damaged)
    message = failure(tmp_path)

    assert f"consent log `{path}`" in message
    assert "damaged" in message
    assert "restore it from a backup and send again" in message
    assert "do not start with an empty log" in message
    assert damaged == path.read_bytes()


@pytest.mark.parametrize("size", [0, 100, 5_000])
def test_a_file_that_was_cut_is_refused(tmp_path: Path, size: int) -> None:
    """Also where nothing is left: an empty file is not a new log, or whoever objected would be forgotten."""
    with sqlite_log(tmp_path) as log:
        append(log, yes("a"))
    with (tmp_path / "consent.db").open("r+b") as file:
        file.truncate(size)

    assert "damaged" in failure(tmp_path)


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """And not touched."""
    path = tmp_path / "consent.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title)")
    before = path.read_bytes()

    assert "a database of another program" in failure(tmp_path)
    assert before == path.read_bytes()


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    """Of a later program, say."""
    with sqlite_log(tmp_path):
        pass
    change(tmp_path, "PRAGMA user_version = 2")

    assert "schema version 2, this program knows 1" in failure(tmp_path)


def test_files_beside_a_missing_log_are_not_mixed_into_a_new_one(tmp_path: Path) -> None:
    """SQLite would replay the write-ahead log of the old file into the new one."""
    (tmp_path / "consent.db-wal").write_bytes(b"what was")

    assert f"`{tmp_path / 'consent.db-wal'}` is there" in failure(tmp_path)
    assert not (tmp_path / "consent.db").exists()


def test_a_log_that_is_missing_though_its_key_is_there_is_refused(tmp_path: Path) -> None:
    """An empty one would forget every no; whoever wants that moves the key away too."""
    path, key = tmp_path / "consent.db", tmp_path / "pseudonym.key"
    SqliteLog.open(path, Pseudonyms.load_or_create(key)).close()
    SqliteLog.open(path, Pseudonyms.load_or_create(key)).close()
    for file in tmp_path.glob("consent.db*"):
        file.unlink()
    with pytest.raises(ConsentLogError) as caught:
        SqliteLog.open(path, Pseudonyms.load_or_create(key))
    made = path.exists()
    key.unlink()
    SqliteLog.open(path, Pseudonyms.load_or_create(key)).close()

    assert not made
    assert f"`{path}`: missing, but its key `{key}` is there; restore it from a backup" in str(caught.value)
    assert "move the key away too" in str(caught.value)


def test_a_first_start_that_made_the_key_but_no_log_is_made_up_for(tmp_path: Path) -> None:
    """The draft of the log tells that there never was one; next time there was."""
    path, key = tmp_path / "consent.db", tmp_path / "pseudonym.key"
    Pseudonyms.load_or_create(key)
    (tmp_path / "consent.db.new").write_bytes(b"half of it")
    SqliteLog.open(path, Pseudonyms.load_or_create(key)).close()
    path.unlink()

    with pytest.raises(ConsentLogError, match="missing, but its key"):
        SqliteLog.open(path, Pseudonyms.load_or_create(key))


def test_a_first_start_that_was_cut_short_is_made_up_for(tmp_path: Path) -> None:
    """The file appears as a whole or not at all."""
    (tmp_path / "consent.db.new").write_bytes(b"half of it")
    with sqlite_log(tmp_path) as log:
        append(log, yes("a"))

    assert not (tmp_path / "consent.db.new").exists()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """It names the file."""
    assert f"`{tmp_path}/nowhere/consent.db`: No such file" in failure(tmp_path / "nowhere")


def refusals(log: SqliteLog) -> set[str]:
    """What each way to read the entry with the event ``a`` is refused with."""
    messages = set()
    for read in (lambda: list(log.heads()), lambda: log.head(ADA), lambda: log.history(ADA, after=0, limit=9)):
        with pytest.raises(ConsentLogError) as caught:
            read()
        messages.add(str(caught.value))
    for name, arguments in (("head", (ADA,)), ("find", (ADA, "a"))):
        with pytest.raises(ConsentLogError) as caught, log.batch() as batch:
            getattr(batch, name)(*arguments)
        messages.add(str(caught.value))
    return messages


@pytest.mark.parametrize(
    "change_of_a_row",
    [
        "event = replace(CAST(event AS TEXT), 'given', 'refused')",
        "event = x'00'",
        "event = CAST(x'ff' AS TEXT)",
        "record = x'00'",
        "record = CAST(record AS TEXT)",
        "effective_at = effective_at + 1",
        "accepted_at = 0.5",
        "sealed = x''",
        "sealed = effective_at",
        "code = zeroblob(16)",
        "code = 'code'",
    ],
)
def test_an_entry_that_was_changed_is_an_error(tmp_path: Path, change_of_a_row: str) -> None:
    """However it is read: the message says which one it is and what to do."""
    with sqlite_log(tmp_path) as log:
        position = append(log, yes("a"))
    change(tmp_path, f"UPDATE entries SET {change_of_a_row}")
    with sqlite_log(tmp_path) as log:
        (message,) = refusals(log)

    assert f"consent log `{tmp_path / 'consent.db'}`: entry {position} is damaged; restore it from a" in message


def test_an_entry_that_was_moved_to_another_subject_is_an_error(tmp_path: Path) -> None:
    """One's yes is not another's."""
    bob = b"bob-------------"
    with sqlite_log(tmp_path) as log:
        position = append(log, yes("a"))
    with closing(sqlite3.connect(tmp_path / "consent.db")) as connection, connection:
        connection.execute("UPDATE entries SET pseudonym = ?", (bob,))

    with sqlite_log(tmp_path) as log, pytest.raises(ConsentLogError, match=f"entry {position} is damaged"):
        log.head(bob)


def test_no_byte_of_a_record_changes_unnoticed(tmp_path: Path) -> None:
    """At the start above all: one flipped bit can make a grant of a withdrawal."""
    record = pack(Record(entries=(Entry(kind=Kind.WITHDRAWN, atom=EVERYTHING, at=1, event_id="a"),)))
    noticed = 0
    with sqlite_log(tmp_path) as log, closing(sqlite3.connect(tmp_path / "consent.db")) as other:
        with log.batch() as batch:
            batch.append(replace(entry(no("a")), record=unpack(record)))
        for place in range(len(record)):
            flipped = bytes([*record[:place], record[place] ^ 1, *record[place + 1 :]])
            with other:
                other.execute("UPDATE entries SET record = ?", (flipped,))
            try:
                list(log.heads())
            except ConsentLogError:
                noticed += 1
        with other:
            other.execute("UPDATE entries SET record = ?", (record,))

        assert len(record) == noticed
        assert [record] == [head.packed for head in log.heads()]


def test_an_entry_in_a_form_of_another_version_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as it was written, but not to be understood; the message says which one, too."""
    with sqlite_log(tmp_path) as log:
        monkeypatch.setattr(log_module, "pack", lambda record: pack(record).replace(b"\x01", b"\x03", 1))
        position = append(log, yes("a"))
        with pytest.raises(ConsentLogError) as caught:
            log.head(ADA)

    assert f"consent.db`: entry {position}: the consent record has version 3" in str(caught.value)
    assert "restore it from a backup" in str(caught.value)


@pytest.mark.parametrize("name", ["log_id", "key_id"])
@pytest.mark.parametrize("damage", ["SET key = key || 'x'", "SET value = 'x.y'", "SET value = x'ff'"])
def test_ids_that_were_changed_are_damage(tmp_path: Path, name: str, damage: str) -> None:
    """They are the only rows without a code."""
    with sqlite_log(tmp_path):
        pass
    change(tmp_path, f"UPDATE meta {damage} WHERE key = '{name}'")

    assert "the file is damaged (its ids); restore it from a backup" in failure(tmp_path)


def test_a_log_whose_newest_entry_was_removed_by_hand_is_refused(tmp_path: Path) -> None:
    """Positions are never given out twice, so the file knows how far it had come; an erasure leaves its tombstone."""
    with sqlite_log(tmp_path) as log:
        append(log, Event(id="gone", act=Erasure()), append(log, yes("a")))
    with sqlite_log(tmp_path) as log:
        append(log, no("b"), 2)
    change(tmp_path, "DELETE FROM entries WHERE position = 3")

    assert "its end was removed, entries 3 to 3 are missing" in failure(tmp_path)


def test_a_file_that_others_lock_is_an_error(tmp_path: Path) -> None:
    """Nothing is appended; when they let go it works again."""
    with sqlite_log(tmp_path) as log, closing(sqlite3.connect(tmp_path / "consent.db")) as other:
        log._writer.execute("PRAGMA busy_timeout = 1")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConsentLogError, match="another program locks the file"):
            append(log, yes("a"))
        other.execute("ROLLBACK")

        assert 1 == append(log, yes("b"))


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Nothing is appended."""
    with sqlite_log(tmp_path) as log:
        log._writer.execute("PRAGMA query_only = ON")
        with pytest.raises(ConsentLogError, match="cannot be written"):
            append(log, yes("a"))

        assert 0 == log.last_position()


def test_a_file_that_is_gone_or_another_takes_no_entries(tmp_path: Path) -> None:
    """What is written to a file without a name is lost at the next start."""
    path = tmp_path / "consent.db"
    with sqlite_log(tmp_path) as log:
        path.rename(tmp_path / "moved")
        for call in (log.ping, lambda: append(log, yes("a"))):
            with pytest.raises(ConsentLogError, match="No such file"):
                call()
        path.write_bytes(b"another")
        with pytest.raises(ConsentLogError, match="replaced"):
            log.ping()
        path.unlink()
        (tmp_path / "moved").rename(path)

        assert 1 == append(log, yes("a"))


def test_an_erasure_cut_short_by_a_crash_is_finished_at_the_next_start(tmp_path: Path) -> None:
    """Entry and removal are one transaction; what is left to a crash are erased bytes in the write-ahead log."""
    crash = """
import os, sys
from pathlib import Path
from tests.unit.consent.desk import sqlite_log, yes
from tests.unit.consent.sqlite.test_log import MARKER, append, Event, Erasure
with sqlite_log(Path(sys.argv[1])) as log:
    first = append(log, yes(MARKER))
    log._scrub = lambda: os._exit(9)
    append(log, Event(id="gone", act=Erasure()), first)
"""
    died = subprocess.run([sys.executable, "-c", crash, str(tmp_path)], check=False)
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    with sqlite_log(tmp_path) as log:
        history = log.history(ADA, after=0, limit=10)
        after = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert 9 == died.returncode
    assert MARKER.encode() in left
    assert MARKER.encode() not in after
    assert ["gone"] == [entry.event.id for entry in history]


def test_a_reader_in_the_way_of_an_erasure_only_delays_it(tmp_path: Path) -> None:
    """What was erased leaves the write-ahead log after the next batch."""
    with sqlite_log(tmp_path) as log, closing(sqlite3.connect(tmp_path / "consent.db")) as other:
        log._writer.execute("PRAGMA busy_timeout = 1")
        first = append(log, yes(MARKER))
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM entries").fetchone()
        gone = append(log, Event(id="gone", act=Erasure()), first)
        delayed = MARKER.encode() in (tmp_path / "consent.db-wal").read_bytes()
        other.execute("COMMIT")
        append(log, yes("b"), gone)
        after = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert delayed
    assert MARKER.encode() not in after


def test_a_write_ahead_log_that_cannot_be_emptied_does_not_undo_an_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erasure is durable and acknowledged; the emptying is tried again."""
    with sqlite_log(tmp_path) as log:
        first = append(log, yes("a"))
        writer = log._writer
        monkeypatch.setattr(log, "_writer", _NoCheckpoint(writer))
        gone = append(log, Event(id="gone", act=Erasure()), first)
        monkeypatch.setattr(log, "_writer", writer)

        assert ["gone"] == [entry.event.id for entry in log.history(ADA, after=0, limit=10)]
        assert log._unscrubbed
        append(log, yes("b"), gone)
        assert not log._unscrubbed


class _NoCheckpoint:
    """A connection whose disk is full whenever it is to empty the write-ahead log."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, parameters: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if "wal_checkpoint" in statement:
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(statement, parameters)
