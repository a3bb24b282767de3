"""``consent``: record, withdraw, lift, show, history, erase."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from sidecar.api.v1 import consent_pb2
from sidecar.cli import record_view
from sidecar.cli.connection import Connection, Method, address_option, read_token, token_option
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import output_option, printable, show_json, show_line
from sidecar.cli.plain import show_timestamp, to_plain
from sidecar.cli.recording import erase_subject, record_act
from sidecar.cli.scope import actor_option, scope_options, subject_option
from sidecar.cli.value import INSTANT, NOTICE
from sidecar.model import instant
from sidecar.model.event import Act, Choice, Lifting, LinkTo, NoticeRef, Restriction, Submission
from sidecar.model.instant import Instant
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor, ChoiceKind

GET_RECORD: Final = Method.of("ConsentService", "GetRecord")
LIST_HISTORY: Final = Method.of("ConsentService", "ListHistory")

_PAGE = 1_000


@click.command()
@subject_option
@click.option("--given", "kinds", flag_value="given", multiple=True, help="A yes; names its purposes and categories.")
@click.option("--refused", "kinds", flag_value="refused", multiple=True, help="A no, when asked.")
@click.option("--objected", "kinds", flag_value="objected", multiple=True, help="An objection.")
@click.option("--restricted", "kinds", flag_value="restricted", multiple=True, help="A restriction of processing.")
@scope_options
@click.option("--explicit", is_flag=True, help="The yes was an own, unbundled act.")
@actor_option
@click.option("--notice", type=NOTICE, metavar="KEY@VERSION", help="What the person was shown.")
@click.option("--until", type=INSTANT, metavar="TIME", help="When the yes ends: a date, or RFC 3339.")
@address_option
@token_option
@output_option
def record(
    *,
    subject: str,
    kinds: tuple[str, ...],
    explicit: bool,
    actor: str,
    notice: NoticeRef | None,
    until: Instant | None,
    address: str,
    token_file: Path,
    output: str,
    **scope: Any,  # noqa: ANN401 - the four dimensions
) -> None:
    """Record a choice, counting from now.

    A yes reaches no further than what it names: without --recipient it is for the first party, without --channel for
    the channels of its purposes. In every other choice what is not named means all.
    """
    if not kinds:
        raise click.UsageError("say which: --given, --refused, --objected or --restricted")
    kind, *others = dict.fromkeys(kinds)
    if others:
        named = " and ".join(f"--{name}" for name in (kind, *others))
        raise click.UsageError(f"{named} are different choices: record one at a time")
    if kind != "given" and (explicit or until is not None):
        raise click.UsageError("--explicit and --until belong to --given")
    if kind == "given" and not (scope["purposes"] and scope["categories"]):
        raise click.UsageError("--given needs --purpose and --category (--category '*' for all)")
    if until is not None and until <= instant.from_datetime(datetime.now(UTC)):
        raise click.UsageError(f"--until {instant.show(until)} is over: a yes ends in the future")
    if kind == "restricted" and notice is not None:
        raise click.UsageError("--notice belongs to a choice, not to a restriction")
    act: Act
    if kind == "restricted":
        act = Restriction(scope=Scope(**scope))
    else:
        choice = Choice(kind=ChoiceKind(kind), scope=Scope(**scope), explicit=explicit, expires_at=until, notice=notice)
        act = Submission(choices=(choice,))
    _record(subject, act, Actor(actor), server=(address, token_file), output=output)


@click.command(short_help="Take consent back.")
@subject_option
@scope_options
@actor_option
@address_option
@token_option
@output_option
def withdraw(*, subject: str, actor: str, address: str, token_file: Path, output: str, **scope: Any) -> None:  # noqa: ANN401
    """Take consent back, for all that is not named: without --purpose for every purpose."""
    act = Submission(choices=(Choice(kind=ChoiceKind.WITHDRAWN, scope=Scope(**scope)),))
    _record(subject, act, Actor(actor), server=(address, token_file), output=output)


@click.command(short_help="Lift restrictions.")
@subject_option
@scope_options
@address_option
@token_option
@output_option
def lift(*, subject: str, address: str, token_file: Path, output: str, **scope: Any) -> None:  # noqa: ANN401
    """Lift restrictions at or below the scope; without options every restriction."""
    act = Lifting(scope=Scope(**scope))
    _record(subject, act, Actor.OPERATOR, server=(address, token_file), output=output)


@click.command(short_help="Link two ids of one person.")
@click.argument("subject")
@click.argument("other")
@actor_option
@address_option
@token_option
@output_option
def link(*, subject: str, other: str, actor: str, address: str, token_file: Path, output: str) -> None:
    """Say that SUBJECT and OTHER are ids of one person, such as an account and a television.

    From now on what either says no to counts for both, and so does what they said no to before. What they agree to
    stays their own. It cannot be taken back: only the erasure of one of them ends it.
    """
    _record(subject, LinkTo(other_subject=other), Actor(actor), server=(address, token_file), output=output)


@click.command()
@subject_option
@click.option("--language", default="en", show_default=True, help="Of the sentences: `en` or `de`.")
@address_option
@token_option
@output_option
def show(*, subject: str, language: str, address: str, token_file: Path, output: str) -> None:
    """Show what a record says, in sentences too."""
    request = consent_pb2.GetRecordRequest(subject=subject, language=language)
    with Connection(address, read_token(token_file)) as connection:
        answer = connection.call(GET_RECORD, request, consent_pb2.GetRecordResponse)
    if output == "json":
        show_json(to_plain(answer))
    else:
        record_view.show_record(answer)


@click.command()
@subject_option
@address_option
@token_option
@output_option
def history(*, subject: str, address: str, token_file: Path, output: str) -> None:
    """Show every event of a person, oldest first."""
    entries: list[consent_pb2.HistoryEntry] = []
    request = consent_pb2.ListHistoryRequest(subject=subject, page_size=_PAGE)
    with Connection(address, read_token(token_file)) as connection:
        while True:
            page = connection.call(LIST_HISTORY, request, consent_pb2.ListHistoryResponse)
            entries.extend(page.entries)
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
    if output == "json":
        show_json({"entries": [to_plain(entry) for entry in entries]})
    else:
        record_view.show_history(entries)


@click.command()
@subject_option
@click.option(
    "--category", "categories", multiple=True, metavar="KEY", help="Only this data category; may be repeated."
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@address_option
@token_option
@output_option
def erase(
    *,
    subject: str,
    categories: tuple[str, ...],
    yes: bool,
    address: str,
    token_file: Path,
    output: str,
) -> None:
    """Forget a person, or some categories of their data. What it voids never comes back.

    Asks before it erases; where no one can answer, it needs --yes.
    """
    if not yes:
        _confirm_erasure(subject, categories)
    with Connection(address, read_token(token_file)) as connection:
        answer = erase_subject(connection, subject, categories)
    if output == "json":
        show_json(to_plain(answer))
    else:
        show_line(
            f"erased; everything until {show_timestamp(answer.effective_at)} is void (revision {answer.revision})"
        )


def _confirm_erasure(subject: str, categories: tuple[str, ...]) -> None:
    """Ask the terminal; ``CommandError`` unless the answer is yes."""
    if not sys.stdin.isatty():
        message = "nothing erased: standard input is no terminal that could be asked whether to"
        raise CommandError(Failure(code="not_confirmed", message=message, hint="--yes erases without asking"))
    what = f"{', '.join(categories)} of `{subject}`" if categories else f"everything of `{subject}`"
    try:
        confirmed = click.confirm(f"Erase {printable(what)}? This cannot be undone", err=True)
    except click.Abort:  # Ctrl-C, or the end of the input, at the question
        click.echo(err=True)
        confirmed = False
    if not confirmed:
        raise CommandError(Failure(code="not_confirmed", message="nothing erased"))


def _record(subject: str, act: Act, actor: Actor, *, server: tuple[str, Path], output: str) -> None:
    address, token_file = server
    with Connection(address, read_token(token_file)) as connection:
        event_id, answer = record_act(connection, subject, act, actor)
    if output == "json":
        show_json({"event_id": event_id, **to_plain(answer)})
    else:
        show_line(f"recorded; counts from {show_timestamp(answer.effective_at)} (revision {answer.revision})")
