"""Reading a log: one subject at the leader of its stream, many entries by way of a consumer."""

from collections.abc import Iterator
from concurrent.futures import Future
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Final

from sidecar.consent.log import LogEntry
from sidecar.consent.nats.asking import Reply
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.delivery import delivery
from sidecar.consent.nats.jetstream import JetStream
from sidecar.consent.nats.names import ENTRY, Names, pseudonym_in
from sidecar.consent.nats.payloads import RESTORE, Payloads
from sidecar.errors import ConsentLogError

if TYPE_CHECKING:
    from nats.aio.msg import Msg

_FEW: Final = 8

_AT_ONCE: Final = 1_000

_IDLE_NANOSECONDS: Final = 5_000_000_000
"""How long the server keeps a consumer that nobody uses."""


class Reader:
    """Reads the log that *names* are of. Safe for any number of threads; anything may raise ``ConsentLogError``."""

    def __init__(self, connection: Connection, stream: JetStream, names: Names, payloads: Payloads) -> None:
        self._connection = connection
        self.stream: Final = stream
        self.names: Final = names
        self.payloads: Final = payloads

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry."""
        return self.read_head(pseudonym, self.ask_head(pseudonym))

    def ask_head(self, pseudonym: bytes) -> Future[Reply]:
        """Ask for the subject's last entry; see ``read_head``."""
        return self.stream.ask_last(self.names.entry(pseudonym))

    def read_head(self, pseudonym: bytes, asked: Future[Reply]) -> LogEntry | None:
        """The subject's last entry, as was asked; waits for it."""
        stored = self.stream.read_message(asked)
        return None if stored is None else self.payloads.entry(stored.seq, pseudonym, stored.data)

    def history(self, pseudonym: bytes, *, after: int) -> Iterator[LogEntry]:
        """The subject's entries behind position *after*, oldest first."""
        for stored in self.stream.walk(self.names.entry(pseudonym), after=after):
            yield self.payloads.entry(stored.seq, pseudonym, stored.data)

    def entries(self, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of all subjects behind position *after*, in the order of the log.

        Few are read at the leader, many by way of a consumer; what that lacks, because its replica is behind, or the
        last ones came after it was made, again at the leader.
        """
        entries = list(self._walk(after, min(limit, _FEW)))
        if len(entries) == _FEW < limit:
            entries.extend(self._consume(entries[-1].position, limit - _FEW))
            entries.extend(self._walk(entries[-1].position, limit - len(entries)))
        return tuple(entries)

    def _walk(self, after: int, limit: int) -> Iterator[LogEntry]:
        messages = islice(self.stream.walk(self.names.entries, after=after), limit)
        return (self._entry(stored.subject, stored.seq, stored.data) for stored in messages)

    def _consume(self, after: int, limit: int) -> Iterator[LogEntry]:
        consumer = self.stream.consume(
            {
                "deliver_policy": "by_start_sequence",
                "opt_start_seq": after + 1,
                "filter_subject": self.names.entries,
                "ack_policy": "none",
                "mem_storage": True,
                "num_replicas": 1,
                "inactive_threshold": _IDLE_NANOSECONDS,
            }
        )
        try:
            left, number = min(limit, consumer.num_pending), 0
            while left > 0:
                wanted = min(_AT_ONCE, left)
                messages = _Fetch(self._connection, self.stream, consumer.name, wanted).messages()
                for message in messages:
                    number, delivered = number + 1, delivery(message.reply)
                    if delivered.number != number:  # who reads on would never know what was between
                        raise ConsentLogError(f"{self.stream.name}: messages were lost on the way; it is read again")
                    yield self._entry(message.subject, delivered.position, message.data)
                left = left - wanted if len(messages) == wanted else 0
        finally:
            self.stream.drop(consumer.name)

    def _entry(self, subject: str, position: int, payload: bytes) -> LogEntry:
        pseudonym = pseudonym_in(subject, ENTRY)
        if pseudonym is None:
            raise ConsentLogError(f"{self.stream.name}: the message at {position} is no entry; {RESTORE}")
        return self.payloads.entry(position, pseudonym, payload)


class _Fetch:
    """Asks a consumer for messages that it has."""

    def __init__(self, connection: Connection, stream: JetStream, consumer: str, wanted: int) -> None:
        self._connection = connection
        self._stream = stream
        self._consumer = consumer
        self._wanted = wanted
        self._came: list[Msg] = []
        self._done = Event()

    def messages(self) -> list["Msg"]:
        """At most as many as wanted; fewer if some were removed meanwhile."""
        inbox = self._connection.inbox()
        end = self._connection.subscribe(inbox, self._on_message)
        try:
            self._stream.fetch(self._consumer, self._wanted, inbox)
            self._connection.wait_until(self._done)
        finally:
            end()
        return self._came

    async def _on_message(self, message: "Msg") -> None:
        if message.headers is not None and "Status" in message.headers:  # that there are no more
            self._done.set()
            return
        self._came.append(message)
        if len(self._came) == self._wanted:
            self._done.set()
