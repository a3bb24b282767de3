"""The ledger: takes events in, one writer at a time; what it returns is durable and in the cache."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, NamedTuple, TypeVar

from sidecar.consent.archive.export import Export
from sidecar.consent.codec import digest
from sidecar.consent.fold import fold
from sidecar.consent.limits import EVERYONE, MAX_EVENT_ID_BYTES, check_event, check_subject, check_text
from sidecar.consent.log import Batch, ConsentLog, LogEntry, NewEntry, Receipt, erases_person
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, MAX_SEEN, Record, Seen
from sidecar.consent.revision import Revision
from sidecar.consent.view.cache import ConsentCache
from sidecar.errors import (
    ConsentLogError,
    EventConflictError,
    LogConflictError,
    LogLostError,
    RecordChangedError,
    RequestError,
)
from sidecar.model.catalog import Catalog
from sidecar.model.event import Erasure, Event, Submission
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import ANY, Actor

_Result = TypeVar("_Result")

_ATTEMPTS: Final = 16
"""How often to start again when others keep appending first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event that is durable and in the cache."""

    revision: str
    effective_at: Instant
    duplicate: bool  # it had been recorded before; the other fields are those of the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine:
    """One line of an import."""

    line: int  # its number in the source
    subject: str
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of a batch of lines."""

    recorded: int
    duplicates: int
    rejections: tuple[tuple[int, str], ...]  # (line, why)
    ahead: tuple[int, ...]  # lines recorded now whose time lay ahead: they count from now
    revision: str  # has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
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


class _Writing:
    """A batch, and the last entry that it appended, or found to be there already, for each subject."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._sent: dict[bytes, tuple[NewEntry, Receipt]] = {}
        self.found: dict[bytes, LogEntry] = {}

    @property
    def subjects(self) -> tuple[bytes, ...]:
        """The pseudonyms of all whom it is about."""
        return (*self.found, *self._sent)

    def appended(self) -> Iterator[LogEntry]:
        """The last entry that it appended for each subject; waits for their positions."""
        return (entry.at(receipt.position()) for entry, receipt in self._sent.values())

    def expect(self, pseudonyms: Iterable[bytes]) -> None:
        """Let the last entries of these subjects be read together."""
        self._batch.expect(pseudonyms)

    def head(self, pseudonym: bytes) -> LogEntry | None:
        """The subject's last entry, those of this batch included."""
        sent = self._sent.get(pseudonym)
        return self._batch.head(pseudonym) if sent is None else sent[0].at(sent[1].position())

    def find(self, pseudonym: bytes, event_id: str) -> LogEntry | None:
        """The subject's entry with this event, however old."""
        return self._batch.find(pseudonym, event_id)

    def append(self, entry: NewEntry) -> Receipt:
        """Append *entry*."""
        receipt = self._batch.append(entry)
        self._sent[entry.pseudonym] = entry, receipt
        return receipt


