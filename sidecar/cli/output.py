"""What commands print: tables for people, JSON for programs; colours only on a terminal that wants them."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any, TypeVar

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sidecar.cli.failure import Failure

_F = TypeVar("_F", bound=Callable[..., Any])

_UNBOUNDED = 10_000
"""Width for what is not a terminal: programs that read tables do not want them wrapped."""


def output_option(command: _F) -> _F:
    """Add ``--output`` to *command*, which gets it as *output*."""
    return click.option(
        "--output",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="For people, or for programs.",
    )(command)


def console(stream: IO[str] | None = None) -> Console:
    """A console on *stream* (default: standard output); colours, bold too, on a terminal and without ``NO_COLOR``."""
    stream = stream or sys.stdout
    return Console(
        file=stream,
        width=None if stream.isatty() else _UNBOUNDED,
        highlight=False,
        markup=False,
        color_system=None if os.environ.get("NO_COLOR") else "auto",  # rich itself would leave bold
    )


def line_width(most: int) -> int:
    """How long a line may be: *most*, or as long as those of the terminal."""
    return min(most, console().width)


def show_json(value: object) -> None:
    """Print *value* as JSON, keys in the order given."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show_json_line(value: object) -> None:
    """Print *value* as JSON on one line: one of many, for who reads line by line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print *rows* under *columns*."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")  # not cut: two keys may differ in their ends only, an id is copied
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(printable(str(cell))) for cell in row))
    console().print(table)


def show_pairs(pairs: Sequence[tuple[str, object]]) -> None:
    """Print names and values, one pair a line."""
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        show_line(Text.assemble((name.ljust(width), "bold"), "  ", printable(str(value))))


def show_line(line: str | Text = "", *, style: str = "") -> None:
    """Print one line as it is, never wrapped: it may be there to be copied."""
    console().print(line if isinstance(line, Text) else Text(printable(line)), style=style, soft_wrap=True)


def show_failure(failure: Failure, *, as_json: bool) -> None:
    """Tell of an error on standard error."""
    if as_json:
        click.echo(json.dumps(failure.to_plain(), indent=2, ensure_ascii=False), err=True)
        return
    errors = console(sys.stderr)
    told = f"{failure.message}:\n{failure.listing}" if failure.listing else failure.message
    message = "\n".join(map(printable, told.splitlines()))
    errors.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
    if failure.hint:
        errors.print(Text(f"  {printable(failure.hint)}"), soft_wrap=True)


def show_warning(message: str) -> None:
    """Tell on standard error of something that was done all the same."""
    console(sys.stderr).print(Text.assemble(("warning: ", "bold yellow"), printable(message)), soft_wrap=True)


def printable(text: str) -> str:
    """*text* without characters that would steer the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


_STYLES: dict[str, str] = {"allow": "green", "allow_with_obligations": "yellow", "deny": "bold red"}


def effect_text(effect: str) -> Text:
    """An effect, coloured."""
    return Text(effect.upper(), style=_STYLES.get(effect, ""))
