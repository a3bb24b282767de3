"""``hold``, ``release`` and ``holds``: stop what is done with everyone's data, and let it go on."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from google.protobuf.message import Message

from sidecar.api.v1 import consent_pb2, holds_pb2
from sidecar.cli.connection import Connection, Method, address_option, read_token, token_option
from sidecar.cli.failure import CommandError
from sidecar.cli.invocation import current_invocation
from sidecar.cli.output import output_option, show_json, show_line, show_table
from sidecar.cli.plain import show_timestamp, to_plain
from sidecar.cli.scope import in_options, scope_options

PLACE_HOLD: Final = Method.of("HoldService", "PlaceHold")
RELEASE_HOLD: Final = Method.of("HoldService", "ReleaseHold")
LIST_HOLDS: Final = Method.of("HoldService", "ListHolds")

_M = TypeVar("_M", bound=Message)


@click.command(short_help="Stop what is done with everyone's data.")
@scope_options
@click.option("--why", required=True, metavar="TEXT", help="For those who will ask whether it can be released.")
@address_option
@token_option
@output_option
def hold(*, why: str, address: str, token_file: Path, output: str, **scope: Any) -> None:  # noqa: ANN401 - dimensions
    """Deny, from now on and about everyone, whatever the scope touches: what is at, above or below it.

    What is not named means all, but a category or purpose must be; --category '*' holds everything. Purposes that
    survive restriction go on. Only `sidecar release` ends it: nobody's consent does.
    """
    if not any(scope.values()):
        raise click.UsageError("say what to hold: --category or --purpose (--category '*' for everything)")
    request = holds_pb2.PlaceHoldRequest(id=f"hold-{_number()}", scope=consent_pb2.Scope(**scope), why=why)
    with Connection(address, read_token(token_file)) as connection:
        answer = _call(connection, PLACE_HOLD, request, holds_pb2.PlaceHoldResponse)
    if output == "json":
        show_json({"hold_id": request.id, **to_plain(answer)})
    else:
        show_line(f"on hold since {show_timestamp(answer.effective_at)} (revision {answer.revision})")
        if answer.replaced:
            show_line("on hold already, and held by this one from now on")
            _show(answer.replaced)
        show_line(f"to release it: {current_invocation().command('release', request.id, token=True)}")


@click.command(short_help="Let go on what is on hold.")
@click.argument("hold_id", required=False, metavar="[HOLD]")
@scope_options
@click.option("--all", "everything", is_flag=True, help="Release every hold.")
@click.option("--why", default="", metavar="TEXT", help="Kept with the release.")
@address_option
@token_option
@output_option
def release(
    *,
    hold_id: str | None,
    everything: bool,
    why: str,
    address: str,
    token_file: Path,
    output: str,
    **scope: Any,  # noqa: ANN401
) -> None:
    """Release one HOLD, or every hold at or below a scope, and say which those were.

    Of a scope, what is not named means all.
    """
    if sum((hold_id is not None, any(scope.values()), everything)) != 1:
        raise click.UsageError("say what to release: a hold, a scope such as --category, or --all")
    request = holds_pb2.ReleaseHoldRequest(id=f"release-{_number()}", why=why)
    if hold_id is not None:
        request.hold_id = hold_id
    else:
        request.scope.CopyFrom(consent_pb2.Scope(categories=["*"]) if everything else consent_pb2.Scope(**scope))
    with Connection(address, read_token(token_file)) as connection:
        answer = _call(connection, RELEASE_HOLD, request, holds_pb2.ReleaseHoldResponse)
    if output == "json":
        show_json({"release_id": request.id, **to_plain(answer)})
        return
    show_line(f"released (revision {answer.revision})" if answer.released else "nothing there was on hold")
    if answer.released:
        _show(answer.released)
    if answer.still_held:
        show_line("still on hold")
        _show(answer.still_held)


@click.command()
@address_option
@token_option
@output_option
def holds(*, address: str, token_file: Path, output: str) -> None:
    """Show what is on hold for everyone, since when, and why."""
    with Connection(address, read_token(token_file)) as connection:
        answer = connection.call(LIST_HOLDS, holds_pb2.ListHoldsRequest(), holds_pb2.ListHoldsResponse)
    if output == "json":
        show_json(to_plain(answer))
    elif answer.holds:
        _show(answer.holds)
    else:
        show_line("nothing is on hold")


def _show(shown: Iterable[holds_pb2.Hold]) -> None:
    show_table(
        ["hold", "since", "purpose", "category", "channel", "recipient", "why"],
        [
            [
                one.id,
                show_timestamp(one.since),
                held.purpose,
                held.category,
                held.channel,
                held.recipient,
                one.why or "-",
            ]
            for one in shown
            for held in one.scopes
        ],
    )


def _call(connection: Connection, method: Method, request: Message, answer: type[_M]) -> _M:
    try:
        return connection.call(method, request, answer)
    except CommandError as error:
        failure = in_options(error.failure)
        if failure.message.startswith("`hold_id`") and not failure.hint:
            failure = replace(failure, hint="`sidecar holds` shows what is on hold")
        raise CommandError(failure, exit_code=error.exit_code) from error


def _number() -> str:
    return uuid.uuid4().hex[:12]
