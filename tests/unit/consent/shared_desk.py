"""A sidecar's ledger and view over a shared log in memory."""

from dataclasses import dataclass, field

from sidecar.consent.ledger import Ledger
from sidecar.consent.log import LogEntry, NewEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.replica import Replica
from sidecar.model.instant import Instant
from tests.unit.consent.desk import KEY, NOW
from tests.unit.consent.view.memory_log import MemoryFeed, MemoryLog, Store
from tests.worlds import CATALOG


@dataclass
class SharedDesk:
    """A replica that follows *store* by hand: ``feed`` is taken from when ``catch_up`` is called."""

    store: Store
    now: Instant = NOW
    contact: Contact = field(default_factory=Contact)

    def __post_init__(self) -> None:
        self.log = MemoryLog(self.store)
        self.pseudonyms = Pseudonyms(KEY)
        self.cache = Replica(self.log, self.pseudonyms, contact=self.contact)
        self.cache.begin(now=self.now, resume=False)
        self.feed: MemoryFeed = self.log.follow(after=None)
        self.catch_up()
        self.cache.complete()
        self.ledger = Ledger(self.log, self.cache, self.pseudonyms, catalog=lambda: CATALOG, clock=lambda: self.now)

    def catch_up(self, through: int | None = None) -> None:
        """Take over what the log has, or what it has up to *through*."""
        self.feed.held_at = through
        while (fed := self.feed.take(0)) is not None:
            self.cache.take(fed.heads, through=fed.through, now=self.now)

    @staticmethod
    def again(entry: LogEntry) -> NewEntry:
        """*entry* as one to append without knowing of it."""
        return NewEntry(
            pseudonym=entry.pseudonym,
            expected=None,
            event=entry.event,
            record=entry.record,
            effective_at=entry.effective_at,
            accepted_at=entry.accepted_at,
            sealed=entry.sealed,
        )
