"""``policy new``: the first bundle of somebody who has none."""

import shlex
from pathlib import Path

import click

from sidecar.authoring.scaffold import is_vacant, scaffold
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import NamedPath


@click.command("new", short_help="Write a small bundle to start from.")
@click.argument("folder", metavar="DIR", type=NamedPath(file_okay=False, path_type=Path))
@output_option
def new_bundle(*, folder: Path, output: str) -> None:
    """Write a small bundle into DIR that passes its own checks and tests, to start from.

    It has a catalog with two services, policies, guardrails, tests, schemas for editors, hooks for pre-commit and a
    workflow. DIR must be new or empty.
    """
    if not is_vacant(folder):
        message = f"`{folder}` is not empty"
        hint = "name a folder that is new or empty; nothing was written"
        raise CommandError(Failure(code="bundle.exists", message=message, hint=hint))
    written = scaffold(folder)
    name = shlex.quote(str(folder))
    following = [
        f"sidecar policy check {name}",
        f"sidecar policy test {name}",
        f"sidecar serve --bundle {name}",
    ]
    if output == "json":
        show_json({"bundle": str(folder), "written": list(map(str, written)), "next": following})
        return
    show_line(f"wrote {len(written)} files; {folder / 'README.md'} says what they are for")
    show_line("next:")
    for command in following:
        show_line(f"  {command}")
