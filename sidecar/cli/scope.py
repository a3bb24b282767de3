"""The options that say what a choice is about, and who made it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

_SCOPE: Final = (
    click.option("--purpose", "purposes", multiple=True, metavar="KEY", help="About which purpose; may be repeated."),
    click.option(
        "--category",
        "categories",
        multiple=True,
        metavar="KEY",
        help="About which data category, or '*'; may be repeated.",
    ),
    click.option(
        "--channel", "channels", multiple=True, metavar="NAME", help="About which channel, or '*'; may be repeated."
    ),
    click.option(
        "--recipient", "recipients", multiple=True, metavar="KEY", help="About which recipient; may be repeated."
    ),
)

subject_option = click.option("--subject", required=True, metavar="ID", help="Whose consent.")

actor_option = click.option(
    "--by",
    "actor",
    type=click.Choice(["subject", "guardian", "operator", "system"]),
    default="subject",
    show_default=True,
    help="Who acted.",
)


def scope_options(command: _F) -> _F:
    """Add the four dimensions of a scope to *command*, which gets them by the names that ``Scope`` has."""
    for option in reversed(_SCOPE):
        command = option(command)
    return command
