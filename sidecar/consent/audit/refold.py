"""A log gone through from its beginning: is each record what its event makes of the record before?"""

from dataclasses import dataclass, field, replace

from msgspec import structs

from sidecar.consent.audit.differences import Difference, Kind
from sidecar.consent.audit.heads import Heads, Last
from sidecar.consent.codec import digest
from sidecar.consent.fold import Folded, fold
from sidecar.consent.lineage import current_atom
from sidecar.consent.log import LogEntry, erases_person
from sidecar.consent.packing import pack, unpack
from sidecar.consent.record import EMPTY, MAX_SEEN, Entry, Record, Seen, with_entries
from sidecar.consent.record import Kind as ChoiceKind
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog


@dataclass(slots=True)
class Counts:
    """How the entries came out."""

    entries: int = 0
    renamed: int = 0  # the same under names that the catalog has now
    unknown: int = 0  # the catalog lacks what the event names
    whys: dict[str, int] = field(default_factory=dict)  # what it lacks, and for how many entries


class Refolding:
    """Takes the entries of a log, in their order, and says which are not as they should be; for one thread.

    Records are made again under *catalog*. That it has changed since is no damage: entries whose names it lacks are
    counted, and names that it has otherwise are compared as they are called now.
    """

    def __init__(self, catalog: Catalog, heads: Heads) -> None:
        self._catalog = catalog
        self._heads = heads
        self.counts = Counts()

    def take(self, entry: LogEntry) -> Difference | None:
        """The next entry; what is wrong with it."""
        self.counts.entries += 1
        last = self._heads.get(entry.pseudonym)
        refolded: Record | None = None
        difference = _remembers(entry, last)
        if difference is None and last is None and erases_person(entry.event):
            difference = _voided(entry)  # what it was made from is gone, as it should be
        elif difference is None:
            difference, refolded = self._refold(entry, last)
        packed = None if refolded is None else pack(refolded)
        self._heads.put(Last(entry.pseudonym, entry.position, pack(entry.record), packed))
        return difference

    def _refold(self, entry: LogEntry, last: Last | None) -> tuple[Difference | None, Record | None]:
        """What is wrong with the record, and then what it should be."""
        made: list[Folded] = []
        try:
            for before in _before(last):
                made.extend(self._folded(entry, before))
        except RequestError as error:
            self.counts.unknown += 1
            self.counts.whys[str(error)] = self.counts.whys.get(str(error), 0) + 1
            return None, None
        records = [one for one in made if one.record == entry.record]
        if any(one.effective_at == entry.effective_at for one in records):
            return None, None
        if records:
            message = "it does not count from when it should"
            return Difference(position=entry.position, kind=Kind.EFFECTIVE_AT, message=message), None
        now = self._renamed(entry.record)
        if any(self._renamed(one.record) == now for one in made):
            self.counts.renamed += 1
            return None, None
        message = _differing(entry.record, made[0].record)
        return Difference(position=entry.position, kind=Kind.RECORD, message=message), made[0].record

    def _folded(self, entry: LogEntry, before: Record) -> list[Folded]:
        """What the event of *entry* makes of *before*: recorded, or imported; the log does not say which."""
        ways = (False, True) if entry.event.occurred_at is not None else (False,)
        folded, errors = [], []
        for importing in ways:
            try:
                made = fold(
                    before, entry.event, accepted_at=entry.accepted_at, catalog=self._catalog, importing=importing
                )
            except RequestError as error:
                errors.append(error)
            else:
                folded.append(replace(made, record=structs.replace(made.record, seen=entry.record.seen)))
        if not folded:
            raise errors[0]
        return folded

    def _renamed(self, record: Record) -> Record:
        """*record* under the names that the catalog has now."""
        renames = self._catalog.renames
        if not renames.touch_records:
            return record

        def renamed(one: Entry) -> Entry:
            notice = one.notice
            if notice is not None:
                notice = replace(notice, key=renames.notices.get(notice.key, notice.key))
            return structs.replace(one, atom=current_atom(one.atom, renames), notice=notice)

        return with_entries(record, map(renamed, record.entries))


def _before(last: Last | None) -> list[Record]:
    """The records that the next one may have been made from: after a difference either."""
    if last is None:
        return [EMPTY]
    packed = [last.record] if last.refolded is None else [last.refolded, last.record]
    return [unpack(one) for one in packed]


def _remembers(entry: LogEntry, last: Last | None) -> Difference | None:
    """What is wrong with the events that the record remembers; each record has those of the one before and its own."""
    seen = entry.record.seen
    own = Seen(event_id=entry.event.id, digest=digest(entry.event), position=None, effective_at=entry.effective_at)
    if last is None:
        if seen[-1:] != (own,):
            return _earlier(entry)
        if len(seen) > 1 and not erases_person(entry.event):
            return _missing(entry, "the entry")
        return None
    earlier = [
        structs.replace(one, position=last.position) if one.position is None else one
        for one in unpack(last.record).seen
    ]
    if seen == (*earlier, own)[-MAX_SEEN:]:
        return None
    before = seen[-2].position if len(seen) > 1 else None
    if before is not None and before > last.position:
        return _missing(entry, f"the entry at position {before}")
    return _earlier(entry)


def _missing(entry: LogEntry, what: str) -> Difference:
    message = f"{what} of the same person before it is missing"
    return Difference(position=entry.position, kind=Kind.MISSING, message=message)


def _earlier(entry: LogEntry) -> Difference:
    message = "its record does not remember the events of the entries before it, and its own"
    return Difference(position=entry.position, kind=Kind.EARLIER, message=message)


def _voided(entry: LogEntry) -> Difference | None:
    """What is wrong with an erasure before which nothing is left: it keeps objections, its horizon and ids."""
    record = entry.record
    kept = Record(
        entries=tuple(one for one in record.entries if one.kind is ChoiceKind.OBJECTED),
        horizon=entry.effective_at,
        latest_at=entry.effective_at,
        seen=record.seen,
    )
    if record == kept:
        return None
    message = "its record says what an erasure of a person voids"
    return Difference(position=entry.position, kind=Kind.ERASURE, message=message)


def _differing(record: Record, due: Record) -> str:
    """Which parts of *record* are not as they are *due*."""
    names = ("entries", "traits", "horizon", "erased_categories", "ties", "latest_at")
    parts = [name.replace("_", " ") for name in names if getattr(record, name) != getattr(due, name)]
    return f"its record is not what the event makes of the one before: {', '.join(parts)}"
