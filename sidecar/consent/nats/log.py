"""The consent log that sidecars share: a stream of NATS JetStream."""

import contextlib
from collections.abc import Iterator
from itertools import islice
from threading import Lock
from typing import Final, Self

from sidecar.config.nats import Nats
from sidecar.consent.log import Follower, Head, LogEntry, Mark
from sidecar.consent.nats.batch import NatsBatch
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.draft import NatsDraft, name_of
from sidecar.consent.nats.feed import NatsFeed
from sidecar.consent.nats.jetstream import JetStream
from sidecar.consent.nats.life import Life, still
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.errors import ConsentLogError, LogConflictError


class NatsLog:
    """A ``SharedLog``; any number of processes may have it open."""

    backend: Final = "nats"

    def __init__(self, settings: Nats, connection: Connection, pseudonyms: Pseudonyms) -> None:
        self._settings = settings
        self._connection = connection
        self._stream = JetStream(connection, settings.stream)
        self._pseudonyms = pseudonyms
        self._writing = Lock()
        self._beating = Lock()
        self._life = Life.find(connection, self._stream, pseudonyms)
        self._unremoved = False  # something erased is still there
        self._last_beat: int | None = None  # position of the last heartbeat, as far as known

    @classmethod
    def open(cls, settings: Nats, pseudonyms: Pseudonyms) -> Self:
        """The log in the stream that *settings* name; an erasure that was cut short is finished.

        Raises ``ConsentLogError`` that says what to do if no server can be reached, or there is no such log, or it
        is of another version or key.
        """
        connection = Connection.open(settings, name_of(settings.stream))
        try:
            log = cls(settings, connection, pseudonyms)
            log._life.removal.finish_all()
        except BaseException:
            connection.close()
            raise
        return log

    @staticmethod
    def draft(settings: Nats, pseudonyms: Pseudonyms) -> NatsDraft:
        """A log that is being made in the stream that *settings* name, which must not be there."""
        return NatsDraft.make(settings, pseudonyms)

    @property
    def log_id(self) -> str:
        """Tells logs apart."""
        return self._life.names.log_id

    @property
    def descends_from(self) -> tuple[str, ...]:
        """The ids of the logs whose exports it was restored from."""
        return self._life.meta.descends_from

    @contextlib.contextmanager
    def batch(self) -> Iterator[NatsBatch]:
        """Entries that are on their way together; all are durable when it is left without an exception.

        Left with one, each of those that were appended may be there or not.
        """
        with self._writing:
            self._connection.expect_open()
            life = self._life
            batch = NatsBatch(life.reader, life.removal)
            try:
                yield batch
            except BaseException:
                with contextlib.suppress(ConsentLogError):  # the other exception is the one to tell
                    batch.settle()
                raise
            else:
                batch.settle()
                life.state()  # a stream that was emptied takes entries too; they would go with it
            finally:
                self._unremoved = self._unremoved or batch.erased
                with contextlib.suppress(ConsentLogError):  # it is durable; the next heartbeat tries, and tells
                    self._remove(life)

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry, from the leader of the stream."""
        return self._life.reader.head(pseudonym)

    def heads(self) -> Iterator[Head]:
        """The last entry of every subject, in the order of the log."""
        feed = self.follow(after=None)
        seconds = self._settings.timeout_seconds
        try:
            while not feed.whole:
                fed = feed.take(seconds)
                if fed is None:
                    raise ConsentLogError(f"{self._stream.name}: nothing came within {seconds:g} s")
                yield from (head for head in fed.heads if head.position <= feed.whole_at)
        finally:
            feed.close()

    def history(self, pseudonym: bytes, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of the subject behind position *after*, oldest first; a question for each."""
        return tuple(islice(self._life.reader.history(pseudonym, after=after), limit))

    def entries(self, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of all subjects behind position *after*, in the order of the log."""
        return self._life.reader.entries(after=after, limit=limit)

    def last_position(self) -> int:
        """The position of the last message, be it an entry or not."""
        return self._life.state().last

    def forget(self, pseudonym: bytes, position: int) -> bool:
        """Remove the erasure of a person at *position*, if it is the subject's last entry and not the last of all.

        What is appended meanwhile is not lost: it was made from the entry, or finds that it is gone and is made anew.
        """
        life = self._life
        head = life.reader.head(pseudonym)
        if head is None or head.position != position or life.state().last == position:
            return False
        life.reader.stream.erase(position)
        return True

    def mark(self, mark: Mark) -> None:
        """Keep *mark* in place of an earlier one of the same kind and name."""
        self._life.marks.put(mark)

    def marks(self, kind: Follower | None = None) -> tuple[Mark, ...]:
        """Every mark of this log, or those of one *kind*, by kind and name; a question for each."""
        return self._life.marks.all(kind)

    def ping(self) -> None:
        """Return if the log can be read and is still the one that was opened."""
        self._life.state()

    def follow(self, *, after: int | None) -> NatsFeed:
        """What comes behind position *after*; ``None``: first the last entry of every subject, then what comes.

        Raises ``LogLostError`` if the log does not have all that comes behind *after*.
        """
        life = self._life
        still(self._stream.state(), life.names, name=self._stream.name, applied=after or 0)
        return NatsFeed(self._connection, life, after=after, on_beat=self._beaten)

    def beat(self) -> None:
        """Have a heartbeat appended, unless another process just did; every feed gets it.

        Raises ``ConsentLogError`` also if what was erased can still not be removed.
        """
        with self._beating:
            names = self._life.names
            known = self._last_beat
            if known is None:
                stored = self._stream.last(names.beat)
                known = 0 if stored is None else stored.seq
            content = names.log_id.encode()
            try:
                published = self._stream.publish(names.beat, content, expected=known, replacing=True)
                self._last_beat = self._stream.sequence(published)
            except LogConflictError:  # another was first
                self._last_beat = None
        self._remove(self._life)

    def renew(self) -> bool:
        """Whether a log that descends from the lost one is there; then ``log_id`` is its, and it can be followed."""
        life = Life.find(self._connection, self._stream, self._pseudonyms)
        mine = self._life.names.log_id
        if life.names.log_id != mine and mine not in life.meta.descends_from:
            return False
        self._life, self._last_beat = life, None
        return True

    def _beaten(self, position: int) -> None:
        self._last_beat = position

    def _remove(self, life: Life) -> None:
        if self._unremoved:
            self._unremoved = False  # first: what another thread erases meanwhile is not forgotten
            try:
                life.removal.finish_all()
            except BaseException:
                self._unremoved = True
                raise

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
