"""The file below the SQLite log: made private and whole, held by one process, checked before it is trusted."""

import contextlib
import fcntl
import os
import re
import secrets
import sqlite3
from pathlib import Path
from typing import Final

from sidecar.consent.pseudonym import Pseudonyms, sync_folder
from sidecar.errors import ConsentLogError

APPLICATION_ID: Final = 0x434F4E53
"""``CONS``: marks the file as ours (https://www.sqlite.org/pragma.html#pragma_application_id)."""

SCHEMA_VERSION: Final = 1

BUSY_MILLISECONDS: Final = 5_000
"""How long to wait for another program that has the file locked."""

SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
    position     INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice, not even after an erasure
    pseudonym    BLOB NOT NULL,
    event        BLOB NOT NULL, -- JSON, without the subject
    record       BLOB NOT NULL, -- packed, after the event
    effective_at INTEGER NOT NULL,
    accepted_at  INTEGER NOT NULL,
    sealed       BLOB NOT NULL,
    code         BLOB NOT NULL -- authenticates all of the row but its position
);
CREATE INDEX entries_of ON entries (pseudonym);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""
"""Begins a transaction and leaves it open: without the ids in `meta` it is no log."""

MARKS: Final = """
CREATE TABLE IF NOT EXISTS marks (
    kind TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID
"""
"""How far followers have come; made at every start, because the first version of the schema lacks it."""

_LAST_AND_GIVEN_OUT = """
SELECT coalesce((SELECT max(position) FROM entries), 0),
       coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'entries'), 0)
"""

_ID = re.compile("[0-9a-f]{16}")

_BESIDE = ("-wal", "-shm", "-journal")

RESTORE: Final = (
    "restore it from a backup and send again what was recorded since; do not start with an empty log instead:"
    " it would forget every no"
)


class saying_what:  # noqa: N801 - used as `contextlib.suppress` is
    """Turns any error of SQLite or the system into a ``ConsentLogError`` that names the file and what to do."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing is wrong yet."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raise what is wrong, said in those words."""
        if isinstance(error, sqlite3.Error):
            raise ConsentLogError(f"consent log `{self._path}`: {_said(error)}") from error
        if isinstance(error, OSError):
            raise ConsentLogError(f"consent log `{self._path}`: {error.strerror}") from error


def _said(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0)  # absent where it is Python's module that complains
    match code & 0xFF:  # the primary code: https://www.sqlite.org/rescode.html#pve
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return f"the file is damaged or not a database ({error}); {RESTORE}"
        case sqlite3.SQLITE_FULL:
            return "the disk is full; nothing was recorded; make room and try again"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"another program locks the file ({error}); stop it"
        case sqlite3.SQLITE_READONLY:
            return f"the file cannot be written ({error}); check its owner, mode and file system"
        case _:
            return str(error)


def hold(path: Path) -> int:
    """Make this process the only one to use the log at *path*; returns the descriptor to close when done.

    Two servers on one log would each serve what the other's subjects withdrew. The lock is on a file of its own:
    closing any descriptor of the database itself would drop SQLite's locks (https://www.sqlite.org/howtocorrupt.html).
    """
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ConsentLogError(f"consent log `{path}`: another process uses it; stop that one first") from error
    return descriptor


def create(path: Path, pseudonyms: Pseudonyms) -> None:
    """Make an empty log that only its owner may read; SQLite's other files take over its mode.

    The file appears as a whole or not at all, so that an empty one is always known for damage. Where a key was found
    there was a log, unless its draft tells that the first start never got that far.
    """
    draft = path.with_name(f"{path.name}.new")
    if pseudonyms.found_in is not None and not draft.exists():
        raise ConsentLogError(
            f"consent log `{path}`: missing, but its key `{pseudonyms.found_in}` is there; {RESTORE};"
            " only if there never was a log, or all in it is to be forgotten, move the key away too"
        )
    for stray in leftovers(path):  # SQLite would replay it into the new file
        raise ConsentLogError(f"consent log `{path}`: missing, but `{stray}` is there; {RESTORE}")
    draft.unlink(missing_ok=True)  # of a start that was cut short
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with contextlib.closing(connect(draft)) as connection:
        connection.executescript(SCHEMA)
        meta = (("log_id", secrets.token_hex(8)), ("key_id", pseudonyms.key_id))
        connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", meta)
        connection.execute("COMMIT")
        make_durable(connection)  # the mode stays with the file; right after the change nothing could be scrubbed
    draft.rename(path)
    sync_folder(path.parent)


def leftovers(path: Path) -> tuple[Path, ...]:
    """Files that SQLite keeps beside the one at *path*, and that are there."""
    beside = (path.with_name(path.name + suffix) for suffix in _BESIDE)
    return tuple(stray for stray in beside if stray.exists())


def connect(path: Path) -> sqlite3.Connection:
    """A connection without Python's implicit transactions, for any thread that guards it."""
    connection = sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1_000, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.text_factory = _text
    return connection


def _text(text: bytes) -> str:
    """Of a damaged row anything must be readable, or nobody could say which one it is."""
    return text.decode(errors="replace")


def check(connection: sqlite3.Connection, path: Path, *, key_id: str) -> tuple[str, tuple[str, ...]]:
    """Raise ``ConsentLogError`` for a file that is foreign, damaged, of another version or under another key.

    Reads only; returns the log id, and those of the logs that it descends from.
    """
    if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
        raise ConsentLogError(f"consent log `{path}`: the file is empty, so it was damaged; {RESTORE}")
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise ConsentLogError(f"consent log `{path}`: the file is a database of another program; name another file")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise ConsentLogError(
            f"consent log `{path}`: the file has schema version {version}, this program knows {SCHEMA_VERSION};"
            " use the program that wrote it"
        )
    # Not quick_check: a row that its index has lost would be a withdrawal that nobody finds.
    complaint = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if complaint != "ok":
        raise ConsentLogError(f"consent log `{path}`: the file is damaged ({complaint}); {RESTORE}")
    last, given_out = connection.execute(_LAST_AND_GIVEN_OUT).fetchone()
    if last < given_out:  # a tombstone stays when it removes what came before it
        raise ConsentLogError(
            f"consent log `{path}`: its end was removed, entries {last + 1} to {given_out} are missing; {RESTORE}"
        )
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    log_id, its_key_id = (str(meta.get(name)) for name in ("log_id", "key_id"))
    ancestors = tuple(str(meta.get("descends_from", "")).split())
    if not all(map(_ID.fullmatch, (log_id, its_key_id, *ancestors))):
        raise ConsentLogError(f"consent log `{path}`: the file is damaged (its ids); {RESTORE}")
    if its_key_id != key_id:
        raise ConsentLogError(
            f"consent log `{path}`: written under pseudonym key {its_key_id}, but the key here is {key_id};"
            " restore the key file that belongs to it: under another key nobody in it would be found"
        )
    return log_id, ancestors


def make_durable(connection: sqlite3.Connection) -> None:
    """Have every commit reach the disk before it returns, and everything deleted overwritten."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
