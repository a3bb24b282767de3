"""Lines of an import, and what the cache is asked about whoever they are about."""

from sidecar.consent.ledger import ImportLine
from sidecar.consent.log import LogEntry
from sidecar.consent.profile import resolve
from sidecar.model.event import Event
from tests.unit.consent.desk import NOW, Desk

PAST = NOW - 10**12


def ids(entries: tuple[LogEntry, ...]) -> list[str]:
    """The ids of their events."""
    return [entry.event.id for entry in entries]


def line(number: int, subject: str, event: Event) -> ImportLine:
    """A line of an import."""
    return ImportLine(line=number, subject=subject, event=event)


def standing_is_current(at_work: Desk, subject: str) -> bool:
    """Whether the cache says of *subject* what the log says."""
    _, record = at_work.ledger.record_of(subject)
    return resolve(record, at_work.now) == at_work.cache.lookup(at_work.cache.pseudonym(subject))
