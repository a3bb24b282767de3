"""The last entry of everybody, while a log is gone through: on disk, because there may be millions."""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE heads (pseudonym BLOB PRIMARY KEY, position INTEGER, record BLOB, refolded BLOB) WITHOUT ROWID;
BEGIN;
"""


class Last(NamedTuple):
    """The last entry of somebody."""

    pseudonym: bytes
    position: int
    record: bytes  # packed, as the log has it
    refolded: bytes | None  # packed, as it should be; None: that is the same


class Heads:
    """Pseudonym to last entry, in a file without a name that goes with the process; for one thread."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(_SCHEMA)

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM heads").fetchone()[0])

    def get(self, pseudonym: bytes) -> Last | None:
        """The last entry of *pseudonym* so far."""
        row = self._connection.execute("SELECT * FROM heads WHERE pseudonym = ?", (pseudonym,)).fetchone()
        return None if row is None else Last(*row)

    def put(self, last: Last) -> None:
        """Take the place of the one before."""
        self._connection.execute("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)", last)

    def each(self) -> Iterator[Last]:
        """All of them, by pseudonym; they must not change meanwhile."""
        yield from map(Last._make, self._connection.execute("SELECT * FROM heads ORDER BY pseudonym"))

    def close(self) -> None:
        """Forget all of it."""
        self._connection.close()
