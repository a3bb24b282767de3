"""``consent import``: past events from JSON Lines."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from sidecar.cli import bulk
from sidecar.cli.connection import Connection, address_option, read_token, token_option
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.output import console, output_option, show_json, show_line, show_warning
from sidecar.consent.archive.lines import FORMAT

_EXPORT: Final = b'{"format":"' + FORMAT.encode()


@click.command("import", short_help="Record past events from a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused lines go, each below its reason. Default: FILE.rejected, or import.rejected for '-'.",
)
@address_option
@token_option
@output_option
def import_command(*, file: Path, rejects: Path | None, address: str, token_file: Path, output: str) -> None:
    """Record past events from FILE, one JSON object a line ('-': standard input).

    Refused lines do not stop the others; exits 1 if there are any. They are written as they were, each below a line
    that starts with '#' and says why; mend them and import that file. Importing a line twice is safe: events are known
    by their ids. Empty lines and lines that start with '#' are skipped.
    """
    refused = Rejects(rejects or Path("import.rejected" if file == Path("-") else f"{file}.rejected"))
    with (
        Connection(address, read_token(token_file)) as connection,
        refused,
        opened(file) as (source, size),
        progress_bar("importing", size, shown=output == "table") as progress,
    ):
        lines = _events(file, source)
        run = bulk.Import(connection, lines, refused.add, progress)
        try:
            outcome = run.run()
        except (CommandError, OSError) as error:
            raise _interrupted(error, run.outcome) from error
    if outcome.ahead:
        show_warning(
            f"{outcome.ahead} recorded with a time that lies ahead, which count from now instead;"
            f" the first is line {outcome.first_ahead}"
        )
    rejects_file = str(refused.path) if outcome.rejected else None
    if output == "json":
        show_json(
            {
                "recorded": outcome.recorded,
                "duplicates": outcome.duplicates,
                "rejected": outcome.rejected,
                "ahead": outcome.ahead,
                "rejects_file": rejects_file,
                "revision": outcome.revision,
            }
        )
    else:
        show_line(f"{outcome.recorded} recorded, {outcome.duplicates} known before, {outcome.rejected} refused")
        if rejects_file:
            show_line(f"the refused lines are in {rejects_file}, each below its reason: mend them and import that file")
    click.get_current_context().exit(ExitCode.ERROR if outcome.rejected else ExitCode.SUCCESS)


class Rejects:
    """A file of refused lines that can be imported again; made when the first one comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def add(self, number: int, raw: bytes, reason: str) -> None:
        """Keep line *number*, as it was, below *reason*."""
        if self._file is None:
            self._file = self.path.open("wb")
        reason = " ".join(reason.split())  # one line, whatever it quotes
        self._file.write(f"# line {number}: {reason}\n".encode() + raw + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


@contextmanager
def progress_bar(title: str, size: int | None, *, shown: bool) -> Iterator[bulk.Progress]:
    """Something to report progress to; a bar on standard error if *shown* and that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    errors = console(sys.stderr)
    with Progress(*columns, console=errors, disable=not (shown and errors.is_terminal), transient=True) as bar:
        task = bar.add_task(title, total=size)
        yield lambda _lines, size: bar.advance(task, size)


@contextmanager
def opened(file: Path) -> Iterator[tuple[IO[bytes], int | None]]:
    """*file* and its size, as far as it has one; ``-`` is standard input."""
    if file == Path("-"):
        yield sys.stdin.buffer, None
        return
    with file.open("rb") as opened:
        yield opened, file.stat().st_size or None


def _events(file: Path, source: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of *source*; ``CommandError`` if it is an export: imported, its noes would count from other times."""
    lines = iter(source)
    first = next(lines, b"")
    if first.startswith(_EXPORT):
        message = f"`{file}` is an export of a consent log, which an import would not record as it was"
        hint = "`sidecar consent restore` makes a log of it, with every time as it was"
        raise CommandError(Failure(code="export", message=message, hint=hint))
    return chain((first,), lines)


def _interrupted(error: CommandError | OSError, outcome: bulk.Outcome) -> CommandError:
    code = error.failure.code if isinstance(error, CommandError) else "unreadable"
    message = f"the import stopped after line {outcome.through_line}: {error}"
    hint = "everything up to there is recorded; run the same command again, lines recorded before are skipped"
    details = {"through_line": outcome.through_line, "recorded": outcome.recorded}
    return CommandError(Failure(code=code, message=message, hint=hint, details=details))
