"""Entries of an export, appended to the draft of a log: what they say stays, where they are may change."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Final

from msgspec import UNSET, structs

from sidecar.consent.archive.lines import EntryLine, entry_of
from sidecar.consent.log import Batch, Draft, NewEntry, Receipt
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import Record
from sidecar.model.instant import Instant

_TOGETHER: Final = 1_000
"""Entries of a batch."""


class Restoring:
    """Appends the entries of an export to *draft*, in one thread; holds some 150 bytes a subject and 16 an entry."""

    def __init__(self, draft: Draft, pseudonyms: Pseudonyms) -> None:
        self._draft = draft
        self._pseudonyms = pseudonyms
        self._last: dict[bytes, int] = {}  # where each subject's last entry is now
        self._places = _Places()
        self._latest: int | None = None

    @property
    def entries(self) -> int:
        """How many entries were appended."""
        return len(self._places)

    @property
    def latest(self) -> Instant | None:
        """When the last entry was accepted."""
        return self._latest

    @property
    def subjects(self) -> int:
        """How many subjects they are about."""
        return len(self._last)

    def add(self, lines: Iterable[EntryLine]) -> None:
        """Append the entries that *lines* have, which come in the order of the old log."""
        lines = iter(lines)
        while some := tuple(islice(lines, _TOGETHER)):
            sent: dict[bytes, Receipt] = {}
            with self._draft.batch() as batch:
                for line in some:
                    self._append(batch, line, sent)
            self._last.update((pseudonym, receipt.position()) for pseudonym, receipt in sent.items())
            self._places.settle()

    def _append(self, batch: Batch, line: EntryLine, sent: dict[bytes, Receipt]) -> None:
        entry = self._entry(line)
        earlier = sent.get(entry.pseudonym)
        expected = self._last.get(entry.pseudonym) if earlier is None else earlier.position()
        receipt = batch.append(replace(entry, expected=expected))
        sent[entry.pseudonym] = receipt
        self._places.add(line.position, receipt)
        self._latest = entry.accepted_at

    def _entry(self, line: EntryLine) -> NewEntry:
        """What *line* says, all positions in it as they are now."""
        entry = entry_of(line)
        return NewEntry(
            pseudonym=entry.pseudonym,
            expected=None,
            event=entry.event,
            record=self._placed(entry.record),
            effective_at=entry.effective_at,
            accepted_at=entry.accepted_at,
            sealed=entry.sealed if line.subject is UNSET else self._pseudonyms.seal(line.subject),
        )

    def _placed(self, record: Record) -> Record:
        return structs.replace(
            record,
            seen=tuple(
                seen if seen.position is None else structs.replace(seen, position=self._places.now(seen.position))
                for seen in record.seen
            ),
        )


class _Places:
    """Where the entries of the old log are in the new one; both in the same order."""

    def __init__(self) -> None:
        self._old = array("q")
        self._new = array("q")
        self._pending: list[Receipt] = []  # of the last ones of ``_old``

    def __len__(self) -> int:
        return len(self._old)

    def add(self, old: int, receipt: Receipt) -> None:
        """The entry that was at *old* is where *receipt* says."""
        self._old.append(old)
        self._pending.append(receipt)

    def settle(self) -> None:
        """All receipts have their positions: keep only these."""
        self._new.extend(receipt.position() for receipt in self._pending)
        self._pending.clear()

    def now(self, old: int) -> int:
        """Where the entry at *old* is; of one that an erasure removed, where the last one before it is, or 0."""
        index = bisect_right(self._old, old) - 1
        if index < 0:
            return 0
        known = len(self._new)
        return self._new[index] if index < known else self._pending[index - known].position()
