"""The ledger: takes events in, one writer at a time; what it returns is durable and in the cache."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from sidecar.consent.archive.export import Export
from sidecar.consent.limits import EVERYONE, MAX_EVENT_ID_BYTES, check_event, check_subject, check_text
from sidecar.consent.linking import RECENT, Linking, refuse_own
from sidecar.consent.log import ConsentLog, LogEntry
from sidecar.consent.notes import notes_of
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Record
from sidecar.consent.revision import Revision
from sidecar.consent.turns import Turns
from sidecar.consent.view.cache import ConsentCache
from sidecar.consent.view.contact import REPLACED
from sidecar.consent.writing import LIVE, Terms, Writing, Written, already
from sidecar.errors import (
    ConsentLogError,
    EventConflictError,
    LogConflictError,
    LogLostError,
    RecordChangedError,
    RequestError,
)
from sidecar.model.catalog import Catalog
from sidecar.model.event import Erasure, Event, LinkTo, Submission
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import ANY, Actor
from sidecar.pace import BREATH_SECONDS, Pace

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
        self._linking = Linking(log, pseudonyms)
        self.export: Final = Export(log, pseudonyms)
        """Writes the log out."""
        self._turns = Turns()  # each lasts until the cache has it: two entries must not be applied in the other order

    def record(self, subject: str, event: Event, *, made_for: str | None = None) -> Recorded:
        """Record *event*; raises ``RequestError`` naming a field of the request, or ``EventConflictError``.

        One that was *made for* the record as it was at a revision (empty: before there was one) is only recorded there;
        else, and unless it has been recorded before, it raises ``RecordChangedError``.
        """
        check_subject(subject)
        check_event(event)
        refuse_own(event)
        _refuse_erasure(event)
        if made_for is None and isinstance(event.act, Submission) and event.act.form:
            raise RequestError("event.submission.form", "only a form that is saved has one, and lines of an import")
        return self._record(subject, event, made_for=made_for)

    def recorded(self, subject: str, event: Event) -> Recorded | None:
        """What recording *event* gave, if it was recorded; ``EventConflictError`` if its id was used otherwise."""
        check_subject(subject)
        with self._turns.take():
            found, log_id = self._committed(lambda writing: writing.already(self._pseudonyms.of(subject), event))
            return None if found is None else _recorded(found, log_id)

    def erase(self, subject: str, event_id: str, categories: Sequence[str] = ()) -> Recorded:
        """Forget *subject*, or only *categories* of their data; raises as ``record`` does.

        Of the whole person everything leaves the log but this entry, which keeps objections and the ids of events.
        """
        check_subject(subject)
        check_text("id", event_id, most=MAX_EVENT_ID_BYTES)
        if ANY in categories:
            raise RequestError("categories", "`*` is no category; name none to erase the person")
        event = Event(id=event_id, act=Erasure(categories=tuple(sorted(set(categories)))), actor=Actor.OPERATOR)
        try:
            refuse_own(event)
            return self._record(subject, event)
        except RequestError as error:
            field = error.field.removeprefix("erasure.").removeprefix("event.")
            raise RequestError(field, error.detail) from error

    def import_lines(self, lines: Sequence[ImportLine]) -> ImportOutcome:
        """Record past events, all together; a line that cannot be recorded is told of and spoils no other."""
        rejections: list[tuple[int, str]] = []
        ahead: list[int] = []
        ours: set[int] = set()  # places of lines that were appended, by an earlier attempt or this one

        def write_all(writing: Writing) -> list[Written]:
            rejections.clear()
            ahead.clear()
            writing.expect(self._subjects(lines))
            written: list[Written] = []
            pace = Pace(BREATH_SECONDS)
            for place, line in enumerate(lines):
                pace.rest()
                try:
                    written.append(_first_time(self._import_line(writing, line), place, ours))
                    if not written[-1].duplicate and (line.event.occurred_at or 0) > self._clock():
                        ahead.append(line.line)
                except (RequestError, EventConflictError) as error:
                    rejections.append((line.line, str(error)))
            return written

        with self._turns.take():
            written, log_id = self._committed(write_all)
        duplicates = sum(recorded.duplicate for recorded in written)
        return ImportOutcome(
            recorded=len(written) - duplicates,
            duplicates=duplicates,
            rejections=tuple(rejections),
            ahead=tuple(ahead),
            revision=str(Revision(log_id, max((each.place.position() for each in written), default=0))),
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
        refuse_own(event)
        return self._record(EVERYONE, event)

    def complete_links(self) -> None:
        """Have what linked ids say said by all of them, if whoever wrote it was cut off before.

        Of a log that other processes write to, at the start; whoever says something later does it too.
        """
        recent = self._log.entries(after=max(0, self._log.last_position() - RECENT), limit=RECENT)
        linked = {entry.pseudonym for entry in recent if entry.record.ties}
        while linked:
            family = self._completed(linked.pop())
            linked.difference_update(family)

    def _completed(self, pseudonym: bytes) -> tuple[bytes, ...]:
        def write(writing: Writing) -> tuple[bytes, ...]:
            self._linking.share(writing, pseudonym)
            return self._linking.family(writing, pseudonym)

        with self._turns.take():
            return self._committed(write)[0]

    def record_of(self, subject: str) -> tuple[str, Record]:
        """The revision that last changed the record of a subject or ``EVERYONE``, empty if none did, and the record."""
        if subject != EVERYONE:
            check_subject(subject)
        head = self._log.head(self._pseudonyms.of(subject))
        return ("", EMPTY) if head is None else (self._revision(head.position), head.record)

    def notes(self, subject: str, record: Record) -> dict[str, str]:
        """Why, in words, the events were sent that choices in *record* came with, by their ids; where that was said.

        *record* is that of the subject, or of ``EVERYONE``.
        """
        return notes_of(record, lambda after, limit: self.history(subject, after=after, limit=limit))

    def history(self, subject: str, *, after: int, limit: int) -> tuple[LogEntry, ...]:
        """At most *limit* entries of a subject or ``EVERYONE`` behind position *after*, oldest first."""
        if subject != EVERYONE:
            check_subject(subject)
        return self._log.history(self._pseudonyms.of(subject), after=after, limit=limit)

    def _record(self, subject: str, event: Event, *, made_for: str | None = None) -> Recorded:
        ours: set[int] = set()
        attempts: list[Writing] = []
        log_id = self._cache.log_id

        def write(writing: Writing) -> Written:
            attempts.append(writing)
            return _first_time(self._write(writing, subject, event, made_for=made_for), 0, ours)

        with self._turns.take():
            try:
                return _recorded(*self._committed(write))
            except ConsentLogError:
                if not any(attempt.tried for attempt in attempts):
                    raise  # without asking a log again that does not answer
                # Whether it got there is not known; the log knows.
                head = self._log.head(self._pseudonyms.of(subject))
                found = None if head is None else already(head, self._linking.recorded(event))
                if head is None or found is None:
                    raise
                self._log.ping()  # a log that was emptied has it too, and goes with it
                self._cache.apply((head,), now=self._clock(), log_id=log_id)
                return replace(_recorded(found, log_id), duplicate=False)

    def _committed(self, write: Callable[[Writing], _Result]) -> tuple[_Result, str]:
        """What *write* returns, once all that it appended is durable and in the cache; and in which log that is."""
        attempts = 0
        log_id = self._cache.log_id
        while True:
            writing: Writing | None = None
            try:
                self._require_log(log_id)
                with self._log.batch() as batch:
                    writing = Writing(batch, self._pseudonyms, catalog=self._catalog, clock=self._clock)
                    result = write(writing)
                self._require_log(log_id)  # else the positions are not those of the view
                # What was found counts too: whoever sent it first may have been cut off before the cache had it.
                self._cache.apply(writing.heads(), now=self._clock(), log_id=log_id)
            except LogConflictError:
                attempts += 1
                if attempts == _ATTEMPTS:
                    raise
            except BaseException:
                if writing is not None:
                    self._reread(writing.subjects, log_id)
                raise
            else:
                return result, log_id

    def _require_log(self, log_id: str) -> None:
        """What is appended to a log that nobody follows would be acknowledged and never seen."""
        why = self._cache.lost
        if why or self._cache.log_id != log_id:
            raise LogLostError(why or REPLACED)

    def _reread(self, pseudonyms: Iterable[bytes], log_id: str) -> None:
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
                    self._cache.apply((head,), now=self._clock(), log_id=log_id)

    def _import_line(self, writing: Writing, line: ImportLine) -> Written:
        check_subject(line.subject)
        check_event(line.event)
        refuse_own(line.event)
        _refuse_erasure(line.event)
        return self._write(writing, line.subject, line.event, Terms(importing=True, occurred_at=line.event.occurred_at))

    def _write(
        self, writing: Writing, subject: str, event: Event, terms: Terms = LIVE, *, made_for: str | None = None
    ) -> Written:
        if isinstance(event.act, LinkTo):
            if terms.importing and event.occurred_at is None:
                raise RequestError("event.occurred_at", "an imported event must say when it happened")
            return self._linking.link(writing, subject, event)
        pseudonym = self._pseudonyms.of(subject)
        found = writing.already(pseudonym, event)
        if found is not None:
            return found
        head = writing.head(pseudonym)
        if made_for not in (None, "" if head is None else self._revision(head.position)):
            raise RecordChangedError
        if head is not None and head.record.ties:
            self._linking.share(writing, pseudonym, event, terms)
        if subject == EVERYONE and event.occurred_at is not None:
            terms = Terms(not_before=event.occurred_at)  # of a hold in the log, by a clock that may be ahead
        return writing.append(pseudonym, event, subject=subject, terms=terms)

    def _revision(self, position: int) -> str:
        return str(Revision(self._log.log_id, position))


def _recorded(written: Written, log_id: str) -> Recorded:
    return Recorded(
        revision=str(Revision(log_id, written.place.position())),
        effective_at=written.effective_at,
        duplicate=written.duplicate,
    )


def _first_time(written: Written, place: int, ours: set[int]) -> Written:
    """*written*, which is no repetition if an attempt before appended what is at *place*; remembers who did."""
    if not written.duplicate:
        ours.add(place)
        return written
    return replace(written, duplicate=place not in ours)


def _refuse_erasure(event: Event) -> None:
    if isinstance(event.act, Erasure):
        raise RequestError("event", "an erasure is not an event to record; erase instead")
