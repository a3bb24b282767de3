"""Linked ids of one person: what one of them says no to, all of them have said no to (ADR-0027).

What is shared is written to every linked record when it is said, **to the others first and to the one that said it
last**: so what a record says itself, all that are linked to it say already, wherever the writing was cut off. Each
append names the subject's last entry that was read before; so whoever links meanwhile, or says something, is seen or
sees it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sidecar.consent.log import ConsentLog, LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import MAX_SEEN, Entry, Kind, Record, Tie
from sidecar.consent.writing import LIVE, Terms, Writing, Written
from sidecar.errors import RequestError
from sidecar.model.event import Event, Link, LinkTo, No, Shared
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import NoKind

MAX_LINKED: Final = 16
"""Ids that may be linked together, by way of others too."""

PREFIX: Final = "linked:"
"""What the ids of events begin with that the log makes itself."""

RECENT: Final = 10_000
"""Entries, from the end of a log, whose subjects' links are looked at when a sidecar starts."""

_IN_THE_MAKING: Final = 3_600 * SECOND
"""What is not linked from both sides for longer was cut off, and never acknowledged, or has been forgotten since."""

_CODE_CHARACTERS: Final = 32
_NOES: Final = frozenset(Kind(kind.value) for kind in NoKind)
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one event said no to, wherever it was first recorded."""

    at: Instant
    event: Event  # as others record it, but for its id


class Linking:
    """Links ids and shares what they say no to. Safe for any number of threads, each with a writing of its own."""

    def __init__(self, log: ConsentLog, pseudonyms: Pseudonyms) -> None:
        self._log = log
        self._pseudonyms = pseudonyms

    def recorded(self, event: Event) -> Event:
        """*event* as a log has it: a link names the other's pseudonym."""
        if not isinstance(event.act, LinkTo):
            return event
        return replace(event, act=Link(other=self._pseudonyms.of(event.act.other_subject)))

    def link(self, writing: Writing, subject: str, event: Event) -> Written:
        """Append *event*, a ``LinkTo`` of *subject*, to both records, once what was said so far is exchanged.

        It counts from now, whenever it happened. Raises ``RequestError`` if the other is the subject itself, or if too
        many would be linked.
        """
        assert isinstance(event.act, LinkTo)
        own, other = self._pseudonyms.of(subject), self._pseudonyms.of(event.act.other_subject)
        if own == other:
            raise RequestError("event.link.other_subject", "is the subject itself")
        found = writing.already(own, self.recorded(event))
        if found is not None:
            return found
        together = {*self.family(writing, own), *self.family(writing, other)}
        if len(together) > MAX_LINKED:
            raise RequestError(
                "event.link.other_subject",
                f"{len(together)} ids would be linked, by way of others too; at most {MAX_LINKED} may be",
            )
        writing.introduce(subject, event.act.other_subject)
        there = replace(event, act=Link(other=other, era=_era(writing.head(other))))
        self._exchange(writing, together)
        mine, theirs = writing.head(own), writing.head(other)
        if not _tied(theirs, own, mine):
            act = Link(other=own, era=_era(mine))
            back = replace(event, id=self._shared_id(self._code(own, event.id), theirs), act=act)
            writing.append(other, back).place.position()
        return writing.append(own, there)

    def share(self, writing: Writing, pseudonym: bytes, event: Event | None = None, terms: Terms = LIVE) -> None:
        """Have all that is linked to a subject say what any of them says no to, and what *event* is about to.

        Raises as ``fold`` does, before anything is appended, if *event* would be refused.
        """
        family = self.family(writing, pseudonym)
        news: dict[str, _Said] = {}
        if event is not None:
            writing.folded(pseudonym, event, terms)
            news = dict(self._said(pseudonym, writing.alone(event, terms).record))
        self._exchange(writing, family, news=news, source=pseudonym, terms=terms)

    def family(self, writing: Writing, pseudonym: bytes) -> tuple[bytes, ...]:
        """Who is linked to a subject, by way of others too, the subject included."""
        heads = {pseudonym: writing.head(pseudonym)}
        waiting = [pseudonym]
        while waiting:
            one = waiting.pop()
            head = heads[one]
            ties = () if head is None else head.record.ties
            writing.expect(tie.other for tie in ties if tie.other not in heads)
            for tie in ties:
                if tie.other not in heads and _holds(tie, one, writing):
                    heads[tie.other] = writing.head(tie.other)
                    waiting.append(tie.other)
        return tuple(heads)

    def _exchange(
        self,
        writing: Writing,
        family: Iterable[bytes],
        *,
        news: Mapping[str, _Said] | None = None,
        source: bytes = b"",
        terms: Terms = LIVE,
    ) -> None:
        """Append to each what it lacks of what any of them says, and of *news*, which *source* is about to say."""
        members = tuple(family)
        said = dict(news or {})
        for member in members:
            head = writing.head(member)
            said.update(() if head is None else self._said(member, head.record))
        ordered = sorted(said.items(), key=lambda item: (item[1].at, item[0]))
        for member in members:
            head = writing.head(member)
            lacking = {code for code, _ in ordered} - (self._known(head) if head is not None else set())
            lacking -= set(news or {}) if member == source else set()
            if lacking and head is not None and len(head.record.seen) >= MAX_SEEN:
                lacking -= self._long_known(member)
            for code, one in ordered:
                if code in lacking:
                    shared = replace(one.event, id=self._shared_id(code, head), occurred_at=terms.occurred_at)
                    writing.append(member, shared, terms=terms)
            if not lacking and head is not None:
                writing.found(head)
        for member in members:
            writing.head(member)  # waits until it is there: what comes next is only said once all have this

    def _said(self, pseudonym: bytes, record: Record) -> Iterator[tuple[str, _Said]]:
        """What *record*, of that subject, says no to, by the code of the event that said it first."""
        events: dict[str, list[Entry]] = {}
        for entry in record.entries:
            if entry.kind in _NOES and not _lifted(entry, record):
                events.setdefault(entry.event_id, []).append(entry)
        for event_id, entries in events.items():
            noes = tuple(No(kind=NoKind(entry.kind.value), atom=entry.atom) for entry in entries)
            event = Event(id="", act=Shared(noes=noes), actor=entries[0].actor, method=entries[0].method)
            yield self._code(pseudonym, event_id), _Said(at=entries[-1].at, event=event)

    def _known(self, head: LogEntry) -> set[str]:
        """The codes of what a record has, as far as it remembers, since its person was last erased."""
        since = _era(head)
        ids = {entry.event_id for entry in head.record.entries if entry.at > since}
        ids |= {seen.event_id for seen in head.record.seen if seen.effective_at > since}
        return {self._code(head.pseudonym, event_id) for event_id in ids}

    def _long_known(self, pseudonym: bytes) -> set[str]:
        """The codes of all events that the log has of a subject; nothing is left of those before an erasure."""
        codes: set[str] = set()
        after = 0
        while page := self._log.history(pseudonym, after=after, limit=_PAGE):
            codes |= {self._code(pseudonym, entry.event.id) for entry in page}
            after = page[-1].position
        return codes

    def _code(self, pseudonym: bytes, event_id: str) -> str:
        """What tells an event of a subject apart, wherever it is shared; nobody can tell the subject by it."""
        if event_id.startswith(PREFIX):
            return event_id[len(PREFIX) :][:_CODE_CHARACTERS]
        return self._pseudonyms.authenticate(PREFIX.encode() + pseudonym + event_id.encode()).hex()

    @staticmethod
    def _shared_id(code: str, head: LogEntry | None) -> str:
        """The id under which a record has what is shared; another one after an erasure, for then it counts anew."""
        era = _era(head)
        return f"{PREFIX}{code}.{era}" if era else f"{PREFIX}{code}"


