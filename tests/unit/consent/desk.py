"""A ledger at work in a folder, and events to give it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sidecar.consent.fold import fold
from sidecar.consent.ledger import Ledger
from sidecar.consent.log import ConsentLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY, Record
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.errors import RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import Event
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from tests.strategies import Step
from tests.worlds import CATALOG, EMAIL, choice, scope, submission

KEY = bytes(range(32))
NOW: Instant = 1_800_000_000_000_000


@dataclass
class Desk:
    """A ledger and all around it; *now* is what its clock says."""

    log: ConsentLog
    pseudonyms: Pseudonyms
    now: Instant = NOW

    def __post_init__(self) -> None:
        self.cache = Replica(self.log, self.pseudonyms)
        self.cache.load(now=self.now)
        self.ledger = Ledger(self.log, self.cache, self.pseudonyms, catalog=lambda: CATALOG, clock=lambda: self.now)


@contextmanager
def sqlite_log(folder: Path, key: bytes = KEY) -> Iterator[SqliteLog]:
    """The log in *folder*, closed in the end."""
    log = SqliteLog.open(folder / "consent.db", Pseudonyms(key))
    try:
        yield log
    finally:
        log.close()


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """A desk over the log in *folder*, closed in the end."""
    with sqlite_log(folder) as log:
        yield Desk(log, Pseudonyms(KEY))


def yes(event_id: str, occurred_at: Instant | None = None, about: Scope | None = None) -> Event:
    """Agreement to marketing by email, if not to something else."""
    return submission(event_id, choice("given", about or scope(EMAIL, "*")), occurred_at=occurred_at)


def no(event_id: str, occurred_at: Instant | None = None, about: Scope | None = None) -> Event:
    """Its withdrawal."""
    return submission(event_id, choice("withdrawn", about or scope(EMAIL)), occurred_at=occurred_at)


def lived(catalog: Catalog, life: Iterable[Step]) -> Record:
    """The record of *life*; events that are refused change nothing."""
    record = EMPTY
    for step in life:
        with suppress(RequestError):
            folded = fold(record, step.event, accepted_at=step.accepted_at, catalog=catalog, importing=step.importing)
            record = folded.record
    return record
