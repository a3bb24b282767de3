"""How long the erasure of a person is remembered of whom there is nothing else to remember (ADR-0032)."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import structs

from sidecar.consent.log import ConsentLog, Follower, LogEntry, erases_person
from sidecar.consent.record import EMPTY
from sidecar.consent.view.cache import ConsentCache
from sidecar.model.instant import SECOND, Instant

DAY: Final = 86_400 * SECOND


def is_bare(entry: LogEntry) -> bool:
    """Whether *entry* erased a person and its record says nothing else: no objection, restriction, link or trait."""
    return erases_person(entry.event) and structs.replace(entry.record, horizon=None, latest_at=0, seen=()) == EMPTY


class Retention:
    """Forgets bare erasures that are older than *days*, once all *consumers* have acknowledged them."""

    def __init__(self, log: ConsentLog, cache: ConsentCache, *, days: float, consumers: Sequence[str]) -> None:
        self._log = log
        self._cache = cache
        self._kept = round(days * DAY)
        self._consumers = consumers

    def sweep(self, now: Instant, go_on: Callable[[], bool]) -> int:
        """Forget what may be forgotten at *now*; how many were. Asks often whether to *go_on*.

        Raises ``ConsentLogError``; what was forgotten until then stays so. May be cut short or repeated at any time,
        and done by several sidecars at once: whom another one forgot, this view forgets too.
        """
        acknowledged = self._acknowledged()
        forgotten = 0
        for pseudonyms in self._cache.erased():
            if not go_on():
                break
            for pseudonym in pseudonyms:
                if not go_on():
                    return forgotten
                forgotten += self._look(pseudonym, now, acknowledged)
        return forgotten

    def _look(self, pseudonym: bytes, now: Instant, acknowledged: float) -> bool:
        """Whether the subject was forgotten, now and here."""
        head = self._log.head(pseudonym)
        if head is not None:
            if head.position > acknowledged or head.accepted_at >= now - self._kept or not is_bare(head):
                return False
            if not self._log.forget(pseudonym, head.position):
                return False
        self._cache.refresh(pseudonym, now=now)
        return head is not None

    def _acknowledged(self) -> float:
        """The position up to which all consumers have applied everything; one that never came has nothing.

        Also those that only other sidecars of this log are configured to know: they have acknowledged something.
        """
        positions = {mark.name: mark.position for mark in self._log.marks(Follower.CONSUMER)}
        return min((positions.get(name, 0) for name in {*positions, *self._consumers}), default=float("inf"))
