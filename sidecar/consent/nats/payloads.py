"""Entries as messages: the pseudonym is in the subject, the position is the sequence, the rest is the payload."""

from collections.abc import Callable
from typing import Final

from msgspec import MsgspecError, msgpack

from sidecar.consent.columns import Columns, Row
from sidecar.consent.log import Head, LogEntry, NewEntry
from sidecar.errors import ConsentLogError

RESTORE: Final = "bring the log back from an export: `sidecar consent restore`"

_encode: Final = msgpack.Encoder().encode
_decode: Final = msgpack.Decoder(tuple[bytes, bytes, int, int, bytes, bytes]).decode


class Payloads:
    """Makes and reads those of the log that *name* tells people; safe for any number of threads."""

    def __init__(self, name: str, authenticate: Callable[[bytes], bytes]) -> None:
        self._name = name
        self._columns = Columns(name, authenticate, remedy=RESTORE)

    def new(self, entry: NewEntry) -> bytes:
        """The payload of *entry*."""
        return _encode(self._columns.new(entry)[1:])

    def head(self, position: int, pseudonym: bytes, payload: bytes) -> Head:
        """What a cache needs; raises ``ConsentLogError`` as ``entry`` does."""
        return self._columns.head(position, self._row(position, pseudonym, payload))

    def entry(self, position: int, pseudonym: bytes, payload: bytes) -> LogEntry:
        """The entry; raises ``ConsentLogError`` naming log and position unless it is as it was written."""
        return self._columns.entry(position, self._row(position, pseudonym, payload))

    def _row(self, position: int, pseudonym: bytes, payload: bytes) -> Row:
        try:
            return (pseudonym, *_decode(payload))
        except MsgspecError as error:
            raise ConsentLogError(f"{self._name}: entry {position} is damaged ({error}); {RESTORE}") from error