def refuse_own(event: Event) -> None:
    """Raise ``RequestError`` if only the log itself may say *event*."""
    if isinstance(event.act, Link | Shared):
        raise RequestError("event", "only the log itself records that; send what was said, and whom a link names")
    if event.id.startswith(PREFIX):
        raise RequestError("event.id", f"begins with `{PREFIX}`, as only ids do that the log makes itself")


def _era(head: LogEntry | None) -> Instant:
    """When the person was last erased; 0 for never."""
    return 0 if head is None or head.record.horizon is None else head.record.horizon


def _tied(head: LogEntry | None, other: bytes, others: LogEntry | None) -> bool:
    """Whether a record names *other*, as they are since they were last erased."""
    ties = () if head is None else head.record.ties
    return any(tie.other == other and tie.era == _era(others) for tie in ties)


def _holds(tie: Tie, one: bytes, writing: Writing) -> bool:
    """Whether *tie*, in the record of *one*, still links.

    Not if the other was erased since. One that only this record has may be in the making: the other is written next.
    """
    other = writing.head(tie.other)
    if tie.era != _era(other):
        return False
    made = other is not None and any(back.other == one for back in other.record.ties)
    return made or tie.at > writing.now() - _IN_THE_MAKING


def _lifted(entry: Entry, record: Record) -> bool:
    """Whether a restriction was lifted whole; what else may have been agreed to since is not shared."""
    return entry.kind is Kind.RESTRICTED and any(
        lifting.kind is Kind.LIFTED and lifting.at > entry.at and entry.atom.within(lifting.atom)
        for lifting in record.entries
    )
