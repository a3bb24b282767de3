"""A batch: appends that are on their way together.

Those of different subjects do not wait for each other; those of one subject do, because each names the position of the
one before.
"""

from collections.abc import Iterable
from concurrent.futures import Future
from threading import Semaphore
from typing import Final, NamedTuple

from sidecar.consent.log import LogEntry, NewEntry, erases_person
from sidecar.consent.nats.asking import Reply
from sidecar.consent.nats.jetstream import JetStream
from sidecar.consent.nats.reading import Reader
from sidecar.consent.nats.removal import Removal
from sidecar.errors import ConsentLogError, LogConflictError

MOST_IN_FLIGHT: Final = 256
"""Bounds what a server must take at once, and what is in doubt if it dies."""


class Published(NamedTuple):
    """Stands for an entry that is on its way."""

    stream: JetStream
    answer: Future[Reply]

    def position(self) -> int:
        """Its position; waits for it."""
        return self.stream.sequence(self.answer)


class NatsBatch:
    """Appends to one log; for one thread."""

    def __init__(self, reader: Reader, removal: Removal) -> None:
        self._reader = reader
        self._stream = reader.stream
        self._names = reader.names
        self._payloads = reader.payloads
        self._removal = removal
        self._room = Semaphore(MOST_IN_FLIGHT)
        self._expected: dict[bytes, Future[Reply]] = {}
        self._last: dict[bytes, tuple[NewEntry, Published]] = {}
        self._published: list[Published] = []
        self.erased = False

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        """Ask for the last entries of these subjects now, so that ``head`` waits for all together and not for each."""
        for pseudonym in pseudonyms:
            self._room.acquire()
            asked = self._reader.ask_head(pseudonym)
            asked.add_done_callback(self._leave_room)
            self._expected[pseudonym] = asked

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry, those of this batch included: waits for those."""
        last = self._last.get(pseudonym)
        if last is not None:
            entry, published = last
            return entry.at(published.position())
        asked = self._expected.pop(pseudonym, None)
        return self._reader.head(pseudonym) if asked is None else self._reader.read_head(pseudonym, asked)

    def find(self, pseudonym: bytes, event_id: str) -> LogEntry | None:
        """The subject's first entry with the event *event_id*."""
        if pseudonym in self._last:
            self._last[pseudonym][1].position()
        history = self._reader.history(pseudonym, after=0)
        return next((entry for entry in history if entry.event.id == event_id), None)

    def append(self, entry: NewEntry) -> Published:
        """Have *entry* on its way; before the erasure of a person the intent to remove what came before."""
        if erases_person(entry.event) and entry.expected is not None:
            self._removal.intend(entry.pseudonym)
            self.erased = True
        payload = self._payloads.new(entry)
        self._room.acquire()  # given back within the time limit of what is in flight
        answer = self._stream.publish(self._names.entry(entry.pseudonym), payload, expected=entry.expected or 0)
        answer.add_done_callback(self._leave_room)
        published = Published(self._stream, answer)
        self._last[entry.pseudonym] = entry, published
        self._published.append(published)
        return published

    def _leave_room(self, _: Future[Reply]) -> None:
        self._room.release()

    def settle(self) -> None:
        """Wait until nothing is on its way any more; raises ``ConsentLogError``, or ``LogConflictError`` if only such.

        A conflict may be tried again at once, an append of unknown outcome may not.
        """
        conflict: LogConflictError | None = None
        failure: ConsentLogError | None = None
        for published in self._published:
            try:
                published.position()
            except LogConflictError as error:
                conflict = conflict or error
            except ConsentLogError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        if conflict is not None:
            raise conflict
