"""``consent status``: which sidecars and consumers have applied a change."""

import re
import time
from pathlib import Path
from typing import Final, NoReturn

import click

from sidecar.api.v1 import feed_pb2
from sidecar.cli.connection import Connection, Method, address_option, read_token, token_option
from sidecar.cli.failure import ExitCode
from sidecar.cli.output import output_option, show_json, show_pairs, show_table
from sidecar.cli.plain import show_timestamp, to_plain

GET_PROPAGATION: Final = Method.of("FeedService", "GetPropagation")

_REVISION: Final = re.compile(r"[0-9a-f]{16}\.[0-9]+", re.ASCII)
_LOOK_SECONDS: Final = 0.2


@click.command(short_help="Show which sidecars and consumers have applied a change.")
@click.argument("change", metavar="EVENT_ID|REVISION")
@click.option("--subject", default="", metavar="ID", help="Whose event it is; with an event id.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(0, 3_600),
    default=0.0,
    metavar="SECONDS",
    help="Wait for it to be applied everywhere, at most so long.",
)
@address_option
@token_option
@output_option
def status(*, change: str, subject: str, wait_seconds: float, address: str, token_file: Path, output: str) -> NoReturn:
    """Show who has applied the change EVENT_ID of a subject, or REVISION; exits 1 while anybody has not.

    A sidecar that has been silent for 15 minutes is gone, or cut off, and is not waited for.
    """
    request = _asked(change, subject)
    until = time.monotonic() + wait_seconds
    with Connection(address, read_token(token_file)) as connection:
        while True:
            answer = connection.call(GET_PROPAGATION, request, feed_pb2.GetPropagationResponse)
            everywhere = all(follower.applied or follower.silent for follower in answer.followers)
            if everywhere or time.monotonic() >= until:
                break
            time.sleep(_LOOK_SECONDS)
    if output == "json":
        show_json({**to_plain(answer), "everywhere": everywhere})
    else:
        _show(answer)
    click.get_current_context().exit(ExitCode.SUCCESS if everywhere else ExitCode.ERROR)


def _asked(change: str, subject: str) -> feed_pb2.GetPropagationRequest:
    if subject:
        return feed_pb2.GetPropagationRequest(subject=subject, event_id=change)
    if not _REVISION.fullmatch(change):
        raise click.UsageError(f"`{change}` is no revision; an event id is one subject's: name it with --subject")
    return feed_pb2.GetPropagationRequest(revision=change)


def _show(answer: feed_pb2.GetPropagationResponse) -> None:
    gone = "not there any more, or never recorded"
    accepted = show_timestamp(answer.accepted_at) if answer.HasField("accepted_at") else gone
    show_pairs([("revision", answer.revision), ("accepted", accepted)])
    show_table(
        ["who", "name", "applied", "has come to", "said so"],
        [
            [
                follower.kind,
                f"{follower.name} (this one)" if place == 0 else follower.name,
                "yes" if follower.applied else "silent" if follower.silent else "no",
                follower.revision or "-",
                show_timestamp(follower.at) if follower.HasField("at") else "-",
            ]
            for place, follower in enumerate(answer.followers)
        ],
    )
