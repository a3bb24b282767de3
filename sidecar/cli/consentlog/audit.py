"""An audit of the log of a running sidecar: its entries, then the view that answers are drawn from."""

from collections.abc import Iterable, Iterator
from itertools import islice
from time import sleep
from typing import Final

from sidecar.api.v1 import log_pb2
from sidecar.cli.connection import Connection, Method
from sidecar.cli.consentlog.part import EXPORT_ENTRIES, EntryProgress, cut_short, read_line
from sidecar.consent.archive.lines import EntryLine, Footer, Header, entry_of
from sidecar.consent.audit.differences import Difference, Kind
from sidecar.consent.audit.heads import Heads, Last
from sidecar.consent.audit.holes import DENSE, Holes
from sidecar.consent.audit.refold import Refolding
from sidecar.consent.audit.standings import UNHELD, digest_due
from sidecar.consent.packing import unpack
from sidecar.consent.pseudonym import PSEUDONYM_BYTES
from sidecar.consent.revision import Revision
from sidecar.model.catalog import Catalog
from sidecar.model.instant import DAY
from sidecar.transport.convert.instants import from_timestamp

CHECK_STANDINGS: Final = Method.of("LogService", "CheckStandings")

_TOGETHER: Final = 1_024
_ROUNDS: Final = 5
_ROUND_SECONDS: Final = 0.5
_KEPT: Final = 1_000
"""Differences that are kept; the others are counted."""


class Audit:
    """Goes through the log that *connection* leads to, its records made again under *catalog*; ``close`` it.

    *everybody* says whether the view is one of everybody whom the log has, and of nobody else.
    """

    def __init__(self, connection: Connection, catalog: Catalog, *, everybody: bool) -> None:
        self._connection = connection
        self._everybody = everybody
        self._heads = Heads()
        self.refolding: Final = Refolding(catalog, self._heads)
        self._holes: Holes | None = None
        self.log_id = ""
        self.through = 0
        self.differences: list[Difference] = []
        self.found = 0  # how many there are
        self.compared = 0  # people whose standing was
        self.unheld = 0  # people whose record the view reads before it next decides about them
        self.unsettled = 0  # people whose record kept changing

    @property
    def subjects(self) -> int:
        """How many people the log has something of."""
        return len(self._heads)

    def run(self, entries: EntryProgress, people: EntryProgress) -> None:
        """Look at everything; raises ``CommandError``."""
        self._read(entries)
        if self._holes is not None:
            self._take(self._holes.unaccounted())
        self._compare(people)

    def close(self) -> None:
        """Forget what was read."""
        self._heads.close()

    def _read(self, progress: EntryProgress) -> set[bytes]:
        """Go on through the log to its end; who changed."""
        changed: set[bytes] = set()
        after = f"{self.log_id}.{self.through}" if self.log_id else ""
        request = log_pb2.ExportEntriesRequest(after=after)
        for some in self._connection.listen(EXPORT_ENTRIES, request, log_pb2.ExportEntriesResponse):
            for line in map(read_line, some.lines):
                match line:
                    case Header():
                        self._begin(line)
                    case EntryLine():
                        changed.add(self._entry(line))
                    case Footer():
                        self.through = line.through
                        return changed
            progress(some.position, some.last_position)
        raise cut_short()

    def _begin(self, header: Header) -> None:
        if not self.log_id and header.backend in DENSE:
            answer = self._ask([bytes(PSEUDONYM_BYTES)])
            now = from_timestamp(answer.at, "at")
            self._holes = Holes(
                remembered_from=now - round(answer.tombstone_days * DAY) if answer.tombstone_days else None
            )
        self.log_id = header.log_id

    def _entry(self, line: EntryLine) -> bytes:
        entry = entry_of(line)
        difference = self.refolding.take(entry)
        if difference is not None:
            self._take([difference])
        if self._holes is not None:
            self._holes.take(entry)
        return entry.pseudonym

    def _compare(self, progress: EntryProgress) -> None:
        """Hold the view against the log; what changes meanwhile is looked at again."""
        total, done = self.subjects, 0
        suspects: list[bytes] = []
        everybody = self._heads.each()
        while batch := list(islice(everybody, _TOGETHER)):
            suspects.extend(last.pseudonym for last, _ in self._differing(batch))
            done += len(batch)
            progress(done, total)
        self.compared = total
        for number in range(_ROUNDS):
            if not suspects:
                break
            sleep(_ROUND_SECONDS * number)
            changed = self._read(lambda _done, _total: None)
            suspects = self._again(suspects, changed)
        self.unsettled = len(suspects)
        self._strangers()

    def _again(self, suspects: list[bytes], changed: set[bytes]) -> list[bytes]:
        """Compare *suspects* again; those that cannot be told about yet."""
        unsettled: list[bytes] = []
        for start in range(0, len(suspects), _TOGETHER):
            lasts = [self._heads.get(one) for one in suspects[start : start + _TOGETHER]]
            for last, behind in self._differing([last for last in lasts if last is not None]):
                if behind or last.pseudonym in changed:
                    unsettled.append(last.pseudonym)
                else:
                    message = "the view of consent does not hold what its record, the last of the person, says"
                    self._take([Difference(position=last.position, kind=Kind.STANDING, message=message)])
        return unsettled

    def _differing(self, batch: list[Last]) -> Iterator[tuple[Last, bool]]:
        """Those of whom the view holds something else, and whether it has not come so far yet."""
        answer = self._ask([last.pseudonym for last in batch])
        now, reached = from_timestamp(answer.at, "at"), Revision.parse(answer.revision)
        for last, digest in zip(batch, answer.digests, strict=True):
            if digest == UNHELD:
                self.unheld += 1
            elif digest != digest_due(unpack(last.record), now=now):
                yield last, reached.log_id == self.log_id and reached.position < last.position

    def _strangers(self) -> None:
        """Whether the view holds people whom the log does not have; told only once nothing changes meanwhile."""
        for _ in range(_ROUNDS if self._everybody else 0):
            held = self._ask([bytes(PSEUDONYM_BYTES)]).subjects
            if self._read(lambda _done, _total: None):
                continue
            if held > self.subjects:
                message = f"the view of consent holds {held} people, the log has {self.subjects}"
                self._take([Difference(position=self.through, kind=Kind.NOBODY, message=message)])
            return

    def _ask(self, pseudonyms: list[bytes]) -> log_pb2.CheckStandingsResponse:
        request = log_pb2.CheckStandingsRequest(pseudonyms=pseudonyms)
        return self._connection.call(CHECK_STANDINGS, request, log_pb2.CheckStandingsResponse)

    def _take(self, differences: Iterable[Difference]) -> None:
        for difference in differences:
            self.found += 1
            if len(self.differences) < _KEPT:
                self.differences.append(difference)
