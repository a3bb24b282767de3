"""Exports of logs, logs restored from them, and what two logs must have in common to be equal."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from msgspec.structs import replace as moved

from sidecar.consent.archive.export import Export
from sidecar.consent.archive.plan import in_order
from sidecar.consent.archive.reading import ExportFile
from sidecar.consent.archive.restoring import Restoring
from sidecar.consent.log import ConsentLog, Draft, LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.draft import SqliteDraft
from sidecar.consent.sqlite.log import SqliteLog
from tests.unit.consent.desk import KEY, NOW

PSEUDONYMS = Pseudonyms(KEY)


def ignore(_: int) -> None:
    """Takes no notice of progress."""


def lines_of(
    log: ConsentLog, *, after: int = 0, subjects: bool = False, pseudonyms: Pseudonyms = PSEUDONYMS
) -> list[bytes]:
    """The lines of a part of an export of *log*."""
    part = Export(log, pseudonyms).part(after=after, subjects=subjects, now=NOW)
    return [line for exported in part for line in exported.lines]


def exported(
    log: ConsentLog, path: Path, *, after: int = 0, subjects: bool = False, pseudonyms: Pseudonyms = PSEUDONYMS
) -> Path:
    """*path*, to which a part of an export of *log* was appended."""
    with path.open("ab") as file:
        file.writelines(line + b"\n" for line in lines_of(log, after=after, subjects=subjects, pseudonyms=pseudonyms))
    return path


def file_of(path: Path, pseudonyms: Pseudonyms = PSEUDONYMS) -> ExportFile:
    """The file at *path*, to be read."""
    return ExportFile(path, pseudonyms.authenticate, key_id=pseudonyms.key_id)


def restore(draft: Draft, *paths: Path, incomplete: bool = False) -> Restoring:
    """Put into *draft* what the files at *paths* have."""
    files = {path: file_of(path) for path in paths}
    restoring = Restoring(draft, PSEUDONYMS)
    reached = 0
    for part in in_order(part for file in files.values() for part in file.parts(ignore, incomplete=incomplete)):
        restoring.add(line for line in files[part.file].entries(part, ignore) if line.position > reached)
        reached = part.through
    return restoring


@contextmanager
def restored(folder: Path, *paths: Path, incomplete: bool = False) -> Iterator[SqliteLog]:
    """The log that the files at *paths* make in *folder*."""
    folder.mkdir()
    draft = SqliteDraft.begin(folder / "consent.db", PSEUDONYMS)
    restore(draft, *paths, incomplete=incomplete)
    draft.finish()
    log = SqliteLog.open(folder / "consent.db", PSEUDONYMS)
    try:
        yield log
    finally:
        log.close()


def contents(log: ConsentLog) -> list[tuple[LogEntry, str]]:
    """Every entry with its subject, positions replaced by their ranks: what equal logs have in common.

    Seals differ each time that an id is sealed, so it is the id that counts.
    """
    entries = log.entries(after=0, limit=1_000_000)
    places = [entry.position for entry in entries]
    return [
        (
            replace(
                entry,
                position=rank,
                sealed=b"",
                record=moved(
                    entry.record,
                    seen=tuple(
                        seen if seen.position is None else moved(seen, position=bisect_right(places, seen.position))
                        for seen in entry.record.seen
                    ),
                ),
            ),
            PSEUDONYMS.unseal(entry.sealed) if entry.sealed else "",
        )
        for rank, entry in enumerate(entries, start=1)
    ]
