"""Events on their way into the log: each folded into its subject's record and appended, once for its id."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from msgspec import structs

from sidecar.consent.codec import digest
from sidecar.consent.fold import Folded, fold
from sidecar.consent.log import Batch, LogEntry, NewEntry, Receipt, erases_person
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, MAX_SEEN, Seen
from sidecar.errors import EventConflictError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Event
from sidecar.model.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An event that is in the log, or on its way there."""

    place: Receipt
    effective_at: Instant
    duplicate: bool


class _There(NamedTuple):
    """An entry that has long been there."""

    at: int

    def position(self) -> int:
        """Its position."""
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which an event is taken."""

    importing: bool = False  # as a line of an import
    occurred_at: Instant | None = None  # if so, when what it tells happened
    not_before: Instant = 0  # an instant that is known to be over, whatever the clock says


LIVE = Terms()
"""Sent now."""


class Writing:
    """A batch, and the last entry that it appended, or found to be there already, for each subject. For one thread."""

    def __init__(
        self, batch: Batch, pseudonyms: Pseudonyms, *, catalog: Callable[[], Catalog], clock: Callable[[], Instant]
    ) -> None:
        self._batch = batch
        self._pseudonyms = pseudonyms
        self._catalog = catalog
        self._clock = clock
        self._read: dict[bytes, LogEntry | None] = {}
        self._sent: dict[bytes, tuple[NewEntry, Receipt]] = {}
        self._found: dict[bytes, LogEntry] = {}
        self._introduced: dict[bytes, str] = {}
        self.tried = False
        """Whether anything may have got into the log."""

    @property
    def subjects(self) -> tuple[bytes, ...]:
        """The pseudonyms of all whom it is about."""
        return (*self._found, *self._sent)

    def heads(self) -> Iterator[LogEntry]:
        """The last entry that it found or appended for each subject; waits for their positions."""
        yield from self._found.values()
        for entry, receipt in self._sent.values():
            yield entry.at(receipt.position())

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        """Let the last entries of these subjects be read together."""
        self._batch.expect(pseudonyms)

    def introduce(self, *subjects: str) -> None:
        """Let whatever is appended to these say whose it is, to who may know: their records may not say it yet."""
        self._introduced.update((self._pseudonyms.of(subject), subject) for subject in subjects)

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry, those of this batch included: waits for those.

        Read once: what is appended is appended behind just what was looked at, or there is a conflict.
        """
        sent = self._sent.get(pseudonym)
        if sent is not None:
            return sent[0].at(sent[1].position())
        if pseudonym not in self._read:
            self._read[pseudonym] = self._batch.head(pseudonym)
        return self._read[pseudonym]

    def now(self) -> Instant:
        """What the clock says."""
        return self._clock()

    def found(self, head: LogEntry) -> None:
        """Take note of *head*, which whoever sends again must be able to count on: it may not be in the view yet."""
        self._found[head.pseudonym] = head

    def already(self, pseudonym: bytes, event: Event) -> Written | None:
        """What appending *event* gave the first time; ``None`` if it was not; raises ``EventConflictError``."""
        head = self.head(pseudonym)
        if head is None:
            return None
        written = already(head, event) or self._long_ago(head, event)
        if written is not None:
            self.found(head)
        return written

    def folded(self, pseudonym: bytes, event: Event, terms: Terms = LIVE) -> Folded:
        """What the subject's record would be after *event*; raises as ``fold`` does."""
        return self._fold(self.head(pseudonym), event, self._accepted_at(terms), terms)

    def alone(self, event: Event, terms: Terms = LIVE) -> Folded:
        """What the record of somebody would be of whom nothing but *event* is known; raises as ``fold`` does."""
        return self._fold(None, event, self._accepted_at(terms), terms)

    def append(self, pseudonym: bytes, event: Event, *, subject: str | None = None, terms: Terms = LIVE) -> Written:
        """Append *event*; raises as ``fold`` does. *subject* is whose it is, if that is known."""
        subject = self._introduced.get(pseudonym) if subject is None else subject
        head = self.head(pseudonym)
        accepted_at = self._accepted_at(terms)
        folded = self._fold(head, event, accepted_at, terms)
        seen = Seen(event_id=event.id, digest=digest(event), position=None, effective_at=folded.effective_at)
        sealed = b"" if head is None or erases_person(event) else head.sealed
        if not sealed and subject is not None and not erases_person(event):
            sealed = self._pseudonyms.seal(subject)
        entry = NewEntry(
            pseudonym=pseudonym,
            expected=None if head is None else head.position,
            event=event,
            record=structs.replace(folded.record, seen=(*_placed(head), seen)[-MAX_SEEN:]),
            effective_at=folded.effective_at,
            accepted_at=accepted_at,
            sealed=sealed,
        )
        self.tried = True
        receipt = self._batch.append(entry)
        self._sent[pseudonym] = entry, receipt
        self._found.pop(pseudonym, None)
        return Written(place=receipt, effective_at=folded.effective_at, duplicate=False)

    def _accepted_at(self, terms: Terms) -> Instant:
        return max(self._clock(), terms.not_before)

    def _fold(self, head: LogEntry | None, event: Event, accepted_at: Instant, terms: Terms) -> Folded:
        record = EMPTY if head is None else head.record
        return fold(record, event, accepted_at=accepted_at, catalog=self._catalog(), importing=terms.importing)

    def _long_ago(self, head: LogEntry, event: Event) -> Written | None:
        """Like ``already``, for an event that the record may have forgotten: the log of the subject has it."""
        if len(head.record.seen) < MAX_SEEN:
            return None
        entry = self._batch.find(head.pseudonym, event.id)
        if entry is None:
            return None
        if digest(entry.event) != digest(event):
            raise EventConflictError(event.id)
        return Written(place=_There(entry.position), effective_at=entry.effective_at, duplicate=True)


def already(head: LogEntry, event: Event) -> Written | None:
    """What the record of *head* knows of *event*; ``None`` if it does not; raises ``EventConflictError``."""
    seen = next((seen for seen in head.record.seen if seen.event_id == event.id), None)
    if seen is None:
        return None
    if seen.digest != digest(event):
        raise EventConflictError(event.id)
    position = head.position if seen.position is None else seen.position
    return Written(place=_There(position), effective_at=seen.effective_at, duplicate=True)


def _placed(head: LogEntry | None) -> tuple[Seen, ...]:
    """The events that were seen, each with its position: the newest is known only by its entry."""
    if head is None:
        return ()
    return tuple(
        [structs.replace(seen, position=head.position) if seen.position is None else seen for seen in head.record.seen]
    )
