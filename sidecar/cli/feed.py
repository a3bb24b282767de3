"""``consent watch``: what people decide, line by line, as it happens."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import grpc

from sidecar.api.v1 import feed_pb2
from sidecar.cli import record_view
from sidecar.cli.connection import address_option, failure_of_status, read_token, token_option
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import output_option, show_json_line, show_line, show_warning
from sidecar.cli.plain import show_timestamp, to_plain
from sidecar.client import Feed, FeedError, Update

START: Final = "start"

_ACK_AFTER: Final = 100
"""Lines; fewer once there are no more."""


@click.command(short_help="Print what people decide, as it happens.")
@click.option("--consumer", default="", metavar="NAME", help="Watch as this consumer, whose token --token-file has.")
@click.option(
    "--from", "after", default="", metavar="REVISION|start", help="Go on behind this revision, or begin anew."
)
@click.option("--ack", is_flag=True, help="Acknowledge what was printed; needs --consumer.")
@address_option
@token_option
@output_option
def watch(*, consumer: str, after: str, ack: bool, address: str, token_file: Path, output: str) -> None:
    """Print every change of a record as a line, and go on until interrupted; a stream that breaks is taken up again.

    Without --from it begins behind what the consumer acknowledged last, or at the start. With the operator's token
    people are shown by their pseudonyms only. With --output json each line is one change, as JSON.
    """
    if ack and not consumer:
        raise click.UsageError("--ack needs --consumer: the operator acknowledges nothing")
    token = read_token(token_file)
    cuts = _Cuts(address)
    with Feed(address, token=token, consumer=consumer, on_cut=cuts.tell) as feed:
        updates = feed.follow("" if after == START else after, from_start=after == START)
        try:
            unacknowledged = 0
            for update in updates:
                cuts.over()
                if update.change is not None:
                    _show(update, update.change, as_json=output == "json")
                    unacknowledged += 1
                if ack and unacknowledged and (update.caught_up or unacknowledged >= _ACK_AFTER):
                    feed.ack(update.revision)
                    unacknowledged = 0
        except FeedError as error:
            raise CommandError(_failure(error, address, consumer)) from error
        except KeyboardInterrupt:
            return  # what people end it with
        finally:
            updates.close()


def _failure(error: FeedError, address: str, consumer: str) -> Failure:
    failure = failure_of_status(error.code, error.detail, address)
    match error.code:
        case grpc.StatusCode.FAILED_PRECONDITION:
            return replace(failure, hint="--from start begins anew")
        case grpc.StatusCode.UNAUTHENTICATED if consumer:
            hint = f"--token-file: use the file that `consumers.known` of this very server names for `{consumer}`"
            return replace(failure, hint=hint)
        case grpc.StatusCode.INVALID_ARGUMENT:
            return replace(failure, hint="--from takes a revision as a line of `watch` has it, or start")
        case _:
            return failure


def _show(update: Update, change: feed_pb2.RecordChange, *, as_json: bool) -> None:
    if as_json:
        show_json_line({"revision": update.revision, **to_plain(change)})
        return
    who = "everyone" if change.everyone else change.subject or change.pseudonym
    what = record_view.what_happened(change.entry)
    show_line(f"{show_timestamp(change.entry.accepted_at)}  {who}  {what}  ({update.revision})")


class _Cuts:
    """Tells why there is no stream: that it was cut, or that the sidecar at *address* is not reached, once for each."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._there = False
        self._told = ""

    def over(self) -> None:
        """There is a stream."""
        self._there, self._told = True, ""

    def tell(self, error: FeedError) -> None:
        """Tell of *error*, unless it is only that the sidecar is still not reached."""
        if self._there:
            self._there = False
            show_warning(f"the stream was cut, and is taken up again: {error}")
            return
        failure = failure_of_status(error.code, error.detail, self._address)
        told = f"{error.code.name}, {failure.hint}"  # the detail may differ each time
        if told != self._told:
            self._told = told
            hint = f"; {failure.hint}" if failure.hint else ""
            show_warning(f"{failure.message}; it is tried again until it answers{hint}")
