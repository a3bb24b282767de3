"""A part of an export, from the sidecar to wherever its lines go."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sidecar.api.v1 import log_pb2
from sidecar.cli.connection import Connection, Method
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import console
from sidecar.consent.archive.lines import Footer, Header, Line, MalformedLineError, from_line

EXPORT_ENTRIES: Final = Method.of("LogService", "ExportEntries")

_ENTRY: Final = b'{"position":'

Write = Callable[[bytes], object]
"""Takes some bytes of a file."""

EntryProgress = Callable[[int, int], None]
"""Takes how many places of the log are done, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A part that was written, or an empty one that was not."""

    log_id: str
    key_id: str
    entries: int
    revision: str  # everything up to here is in it, or in what it goes on from

    def to_plain(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "log_id": self.log_id,
            "key_id": self.key_id,
            "entries": self.entries,
            "exported_through": self.revision,
        }


def export_part(
    connection: Connection,
    write: Write,
    *,
    after: str,
    subjects: bool,
    progress: EntryProgress,
    empty: bool = True,
) -> Exported:
    """Write the part behind revision *after*; nothing at all of an empty one unless *empty*.

    Raises ``CommandError`` if the sidecar cannot give it, or only a part of it.
    """
    header: Header | None = None
    held = b""  # the header, until something follows it
    request = log_pb2.ExportEntriesRequest(after=after, subjects=subjects)
    for some in connection.listen(EXPORT_ENTRIES, request, log_pb2.ExportEntriesResponse):
        for line in some.lines:
            if line.startswith(_ENTRY):  # nearly all are, and they need not be understood
                write(held + line + b"\n")
                held = b""
                continue
            match read_line(line):
                case Header() as header:
                    held = line + b"\n"
                case Footer() as footer if header is not None:
                    if footer.entries or empty:
                        write(held + line + b"\n")
                    return _exported(header, footer)
                case _:
                    raise _foreign()
        begin = 0 if header is None else header.after
        progress(some.position - begin, some.last_position - begin)
    raise cut_short()


def _exported(header: Header, footer: Footer) -> Exported:
    return Exported(
        log_id=header.log_id,
        key_id=header.key_id,
        entries=footer.entries,
        revision=f"{header.log_id}.{footer.through}",
    )


@contextmanager
def entries_bar(title: str, *, shown: bool) -> Iterator[EntryProgress]:
    """Something to report progress to; a bar on standard error if *shown* and that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    errors = console(sys.stderr)
    with Progress(*columns, console=errors, disable=not (shown and errors.is_terminal), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def read_line(line: bytes) -> Line:
    """What a line from the sidecar says; its code is for who has the key. ``CommandError`` if it is none."""
    try:
        return from_line(line, None)
    except MalformedLineError as error:
        raise _foreign() from error


def cut_short() -> CommandError:
    """What to say of a stream that ended without its last line."""
    message = "the sidecar ended the export before it was whole"
    return CommandError(Failure(code="cut_short", message=message, hint="run the same command again"))


def _foreign() -> CommandError:
    message = "the sidecar sends another kind of export than this program knows"
    return CommandError(Failure(code="version", message=message, hint="use the program of the sidecar's version"))