class Ledger:
    """Records events of subjects. Safe for any number of threads; they take turns.

    Whatever fails, nothing is acknowledged that is not durable, and sending an event again under its id is safe. Every
    method may raise ``ConsentLogError``.
    """

    def __init__(
        self,
        log: ConsentLog,
        cache: ConsentCache,
        pseudonyms: Pseudonyms,
        *,
        catalog: Callable[[], Catalog],
        clock: Callable[[], Instant],
    ) -> None:
        self._log = log
        self._cache = cache
        self._pseudonyms = pseudonyms
        self._catalog = catalog
        self._clock = clock
        self.export: Final = Export(log, pseudonyms)
        """Writes the log out."""
        self._turn = Lock()  # held until the cache has it: two entries must not be applied in the other order

    def record(self, subject: str, event: Event, *, made_for: str | None = None) -> Recorded:
        """Record *event*; raises ``RequestError`` naming a field of the request, or ``EventConflictError``.

        One that was *made for* the record as it was at a revision (empty: before there was one) is only recorded there;
        else, and unless it has been recorded before, it raises ``RecordChangedError``.
        """
        check_subject(subject)
        check_event(event)
        _refuse_erasure(event)
        if made_for is None and isinstance(event.act, Submission) and event.act.form:
            raise RequestError("event.submission.form", "only a form that is saved has one, and lines of an import")
        return self._record(subject, event, made_for=made_for)

    def recorded(self, subject: str, event: Event) -> Recorded | None:
        """What recording *event* gave, if it was recorded; ``EventConflictError`` if its id was used otherwise."""
        check_subject(subject)
        with self._turn:
            found = self._committed(lambda writing: self._repeated(writing, self._pseudonyms.of(subject), event))
            return None if found is None else self._recorded(found)

    def erase(self, subject: str, event_id: str, categories: Sequence[str] = ()) -> Recorded:
        """Forget *subject*, or only *categories* of their data; raises as ``record`` does.

        Of the whole person everything leaves the log but this entry, which keeps objections and the ids of events.
        """
        check_subject(subject)
        check_text("id", event_id, most=MAX_EVENT_ID_BYTES)
        if ANY in categories:
            raise RequestError("categories", "`*` is no category; name none to erase the person")
        act = Erasure(categories=tuple(sorted(set(categories))))
        try:
            return self._record(subject, Event(id=event_id, act=act, actor=Actor.OPERATOR))
        except RequestError as error:
            raise RequestError(error.field.removeprefix("erasure."), error.detail) from error

    def import_lines(self, lines: Sequence[ImportLine]) -> ImportOutcome:
        """Record past events, all together; a line that cannot be recorded is told of and spoils no other."""
        rejections: list[tuple[int, str]] = []
        ahead: list[int] = []
        ours: set[int] = set()  # places of lines that were appended, by an earlier attempt or this one

        def write_all(writing: _Writing) -> list[_Written]:
            rejections.clear()
            ahead.clear()
            writing.expect(self._subjects(lines))
            written = []
            for place, line in enumerate(lines):
                try:
                    written.append(_first_time(self._import_line(writing, line), place, ours))
                    if not written[-1].duplicate and (line.event.occurred_at or 0) > self._clock():
                        ahead.append(line.line)
                except (RequestError, EventConflictError) as error:
                    rejections.append((line.line, str(error)))
            return written

        with self._turn:
            written = self._committed(write_all)
        duplicates = sum(recorded.duplicate for recorded in written)
        return ImportOutcome(
            recorded=len(written) - duplicates,
            duplicates=duplicates,
            rejections=tuple(rejections),
            ahead=tuple(ahead),
            revision=self._revision(max((each.place.position() for each in written), default=0)),
        )

    def _subjects(self, lines: Sequence[ImportLine]) -> Iterator[bytes]:
        """The pseudonyms of all whom *lines* are about, where their ids are well formed."""
        for subject in {line.subject for line in lines}:
            with contextlib.suppress(RequestError):
                check_subject(subject)
                yield self._pseudonyms.of(subject)

    def record_for_everyone(self, event: Event) -> Recorded:
        """Record *event*, a restriction or a lifting, of everyone; raises as ``record`` does. See ``holds``."""
        check_event(event)
        return self._record(EVERYONE, event)

    def record_of(self, subject: str) -> tuple[str, Record]:
        """The revision that last changed the record of a subject or ``EVERYONE``, empty if none did, and the record."""
        if subject != EVERYONE:
            check_subject(subject)
        head = self._log.head(self._pseudonyms.of(subject))
        return ("", EMPTY) if head is None else (self._revision(head.position), head.record)

    def history(self, subject: str, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of a subject or ``EVERYONE`` behind position *after*, oldest first."""
        if subject != EVERYONE:
            check_subject(subject)
        return self._log.history(self._pseudonyms.of(subject), after=after, limit=limit)

    def _record(self, subject: str, event: Event, *, made_for: str | None = None) -> Recorded:
        ours: set[int] = set()

        def write(writing: _Writing) -> _Written:
            return _first_time(self._write(writing, subject, event, made_for=made_for), 0, ours)

        with self._turn:
            try:
                return self._recorded(self._committed(write))
            except ConsentLogError:
                # Whether it got there is not known; the log knows.
                head = self._log.head(self._pseudonyms.of(subject))
                found = self._already(head, event)
                if head is None or found is None:
                    raise
                self._cache.apply((head,), now=self._clock())
                return replace(self._recorded(found), duplicate=False)

    def _committed(self, write: Callable[[_Writing], _Result]) -> _Result:
        """What *write* returns, once all that it appended is durable and in the cache."""
        attempts = 0
        log_id = self._cache.log_id
        while True:
            writing: _Writing | None = None
            try:
                self._require_log(log_id)
                with self._log.batch() as batch:
                    writing = _Writing(batch)
                    result = write(writing)
                self._require_log(log_id)  # else the positions are not those of the view
                # What was found counts too: whoever sent it first may have been cut off before the cache had it.
                self._cache.apply((*writing.found.values(), *writing.appended()), now=self._clock())
            except LogConflictError:
                attempts += 1
                if attempts == _ATTEMPTS:
                    raise
            except BaseException:
                if writing is not None:
                    self._reread(writing.subjects)
                raise
            else:
                return result

    def _require_log(self, log_id: str) -> None:
        """What is appended to a log that nobody follows would be acknowledged and never seen."""
        why = self._cache.lost
        if why or self._cache.log_id != log_id:
            raise LogLostError(why or "the consent log was replaced meanwhile; send the event again")

    def _reread(self, pseudonyms: Iterable[bytes]) -> None:
        """Take over what a batch of unknown outcome may have left in the log: durable must never mean unseen.

        What cannot be read now is read before it is next used, or denied.
        """
        self._cache.distrust(pseudonyms)
        with contextlib.suppress(ConsentLogError):
            for pseudonym in pseudonyms:
                head = self._log.head(pseudonym)
                if head is None:
                    self._cache.refresh(pseudonym, now=self._clock())
                else:
                    self._cache.apply((head,), now=self._clock())

    def _import_line(self, writing: _Writing, line: ImportLine) -> _Written:
        check_subject(line.subject)
        check_event(line.event)
        _refuse_erasure(line.event)
        return self._write(writing, line.subject, line.event, importing=True)

    def _write(
        self, writing: _Writing, subject: str, event: Event, *, importing: bool = False, made_for: str | None = None
    ) -> _Written:
        pseudonym = self._pseudonyms.of(subject)
        found = self._repeated(writing, pseudonym, event)
        if found is not None:
            return found
        head = writing.head(pseudonym)
        if made_for not in (None, "" if head is None else self._revision(head.position)):
            raise RecordChangedError
        record = EMPTY if head is None else head.record
        accepted_at = self._clock()
        if subject == EVERYONE and event.occurred_at is not None:
            accepted_at = max(accepted_at, event.occurred_at)  # of a hold in the log, by a clock that may be ahead
        folded = fold(record, event, accepted_at=accepted_at, catalog=self._catalog(), importing=importing)
        seen = Seen(event_id=event.id, digest=digest(event), position=None, effective_at=folded.effective_at)
        sealed = b"" if head is None else head.sealed
        place = writing.append(
            NewEntry(
                pseudonym=pseudonym,
                expected=None if head is None else head.position,
                event=event,
                record=replace(folded.record, seen=(*_placed(head), seen)[-MAX_SEEN:]),
                effective_at=folded.effective_at,
                accepted_at=accepted_at,
                sealed=b"" if erases_person(event) else sealed or self._pseudonyms.seal(subject),
            )
        )
        return _Written(place=place, effective_at=folded.effective_at, duplicate=False)

    def _repeated(self, writing: _Writing, pseudonym: bytes, event: Event) -> _Written | None:
        """What recording *event* gave the first time; ``None`` if it was not; raises ``EventConflictError``."""
        head = writing.head(pseudonym)
        found = self._already(head, event) or self._long_ago(writing, head, event)
        if head is not None and found is not None:
            writing.found[pseudonym] = head
        return found

    def _already(self, head: LogEntry | None, event: Event) -> _Written | None:
        """What recording *event* gave the first time; ``None`` if it was not; raises ``EventConflictError``."""
        seen = None if head is None else next((s for s in head.record.seen if s.event_id == event.id), None)
        if head is None or seen is None:
            return None
        if seen.digest != digest(event):
            raise EventConflictError(event.id)
        position = head.position if seen.position is None else seen.position
        return _Written(place=_There(position), effective_at=seen.effective_at, duplicate=True)

    def _long_ago(self, writing: _Writing, head: LogEntry | None, event: Event) -> _Written | None:
        """Like ``_already``, for an event that the record may have forgotten: the log of the subject has it."""
        if head is None or len(head.record.seen) < MAX_SEEN:
            return None
        entry = writing.find(head.pseudonym, event.id)
        if entry is None:
            return None
        if digest(entry.event) != digest(event):
            raise EventConflictError(event.id)
        return _Written(place=_There(entry.position), effective_at=entry.effective_at, duplicate=True)

    def _recorded(self, written: _Written) -> Recorded:
        return Recorded(
            revision=self._revision(written.place.position()),
            effective_at=written.effective_at,
            duplicate=written.duplicate,
        )

    def _revision(self, position: int) -> str:
        return str(Revision(self._log.log_id, position))


def _first_time(written: _Written, place: int, ours: set[int]) -> _Written:
    """*written*, which is no repetition if an attempt before appended what is at *place*; remembers who did."""
    if not written.duplicate:
        ours.add(place)
        return written
    return replace(written, duplicate=place not in ours)


def _placed(head: LogEntry | None) -> tuple[Seen, ...]:
    """The events that were seen, each with its position: the newest is known only by its entry."""
    if head is None:
        return ()
    return tuple(replace(seen, position=head.position) if seen.position is None else seen for seen in head.record.seen)


def _refuse_erasure(event: Event) -> None:
    if isinstance(event.act, Erasure):
        raise RequestError("event", "an erasure is not an event to record; erase instead")
