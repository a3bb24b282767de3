"""The options that say what a choice is about, and who made it."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

import click

from sidecar.cli.failure import Failure

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


_OPTIONS: Final = {
    "purposes": ("--purpose", "purposes.yaml and data_uses.yaml"),
    "categories": ("--category", "categories.yaml"),
    "channels": ("--channel", ""),
    "recipients": ("--recipient", "recipients.yaml"),
    "notice": ("--notice", "notices.yaml"),
    "expires_at": ("--until", ""),
    "actor": ("--by", ""),
    "subject": ("--subject", ""),
}
_FIELD: Final = re.compile(r"`(?:[\w\[\]]+\.)*?(" + "|".join(_OPTIONS) + r")\b[^`]*`: ")


def in_options(refused: Failure) -> Failure:
    """*refused* in the words of the command line: the option in place of the field of the message that it set."""
    found = _FIELD.match(refused.message)
    if found is None:
        return refused
    option, names = _OPTIONS[found[1]]
    detail = refused.message[found.end() :]
    listed = names and detail.startswith(("the catalog has no", "the bundle has no"))
    hint = f"see catalog/{names} of the bundle" if listed else refused.hint
    return replace(refused, message=f"{option}: {detail}", hint=hint)
