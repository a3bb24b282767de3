"""A transaction on the entries of the SQLite log, or of its draft."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, cast

from sidecar.consent.columns import Columns, Row
from sidecar.consent.log import LogEntry, NewEntry, erases_person
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.file import RESTORE, saying_what
from sidecar.errors import LogConflictError

_SELECT_LAST = "SELECT * FROM entries WHERE pseudonym = ? ORDER BY position DESC LIMIT 1"
_SELECT_EVENT = """
SELECT * FROM entries WHERE pseudonym = ? AND
CASE WHEN json_valid(CAST(event AS TEXT)) THEN json_extract(CAST(event AS TEXT), '$.id') = ? ELSE TRUE END
ORDER BY position LIMIT 1
"""
_SELECT_LAST_POSITION = "SELECT max(position) FROM entries WHERE pseudonym = ?"
_INSERT = "INSERT INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
_DELETE_BEFORE = "DELETE FROM entries WHERE pseudonym = ? AND position < ?"


class Inserted(NamedTuple):
    """An entry that is there already, if the transaction ends well."""

    at: int

    def position(self) -> int:
        """Its position."""
        return self.at


class SqliteBatch:
    """A transaction that has begun, and from its first word keeps everybody else from writing."""

    def __init__(self, connection: sqlite3.Connection, path: Path, columns: Columns) -> None:
        self._connection = connection
        self._path = path
        self._columns = columns
        self._last: dict[bytes, int | None] = {}  # positions of last entries; nobody else can append another one now
        self.erased = False

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        """Nothing is gained by reading a file ahead."""

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry, those of this batch included."""
        with saying_what(self._path):
            entry = last_entry(self._connection, pseudonym, self._columns)
        self._last[pseudonym] = None if entry is None else entry.position
        return entry

    def find(self, pseudonym: bytes, event_id: str) -> LogEntry | None:
        """The subject's first entry with the event *event_id*."""
        with saying_what(self._path):
            row = self._connection.execute(_SELECT_EVENT, (pseudonym, event_id)).fetchone()
        return None if row is None else entry_of(row, self._columns)

    def append(self, entry: NewEntry) -> Inserted:
        """Append *entry*; the erasure of a person removes what came before in the same transaction."""
        with saying_what(self._path):
            if self._last_position(entry.pseudonym) != entry.expected:
                raise LogConflictError("another entry of the same subject was appended first")
            position = cast("int", self._connection.execute(_INSERT, self._columns.new(entry)).lastrowid)
            self._last[entry.pseudonym] = position
            if erases_person(entry.event):
                self._connection.execute(_DELETE_BEFORE, (entry.pseudonym, position))
                self.erased = True
            return Inserted(position)

    def _last_position(self, pseudonym: bytes) -> int | None:
        if pseudonym not in self._last:
            row = self._connection.execute(_SELECT_LAST_POSITION, (pseudonym,)).fetchone()
            self._last[pseudonym] = cast("int | None", row[0])
        return self._last[pseudonym]


def last_entry(connection: sqlite3.Connection, pseudonym: bytes, columns: Columns) -> LogEntry | None:
    """The subject's last entry, as *connection* sees it."""
    row = connection.execute(_SELECT_LAST, (pseudonym,)).fetchone()
    return None if row is None else entry_of(row, columns)


def entry_of(row: Row, columns: Columns) -> LogEntry:
    """The entry of *row*, whose first column is the position."""
    return columns.entry(row[0], row[1:])


def columns_of(path: Path, pseudonyms: Pseudonyms) -> Columns:
    """What makes and reads the columns of the log at *path*."""
    return Columns(f"consent log `{path}`", pseudonyms.authenticate, remedy=RESTORE)
