"""The life of a log: from when it was made until it is destroyed; what is made in its place has another id."""

from typing import Final, NamedTuple, Self

from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.jetstream import INIT, JetStream, StreamState
from sidecar.consent.nats.marks import Marks
from sidecar.consent.nats.meta import Meta, from_bytes
from sidecar.consent.nats.names import Names
from sidecar.consent.nats.payloads import Payloads
from sidecar.consent.nats.reading import Reader
from sidecar.consent.nats.removal import Removal
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError, LogLostError

FIRST: Final = 1
"""Sequence of the first message of a log, which is never removed."""


class Life(NamedTuple):
    """All that belongs to one id."""

    meta: Meta
    reader: Reader
    removal: Removal
    marks: Marks

    @classmethod
    def find(cls, connection: Connection, stream: JetStream, pseudonyms: Pseudonyms) -> Self:
        """That of the log which is in *stream* now; raises ``ConsentLogError`` if there is none that can be used."""
        state = stream.state()
        if state is None:
            raise ConsentLogError(f"{stream.name}: there is no stream `{stream.stream}`; {INIT}")
        names = Names.of(stream.stream, state.subjects)
        if names is None:
            raise ConsentLogError(
                f"{stream.name}: the stream is no consent log (its subjects are {', '.join(state.subjects)});"
                " name another in `nats.stream`"
            )
        stored = stream.last(names.meta)
        if stored is None or state.first != FIRST:
            raise ConsentLogError(
                f"{stream.name}: the stream is no log: it was emptied, or making it was cut short; delete it"
                f" (`nats stream rm {stream.stream}`); {INIT}"
            )
        meta = from_bytes(stored.data, pseudonyms, name=stream.name, log_id=names.log_id)
        reader = Reader(connection, stream, names, Payloads(stream.name, pseudonyms.authenticate))
        marks = Marks(JetStream(connection, names.marks_stream), names)
        return cls(meta, reader, Removal(reader), marks)

    @property
    def names(self) -> Names:
        """Those of its streams and subjects."""
        return self.reader.names

    def state(self) -> StreamState:
        """How the stream is; raises ``LogLostError`` if it is not this log's any more."""
        return still(self.reader.stream.state(), self.names, name=self.reader.stream.name)


def still(state: StreamState | None, names: Names, *, name: str, applied: int = 0) -> StreamState:
    """*state* if it is that of the log with *names*, and has everything behind *applied*; else ``LogLostError``."""
    if state is None:
        raise LogLostError(f"{name}: the stream `{names.stream}` was deleted; {INIT}")
    found = Names.of(names.stream, state.subjects)
    if found is None or found.log_id != names.log_id:
        raise LogLostError(f"{name}: log {names.log_id} was replaced by another")
    if state.first != FIRST:
        raise LogLostError(f"{name}: the stream `{names.stream}` was emptied; {INIT}")
    if state.last < applied:
        raise LogLostError(f"{name}: the log ends at {state.last}, but {applied} was there; {INIT}")
    return state
