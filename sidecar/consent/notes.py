"""Why events were sent, in words: records do not say it, their events do."""

from collections.abc import Callable, Sequence
from typing import Final

from sidecar.consent.log import LogEntry
from sidecar.consent.record import Record

History = Callable[[int, int], Sequence[LogEntry]]
"""Takes a position and a number: at most so many entries of one subject behind that position, oldest first."""

_PAGE: Final = 128


def notes_of(record: Record, history: History) -> dict[str, str]:
    """The notes of the events that choices in *record* came with, by their ids; *history* is that of the subject.

    Of a long history only the parts are read in which these events are: a record knows where the last ones are.
    """
    wanted = {entry.event_id for entry in record.entries}
    places = {seen.event_id: seen.position for seen in record.seen}
    known = [position for position in places.values() if position is not None]
    newest = max(known, default=0) + 1  # or behind that: the last one does not know where it is
    notes = _found(wanted - places.keys(), history, after=0, before=min(known, default=0))
    lately = [places[event_id] or newest for event_id in wanted & places.keys()]
    return notes | _found(wanted & places.keys(), history, after=min(lately, default=0) - 1, before=None)


def _found(wanted: set[str], history: History, *, after: int, before: int | None) -> dict[str, str]:
    """The notes of the *wanted* events that are behind *after*, and in front of *before* unless that is ``None``."""
    notes: dict[str, str] = {}
    while wanted and (before is None or after < before) and (page := history(after, _PAGE)):
        notes.update((entry.event.id, entry.event.note) for entry in page if entry.event.id in wanted)
        wanted = wanted - {entry.event.id for entry in page}
        after = page[-1].position
    return {event_id: note for event_id, note in notes.items() if note}
