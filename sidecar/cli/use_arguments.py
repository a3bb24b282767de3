"""What questions of the command line have in common: who wants what, what for, and what else policies may ask."""

from collections.abc import Callable
from typing import Any, Final

import click

from sidecar.cli.attribute import HELP

Argument = Callable[[Any], Any]
"""Adds a parameter to a command."""

WHAT: Final[tuple[Argument, ...]] = (
    click.argument("service"),
    click.argument("fields", nargs=-1, required=True, metavar="FIELD..."),
)
WHAT_FOR: Final[tuple[Argument, ...]] = (
    click.option("--purpose", required=True, metavar="KEY", help="What for."),
    click.option(
        "--channel", default="", metavar="NAME", help="Through which channel; left out where there is but one."
    ),
    click.option("--recipient", default="", metavar="KEY", help="To whom; with --action share, and only then."),
    click.option(
        "--action",
        type=click.Choice(["collect", "use", "share", "retain"]),
        default="use",
        show_default=True,
        help="What is to be done with the fields.",
    ),
    click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help=HELP),
)
