"""``consent export --follow``: an export that grows with the log."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import BinaryIO, Final

from sidecar.cli.connection import Connection
from sidecar.cli.consentlog.part import Exported, export_part
from sidecar.cli.consentlog.target import Target
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import show_warning
from sidecar.consent.archive.lines import Footer, Header, MalformedLineError, from_line

_EVERY_SECONDS: Final = 1.0


class GrowingExport:
    """The export at *path*, continued if it is there; every part of it is durable before the next is asked for."""

    def __init__(self, connection: Connection, path: Path, *, subjects: bool, told: Callable[[Exported], None]) -> None:
        self._connection = connection
        self._path = path
        self._subjects = subjects
        self._told = told
        self._stopped = Event()
        self._silent = False

    def run(self) -> None:
        """Go on until SIGTERM or SIGINT, also past restarts of the sidecar; raises ``CommandError``."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        revision = _continued(self._path) if self._path.exists() else self._begin()
        while True:
            revision = self._go_on(revision)
            if self._stopped.wait(_EVERY_SECONDS):
                return

    def _stop(self, number: int, _: object) -> None:
        self._stopped.set()
        signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once

    def _begin(self) -> str:
        with Target(self._path) as target:
            done = self._part(target.write, "")
            target.finish()
        self._told(done)
        return done.revision

    def _go_on(self, revision: str) -> str:
        """Append what came behind *revision*; returns the revision reached."""
        try:
            with self._path.open("ab") as file, _whole(file):
                done = self._part(file.write, revision)
                file.flush()
                os.fsync(file.fileno())
        except CommandError as error:
            if error.failure.code != "unavailable":
                raise
            if not self._silent:
                show_warning(f"{error.failure.message}; tried again until it is there")
            self._silent = True
            return revision
        self._silent = False
        if done.entries:
            self._told(done)
        return done.revision

    def _part(self, write: Callable[[bytes], object], after: str) -> Exported:
        return export_part(
            self._connection,
            write,
            after=after,
            subjects=self._subjects,
            progress=lambda _done, _total: None,
            empty=not after,
        )


@contextmanager
def _whole(file: BinaryIO) -> Iterator[None]:
    """Leaves *file*, which is at its end, as it was if what is appended cannot be finished."""
    end = file.tell()
    try:
        yield
    except BaseException:
        file.truncate(end)
        raise


def _continued(path: Path) -> str:
    """The revision to go on from, after what is behind the last whole part of the file was cut off."""
    with path.open("rb") as file:
        first = file.readline()
        try:
            header = from_line(first.rstrip(b"\n"), None)
        except MalformedLineError as error:
            raise _no_export(path) from error
        if not isinstance(header, Header):
            raise _no_export(path)
        footer = _cut(path)
    if footer is None:
        raise _no_export(path)
    return f"{header.log_id}.{footer.through}"


def _cut(path: Path) -> Footer | None:
    """Cut off what a part that was not finished left; returns the footer that is the last line then."""
    last, end, offset = b"", 0, 0
    with path.open("r+b") as file:
        for line in file:
            offset += len(line)
            if line.startswith(b'{"through":') and line.endswith(b"\n"):
                last, end = line[:-1], offset
        if end and end < offset:
            file.truncate(end)
            os.fsync(file.fileno())
    footer = from_line(last, None) if last else None
    return footer if isinstance(footer, Footer) else None


def _no_export(path: Path) -> CommandError:
    hint = "name a file that is not there yet, or one that --follow wrote"
    return CommandError(Failure(code="no_export", message=f"`{path}` is no export of a consent log", hint=hint))
