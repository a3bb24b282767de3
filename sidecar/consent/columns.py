"""The columns of an entry, as every backend keeps them, with a code that tells whether they are still what was written.

A database or server vouches for the structure of what it keeps, not for what is inside, where one flipped bit can make
a grant of a withdrawal. The code covers all of an entry but its position, which is not known when it is written.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import msgpack

from sidecar.consent.codec import event_from_json, event_to_json
from sidecar.consent.log import Head, LogEntry, NewEntry
from sidecar.consent.packing import unpack
from sidecar.errors import ConsentLogError, RequestError

Row = tuple[Any, ...]
"""Pseudonym, event, packed record, effective at, accepted at, sealed id, code; after damage each may be of any type."""

_encode: Final = msgpack.Encoder().encode


class Columns:
    """Makes and reads the columns of the log that *name* tells people; *authenticate* is that of the pseudonyms.

    *remedy* says what to do about an entry that cannot be read. Safe for any number of threads.
    """

    def __init__(self, name: str, authenticate: Callable[[bytes], bytes], *, remedy: str) -> None:
        self._name = name
        self._authenticate = authenticate
        self._remedy = remedy

    def new(self, entry: NewEntry) -> Row:
        """The columns of *entry*."""
        row = (
            entry.pseudonym,
            event_to_json(entry.event),
            entry.packed,
            entry.effective_at,
            entry.accepted_at,
            entry.sealed,
        )
        return (*row, self._authenticate(_encode(row)))

    def head(self, position: int, row: Row) -> Head:
        """What a cache needs of the entry at *position*; raises ``ConsentLogError`` as ``entry`` does."""
        self._verify(position, row)
        return Head(position, row[0], row[2])

    def entry(self, position: int, row: Row) -> LogEntry:
        """The entry at *position*; raises ``ConsentLogError`` naming log and position unless it is as written."""
        self._verify(position, row)
        pseudonym, event, record, effective_at, accepted_at, sealed, _ = row
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
            raise ConsentLogError(f"{self._name}: entry {position}: {error}; {self._remedy}") from error

    def _verify(self, position: int, row: Row) -> None:
        if self._authenticate(_encode(row[:-1])) != row[-1]:
            raise ConsentLogError(f"{self._name}: entry {position} is damaged; {self._remedy}")
