"""Making a log: streams of their own, which are no log before the last message says so."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from sidecar.config.nats import Nats
from sidecar.consent.nats.batch import NatsBatch
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.jetstream import KEEP, JetStream
from sidecar.consent.nats.meta import Meta, to_bytes
from sidecar.consent.nats.names import Names
from sidecar.consent.nats.payloads import Payloads
from sidecar.consent.nats.reading import Reader
from sidecar.consent.nats.removal import Removal
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError

_PATIENCE_SECONDS: Final = 30.0
"""How long an append may take at least: nobody waits, and after a pause of the server a restore would start over."""

_DUPLICATES_NANOSECONDS: Final = 1_000_000_000
"""How long the server remembers ids of messages; as short as is sensible, because none has one."""


class NatsDraft:
    """A log that is being made; for one thread. Whoever is done with it calls ``discard``."""

    def __init__(self, connection: Connection, names: Names, pseudonyms: Pseudonyms) -> None:
        self._connection = connection
        self._names = names
        self._pseudonyms = pseudonyms
        self._stream = JetStream(connection, names.stream)
        self._marks = JetStream(connection, names.marks_stream)
        payloads = Payloads(connection.name, pseudonyms.authenticate)
        self._reader = Reader(connection, self._stream, names, payloads)
        self._finished = False

    @classmethod
    def make(cls, settings: Nats, pseudonyms: Pseudonyms) -> Self:
        """An empty draft; raises ``ConsentLogError`` if there is a stream of that name, which it does not touch."""
        names = Names(stream=settings.stream, log_id=secrets.token_hex(8))
        connection = Connection.open(settings, name_of(settings.stream), patience=_PATIENCE_SECONDS)
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            draft = cls(connection, names, pseudonyms)
            draft._stream.create({"subjects": [names.everything], "discard": "new", **_shape(settings)})
            undo.callback(draft._stream.delete)
            draft._make_marks(settings)
            undo.callback(draft._marks.delete)
            draft._stream.sequence(draft._stream.publish(names.first, b"", expected=0))
            undo.pop_all()
            return draft

    @contextlib.contextmanager
    def batch(self) -> Iterator[NatsBatch]:
        """A batch of entries, as of a log."""
        removal = Removal(self._reader)
        batch = NatsBatch(self._reader, removal)
        yield batch
        batch.settle()
        if batch.erased:
            removal.finish_all()

    def finish(self, *, descends_from: tuple[str, ...] = ()) -> str:
        """Make it a log and return its new id; whoever followed one of *descends_from* may go on with it."""
        names = self._names
        meta = Meta(log_id=names.log_id, key_id=self._pseudonyms.key_id, descends_from=descends_from)
        self._stream.sequence(self._stream.publish(names.meta, to_bytes(meta, self._pseudonyms), expected=0))
        self._finished = True
        return names.log_id

    def discard(self) -> None:
        """Leave nothing of it, if it is not finished; and let go of the connection. Calling it again does nothing."""
        if not self._finished:
            self._finished = True
            with contextlib.suppress(ConsentLogError):  # then the next one who makes a log is told
                self._marks.delete()
                self._stream.delete()
        self._connection.close()

    def _make_marks(self, settings: Nats) -> None:
        """Those of a log that is gone mean nothing: they go too."""
        state = self._marks.state()
        if state is not None:
            if not Names.are_marks(state.subjects):
                raise ConsentLogError(
                    f"{self._stream.name}: the stream `{self._marks.stream}` is there already; {KEEP}"
                )
            self._marks.delete()
        self._marks.create({"subjects": [self._names.marks], "max_msgs_per_subject": 1, **_shape(settings)})


def name_of(stream: str) -> str:
    """What messages call the log in *stream*."""
    return f"consent log `{stream}` on NATS"


def _shape(settings: Nats) -> Mapping[str, Any]:
    """What both streams have in common: nothing is ever dropped for its age or number."""
    return {
        "retention": "limits",
        "storage": settings.storage,
        "num_replicas": settings.replicas,
        "max_bytes": -1 if settings.max_bytes is None else settings.max_bytes,
        "allow_rollup_hdrs": True,
        "duplicate_window": _DUPLICATES_NANOSECONDS,
    }
