"""The backends of the consent log; a new one joins by adding itself to ``BACKENDS``.

What a test may know of a backend is in ``Backend``; everything else is the ``ConsentLog`` protocol.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sidecar.consent.fold import fold
from sidecar.consent.log import ConsentLog, LogEntry, NewEntry, erases_person
from sidecar.consent.nats.log import NatsLog
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.record import EMPTY
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.model.catalog import Catalog
from sidecar.model.event import Erasure, Event
from tests.nats_server import coordinates, keep, shared_server
from tests.unit.consent.desk import KEY, NOW
from tests.worlds import CATALOG

ADA, BOB = b"ada-------------", b"bob-------------"


@dataclass(frozen=True)
class Backend:
    """One kind of log; *full* makes appending fail for want of space while it is entered."""

    open: Callable[[Path], ConsentLog]
    full: Callable[[ConsentLog], AbstractContextManager[None]]
    files: Callable[[Path], Iterable[Path]]
    transactional: bool  # of a batch that fails all is there or nothing; else any part of it

    @contextmanager
    def opened(self, folder: Path) -> Iterator[ConsentLog]:
        """The log in *folder*, closed in the end."""
        log = self.open(folder)
        try:
            yield log
        finally:
            log.close()


@contextmanager
def _sqlite_full(log: ConsentLog) -> Iterator[None]:
    assert isinstance(log, SqliteLog)
    pages = log._writer.execute("PRAGMA page_count").fetchone()[0]
    log._writer.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        log._writer.execute("PRAGMA max_page_count = 1000000")


def _open_nats(folder: Path) -> NatsLog:
    settings = coordinates(folder)
    if settings is None:
        settings = shared_server().settings()
        draft = NatsLog.draft(settings, Pseudonyms(KEY))
        try:
            draft.finish()
        finally:
            draft.discard()
        keep(settings, folder)
    return NatsLog.open(settings, Pseudonyms(KEY))


@contextmanager
def _nats_full(log: ConsentLog) -> Iterator[None]:
    assert isinstance(log, NatsLog)
    ask, stream = log._connection.ask, log._stream.stream
    info = json.loads(ask(f"$JS.API.STREAM.INFO.{stream}").result().data)

    def bound(most: int) -> None:
        config = json.dumps(info["config"] | {"max_bytes": most}).encode()
        assert "error" not in json.loads(ask(f"$JS.API.STREAM.UPDATE.{stream}", config).result().data)

    bound(info["state"]["bytes"])
    try:
        yield
    finally:
        bound(-1)


def _nats_files(folder: Path) -> Iterable[Path]:
    settings = coordinates(folder)
    assert settings is not None
    store = shared_server().folder / "store"
    return [path for path in store.rglob(f"{settings.stream}/**/*") if path.is_file()]


BACKENDS = {
    "sqlite": Backend(
        open=lambda folder: SqliteLog.open(folder / "consent.db", Pseudonyms(KEY)),
        full=_sqlite_full,
        files=lambda folder: folder.glob("consent.db*"),
        transactional=True,
    ),
    "nats": Backend(open=_open_nats, full=_nats_full, files=_nats_files, transactional=False),
}


PARAMETERS = [
    pytest.param(name, marks=pytest.mark.nats if name == "nats" else ()) for name in sorted(BACKENDS, reverse=True)
]


def following(head: LogEntry | None, pseudonym: bytes, event: Event, catalog: Catalog = CATALOG) -> NewEntry:
    """The entry that comes after *head*."""
    record = EMPTY if head is None else head.record
    folded = fold(record, event, accepted_at=NOW, catalog=catalog)
    return NewEntry(
        pseudonym=pseudonym,
        expected=None if head is None else head.position,
        event=event,
        record=folded.record,
        effective_at=folded.effective_at,
        accepted_at=NOW,
        sealed=b"" if erases_person(event) else b"sealed with " + event.id.encode(),
    )


def append(log: ConsentLog, pseudonym: bytes, *events: Event) -> int:
    """Append *events*, each in a batch of its own; returns the last position."""
    position = 0
    for event in events:
        with log.batch() as batch:
            position = batch.append(following(batch.head(pseudonym), pseudonym, event)).position()
    return position


def append_together(log: ConsentLog, *events: Event, leaving_with: BaseException | None = None) -> None:
    """Append *events* of one subject in one batch, and leave it with an exception if there is one."""
    with log.batch() as batch:
        for event in events:
            batch.append(following(batch.head(ADA), ADA, event))
        if leaving_with is not None:
            raise leaving_with


def erasure(event_id: str, *categories: str) -> Event:
    """An erasure of *categories*, or of the person."""
    return Event(id=event_id, act=Erasure(categories=categories))


def ids(entries: Iterable[LogEntry]) -> list[str]:
    """The ids of their events."""
    return [entry.event.id for entry in entries]
