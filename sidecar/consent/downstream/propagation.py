"""Which sidecars and consumers have applied one change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.consent.limits import MAX_EVENT_ID_BYTES, check_subject, check_text
from sidecar.consent.log import ConsentLog, Follower, LogEntry
from sidecar.consent.view.cache import ConsentCache
from sidecar.errors import RequestError
from sidecar.model.instant import Instant

_PAGE: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a follower has come; without a position it never said."""

    kind: Follower
    name: str
    position: int | None = None
    at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry by its position; without *accepted_at* it is not there, or not any more."""

    position: int
    accepted_at: Instant | None


class Propagation:
    """Looks it up in the log. Safe for any number of threads; every method may raise ``ConsentLogError``."""

    def __init__(self, log: ConsentLog, cache: ConsentCache, consumers: Sequence[str]) -> None:
        self._log = log
        self._cache = cache
        self._consumers = consumers

    def at(self, position: int) -> Place:
        """The entry at *position*; raises ``RequestError`` if the log has not come that far."""
        if position > self._cache.applied and position > self._log.last_position():
            raise RequestError("revision", "the log has not come that far")
        found = self._log.entries(after=position - 1, limit=1) if position else ()
        there = bool(found) and found[0].position == position
        return Place(position=position, accepted_at=found[0].accepted_at if there else None)

    def of(self, subject: str, event_id: str) -> Place:
        """The entry of the event *event_id* of *subject*; raises ``RequestError`` if there is none."""
        check_subject(subject)
        check_text("event_id", event_id, most=MAX_EVENT_ID_BYTES)
        pseudonym = self._cache.pseudonym(subject)
        head = self._log.head(pseudonym)
        position = None if head is None else _seen(head, event_id) or self._long_ago(pseudonym, event_id)
        if position is None:
            raise RequestError("event_id", "no such event of that subject was recorded")
        return self.at(position)

    def followers(self) -> tuple[Reached, ...]:
        """Everyone who ever said how far they are, and every consumer that is known; sidecars first, then by name."""
        marks = {(mark.kind, mark.name): mark for mark in self._log.marks()}
        unheard = {(Follower.CONSUMER, name) for name in self._consumers} - set(marks)
        reached = [
            *(Reached(kind=mark.kind, name=mark.name, position=mark.position, at=mark.at) for mark in marks.values()),
            *(Reached(kind=kind, name=name) for kind, name in unheard),
        ]
        return tuple(sorted(reached, key=lambda one: (one.kind is Follower.CONSUMER, one.name)))

    def _long_ago(self, pseudonym: bytes, event_id: str) -> int | None:
        """The position of an event that the record has forgotten; ``None`` if the log does not have it either."""
        after = 0
        while entries := self._log.history(pseudonym, after=after, limit=_PAGE):
            for entry in entries:
                if entry.event.id == event_id:
                    return entry.position
            after = entries[-1].position
        return None


def _seen(head: LogEntry, event_id: str) -> int | None:
    """The position of an event that the record still knows; the newest is known by its entry."""
    for seen in head.record.seen:
        if seen.event_id == event_id:
            return head.position if seen.position is None else seen.position
    return None
