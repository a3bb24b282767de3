"""A log to lines, a slice at a time, while others go on appending to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.consent.archive.lines import Codes, EntryLine, Footer, Header, entry_line, to_line
from sidecar.consent.log import ConsentLog, LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.revision import Revision
from sidecar.errors import LogLostError, RequestError
from sidecar.model.instant import Instant, to_datetime

_ENTRIES_AT_ONCE: Final = 256
_WEIGHT_AT_ONCE: Final = 2_048
"""Entries, and choices in their records, that go together: some hundred kilobytes of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Some lines of an export, in their order."""

    lines: tuple[bytes, ...]  # without line breaks
    position: int  # up to here the entries are among the lines so far
    last: int  # where the log ends, as far as is known


class Export:
    """Exports a log. Safe for any number of threads."""

    def __init__(self, log: ConsentLog, pseudonyms: Pseudonyms) -> None:
        self._log = log
        self._pseudonyms = pseudonyms

    def after(self, revision: str, *, field: str) -> int:
        """The position that *revision* stands for, 0 for an empty one; ``RequestError`` naming *field*.

        An increment can only follow what this very log has.
        """
        if not revision:
            return 0
        parsed = Revision.parse(revision, field=field)
        if parsed.log_id != self._log.log_id:
            raise RequestError(field, f"a revision of another log; this one is {self._log.log_id}: export it whole")
        if parsed.position > self._log.last_position():
            raise RequestError(field, "the log does not reach that far; pass a revision on exactly as it was returned")
        return parsed.position

    def part(self, *, after: int, subjects: bool, now: Instant) -> Iterator[Exported]:
        """One part: every entry behind position *after*, those too that are appended until its end.

        With *subjects* the ids of people are in the clear. Raises ``ConsentLogError``, then the part has no footer.
        Whom an erasure removes meanwhile leaves a tombstone behind all that was read of them, so the part goes on until
        there is nothing more: ended earlier, it could have somebody's yes without the no that came later.
        """
        log, codes = self._log, Codes(self._pseudonyms.authenticate)
        log_id, through, count = log.log_id, after, 0
        header = Header(
            log_id=log_id,
            key_id=self._pseudonyms.key_id,
            descends_from=log.descends_from,
            backend=log.backend,
            after=after,
            exported_at=to_datetime(now),
        )
        last = max(after, log.last_position())
        yield Exported(lines=(to_line(header, codes),), position=after, last=last)
        while entries := log.entries(after=through, limit=_ENTRIES_AT_ONCE):
            for some in _some_at_a_time(entries):
                lines = tuple(to_line(self._line(entry, subjects=subjects), codes) for entry in some)
                through, count = some[-1].position, count + len(some)
                yield Exported(lines=lines, position=through, last=max(last, through))
        if log.log_id != log_id:
            raise LogLostError("the consent log became another one while it was exported")
        footer = Footer(through=through, entries=count)
        yield Exported(lines=(to_line(footer, codes),), position=through, last=through)

    def _line(self, entry: LogEntry, *, subjects: bool) -> EntryLine:
        return entry_line(entry, subject=self._pseudonyms.unseal(entry.sealed) if subjects and entry.sealed else None)


def _some_at_a_time(entries: Sequence[LogEntry]) -> Iterator[Sequence[LogEntry]]:
    """*entries* in pieces that fit into a message: a full record is some tens of kilobytes, most are far smaller."""
    begin, weight = 0, 0
    for end, entry in enumerate(entries):
        weight += 1 + len(entry.record.entries)
        if weight >= _WEIGHT_AT_ONCE:
            yield entries[begin : end + 1]
            begin, weight = end + 1, 0
    if begin < len(entries):
        yield entries[begin:]
