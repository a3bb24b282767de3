"""The consent log in a SQLite file: the embedded default.

Write-ahead log, ``synchronous=FULL``: a commit is on the disk when it returns. One connection writes, guarded by one
lock; another reads, so that no reader waits for a long batch.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Final, Self

from sidecar.consent.columns import Columns
from sidecar.consent.log import Follower, Head, LogEntry, Mark
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.batch import SqliteBatch, columns_of, entry_of, last_entry
from sidecar.consent.sqlite.file import (
    BUSY_MILLISECONDS,
    MARKS,
    check,
    connect,
    create,
    hold,
    make_durable,
    saying_what,
)
from sidecar.errors import ConsentLogError

_HEADS_AT_ONCE = 1_000

_SELECT_HISTORY = "SELECT * FROM entries WHERE pseudonym = ? AND position > ? ORDER BY position LIMIT ?"
_SELECT_ENTRIES = "SELECT * FROM entries WHERE position > ? ORDER BY position LIMIT ?"
_SELECT_HEADS = """
SELECT entries.* FROM entries JOIN (
    SELECT max(position) AS position FROM entries WHERE pseudonym > ? GROUP BY pseudonym ORDER BY pseudonym LIMIT ?
) USING (position) ORDER BY pseudonym
"""
_DELETE_ONLY = """
DELETE FROM entries WHERE position = :position AND pseudonym = :pseudonym
AND NOT EXISTS (SELECT 1 FROM entries WHERE pseudonym = :pseudonym AND position <> :position)
AND EXISTS (SELECT 1 FROM entries WHERE position > :position)
"""
_UPSERT_MARK = "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)"
_SELECT_MARKS = "SELECT kind, name, position, at FROM marks ORDER BY kind, name"


class SqliteLog:
    """A ``ConsentLog`` in one file, which only one process may have open."""

    backend: Final = "sqlite"

    def __init__(
        self, path: Path, columns: Columns, *, ids: tuple[str, tuple[str, ...]], held: int, writer: sqlite3.Connection
    ) -> None:
        self.log_id: Final = ids[0]
        self.descends_from: Final = ids[1]
        self._path = path
        self._columns = columns
        self._held: int | None = held
        self._writer = writer
        self._writing = Lock()
        self._reader = connect(path)
        self._reader.execute("PRAGMA query_only = ON")
        self._reading = Lock()
        self._inode = path.stat().st_ino
        self._unscrubbed = True  # erased bytes may still be in the write-ahead log, for example after a crash

    @classmethod
    def open(cls, path: Path, pseudonyms: Pseudonyms) -> Self:
        """The log in the file *path*, made if there never was one; its folder must exist.

        A log that is missing though its key is there is refused, so is one written under another key, a file that is
        damaged or no consent log, or that another process has open; by a ``ConsentLogError`` that says what to do.
        """
        with saying_what(path), contextlib.ExitStack() as undo:
            held = hold(path)
            undo.callback(os.close, held)
            if not path.exists():
                create(path, pseudonyms)
            writer = undo.enter_context(contextlib.closing(connect(path)))
            ids = check(writer, path, key_id=pseudonyms.key_id)
            make_durable(writer)
            writer.execute(MARKS)
            columns = columns_of(path, pseudonyms)
            log = cls(path, columns, ids=ids, held=held, writer=writer)
            log._scrub()
            undo.pop_all()
            return log

    @contextlib.contextmanager
    def batch(self) -> Iterator[SqliteBatch]:
        """One transaction: all of it or nothing."""
        with self._writing:
            with saying_what(self._path):
                self._check_file()
                self._writer.execute("BEGIN IMMEDIATE")
            batch = SqliteBatch(self._writer, self._path, self._columns)
            try:
                yield batch
                with saying_what(self._path):
                    self._writer.execute("COMMIT")
            except BaseException:
                with saying_what(self._path):
                    if self._writer.in_transaction:  # some errors roll back by themselves
                        self._writer.execute("ROLLBACK")
                raise
            self._unscrubbed = self._unscrubbed or batch.erased
            if self._unscrubbed:
                self._scrub()

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry."""
        with self._reading, saying_what(self._path):
            return last_entry(self._reader, pseudonym, self._columns)

    def heads(self) -> Iterator[Head]:
        """The last entry of every subject, by pseudonym."""
        last = b""
        while True:
            # In slices: a long read would keep the write-ahead log from being emptied, and others from reading.
            with self._reading, saying_what(self._path):
                rows = self._reader.execute(_SELECT_HEADS, (last, _HEADS_AT_ONCE)).fetchall()
            if not rows:
                return
            for row in rows:
                yield self._columns.head(row[0], row[1:])
            last = rows[-1][1]

    def history(self, pseudonym: bytes, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of the subject behind position *after*, oldest first."""
        with self._reading, saying_what(self._path):
            rows = self._reader.execute(_SELECT_HISTORY, (pseudonym, after, limit)).fetchall()
        return tuple(entry_of(row, self._columns) for row in rows)

    def entries(self, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of all subjects behind position *after*, in the order of the log."""
        with self._reading, saying_what(self._path):
            rows = self._reader.execute(_SELECT_ENTRIES, (after, limit)).fetchall()
        return tuple(entry_of(row, self._columns) for row in rows)

    def forget(self, pseudonym: bytes, position: int) -> bool:
        """Remove the erasure of a person at *position*, if it is the subject's only entry and not the last of all."""
        with self._writing, saying_what(self._path):
            self._check_file()
            gone = self._writer.execute(_DELETE_ONLY, {"pseudonym": pseudonym, "position": position}).rowcount > 0
            self._unscrubbed = self._unscrubbed or gone
            if gone:
                self._scrub()
        return gone

    def mark(self, mark: Mark) -> None:
        """Keep *mark* in place of an earlier one of the same kind and name."""
        with self._writing, saying_what(self._path):
            self._check_file()
            self._writer.execute(_UPSERT_MARK, (mark.kind.value, mark.name, mark.position, mark.at))

    def marks(self, kind: Follower | None = None) -> tuple[Mark, ...]:
        """Every mark, or those of one *kind*, by kind and name."""
        with self._reading, saying_what(self._path):
            rows = self._reader.execute(_SELECT_MARKS).fetchall()
        return tuple(
            Mark(kind=Follower(of), name=name, position=position, at=at)
            for of, name, position, at in rows
            if kind is None or of == kind
        )

    def last_position(self) -> int:
        """The position of the last entry; 0 if there is none."""
        with self._reading, saying_what(self._path):
            return int(self._reader.execute("SELECT coalesce(max(position), 0) FROM entries").fetchone()[0])

    def ping(self) -> None:
        """Return if the file can be read and is still the one that was opened."""
        with saying_what(self._path):
            self._check_file()
        self.last_position()

    def close(self) -> None:
        """Close the file and let other processes have it."""
        with self._writing, self._reading, saying_what(self._path):
            self._reader.close()
            self._writer.close()
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _check_file(self) -> None:
        """What is written to a file without a name is lost at the next start."""
        if self._path.stat().st_ino != self._inode:
            raise ConsentLogError(f"consent log `{self._path}`: the file was replaced; restart")

    def _scrub(self) -> None:
        """Have what was erased leave the write-ahead log too; if a reader is in the way, after the next batch.

        Never raises: the batch before it is durable all the same, and a disk that is full, say, shows at the next one.
        """
        with contextlib.suppress(sqlite3.Error):
            self._writer.execute("PRAGMA busy_timeout = 0")  # nobody's consent waits for somebody else's backup
            try:
                self._unscrubbed = bool(self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            finally:
                self._writer.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
