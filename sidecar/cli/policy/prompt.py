"""``policy try``: a prompt about one person."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NoReturn

import click

from sidecar.authoring.trial.session import Session
from sidecar.cli.failure import ExitCode
from sidecar.cli.output import output_option
from sidecar.cli.policy.argument import bundle_argument
from sidecar.cli.policy.conversation import Conversation
from sidecar.cli.policy.typing import completing
from sidecar.cli.value import INSTANT
from sidecar.model.instant import Instant, from_datetime, show
from sidecar.policy.bundle import read_draft


@click.command("try", short_help="Ask about one person, change what they said, ask again.")
@bundle_argument()
@click.option("--at", "now", type=INSTANT, metavar="TIME", help="Where the clock starts; default: now.")
@output_option
def try_bundle(*, bundle: str, now: Instant | None, output: str) -> NoReturn:
    """Ask BUNDLE about one person, change what they said, and ask again; `help` lists what can be typed.

    Reads lines from standard input, at a prompt if that is a terminal; a mistake ends nothing, but a script with one
    exits 1. With --output json each answer is one line.
    """
    draft = read_draft(bundle)
    started = from_datetime(datetime.now(UTC).replace(microsecond=0)) if now is None else now
    conversation = Conversation(Session(draft, now=started), draft, as_json=output == "json")
    typed = sys.stdin.isatty()
    for line in _typed(conversation) if typed else _piped(conversation):
        if not conversation.take(line):
            break
    failed = conversation.mistakes and not typed
    click.get_current_context().exit(ExitCode.ERROR if failed else ExitCode.SUCCESS)


def _typed(conversation: Conversation) -> Iterator[str]:
    """Lines from a terminal, completed by Tab, with a history."""
    if not conversation.as_json:
        click.echo("`help` lists what can be typed, Tab completes it")
    with completing(conversation.completions):
        while True:
            try:
                yield input(f"{show(conversation.session.now)}> ")
            except EOFError:
                click.echo()
                return
            except KeyboardInterrupt:  # drops the line, as in a shell
                click.echo()


def _piped(conversation: Conversation) -> Iterator[str]:
    """Lines from a script, shown as they would have been typed."""
    for line in sys.stdin:
        if line.strip() and not conversation.as_json:
            click.echo(f"> {line.strip()}")
        yield line
