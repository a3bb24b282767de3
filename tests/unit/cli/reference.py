"""The reference of the command line, from what ``--help`` prints; ``python -m tests.unit.cli.reference`` writes it."""

from collections.abc import Iterator
from pathlib import Path

import click

from sidecar.cli.program import sidecar

FILE = Path(__file__).resolve().parents[3] / "docs" / "cli.md"
START = "<!-- from here on: python -m tests.unit.cli.reference -->\n"
WIDTH = 100


def reference() -> str:
    """Every command with its help, in the order of ``sidecar --help``."""
    return "".join(f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in _helps("sidecar", sidecar))


def _helps(name: str, command: click.Command) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, terminal_width=WIDTH, help_option_names=["-h", "--help"])
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _helps(f"{name} {child}", found)


if __name__ == "__main__":
    before, _, _ = FILE.read_text(encoding="utf-8").partition(START)
    FILE.write_text(before + START + reference(), encoding="utf-8")
