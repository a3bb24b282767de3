"""Reports: what commands write to a file beside what they print, or print instead of it."""

from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from sidecar.authoring.writing import write_whole

STDOUT: Final = Path("-")
"""What stands for standard output in place of a file."""

_OF_A_BUNDLE: Final = (".cedar", ".cedarschema", ".yaml", ".yml")


class ReportFile(click.ParamType[Path]):
    """A file to write a report to; refused before any work is done if it cannot be, or had better not."""

    name = "file"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """The path; ``-`` stands for itself."""
        path = Path(value)
        if path == STDOUT:
            return path
        if not str(value) or path.is_dir():
            self.fail(f"`{value}` is a folder: name a file in it" if str(value) else "it is empty", param, ctx)
        if path.suffix in _OF_A_BUNDLE:
            self.fail(f"`{path}` would be a file of a bundle: give a report another ending", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder `{path.parent}`: make it first", param, ctx)
        return path

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Files, as the shell itself completes them."""
        return [CompletionItem(incomplete, type="file")]


def check_printed_once(output: str, *reports: Path | None) -> None:
    """``UsageError`` if two of these *reports*, or one and the *output*, would get into each other's way."""
    named = [path for path in reports if path is not None]
    if named.count(STDOUT) + (output == "json") > 1:
        raise click.UsageError("only one thing can be printed: name one `-`, or --output json")
    if len(set(named)) < len(named):
        raise click.UsageError("two reports cannot be one file: name two")


def write_report(path: Path, text: str) -> None:
    """Print *text* if *path* is ``-``; else make it the whole content of that file."""
    if path == STDOUT:
        click.echo(text, nl=False)
    else:
        write_whole(path, text.encode())
