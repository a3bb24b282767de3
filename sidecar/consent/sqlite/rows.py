"""Rows of the SQLite log: entries as columns, each row with a code that tells whether it is still what was written.

``integrity_check`` vouches for the structure of the file, not for what is inside a row, where one flipped bit can make
a grant of a withdrawal.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from msgspec import msgpack

from sidecar.consent.codec import event_from_json, event_to_json
from sidecar.consent.log import Head, LogEntry, NewEntry
from sidecar.consent.packing import pack, unpack
from sidecar.consent.sqlite.file import RESTORE
from sidecar.errors import ConsentLogError, RequestError

Row = tuple[Any, ...]
"""The columns of ``entries`` in the order of the schema; after damage each may be of any type."""

_encode: Final = msgpack.Encoder().encode


class Rows:
    """Makes rows of the log at *path* and reads them; *authenticate* is that of the pseudonyms."""

    def __init__(self, path: Path, authenticate: Callable[[bytes], bytes]) -> None:
        self._path = path
        self._authenticate = authenticate

    def new(self, entry: NewEntry) -> Row:
        """The row of *entry*, whose position is not known yet."""
        row = (
            entry.pseudonym,
            event_to_json(entry.event),
            pack(entry.record),
            entry.effective_at,
            entry.accepted_at,
            entry.sealed,
        )
        return (*row, self._authenticate(_encode(row)))

    def head(self, row: Row) -> Head:
        """What a cache needs of *row*; raises ``ConsentLogError`` as ``entry`` does."""
        self._verify(row)
        return Head(row[0], row[1], row[3])

    def entry(self, row: Row) -> LogEntry:
        """The entry of *row*; raises ``ConsentLogError`` naming file and position unless it is as it was written."""
        self._verify(row)
        position, pseudonym, event, record, effective_at, accepted_at, sealed, _ = row
        try:
            return LogEntry(
                position=position,
                pseudonym=pseudonym,
                event=event_from_json(event),
                record=unpack(record),
                effective_at=effective_at,
                accepted_at=accepted_at,
                sealed=sealed,
            )
        except (RequestError, ConsentLogError) as error:  # written so, by another version of this program
            raise ConsentLogError(f"consent log `{self._path}`: entry {position}: {error}; {RESTORE}") from error

    def _verify(self, row: Row) -> None:
        if self._authenticate(_encode(row[1:-1])) != row[-1]:
            raise ConsentLogError(f"consent log `{self._path}`: entry {row[0]} is damaged; {RESTORE}")
