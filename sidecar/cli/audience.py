"""``audience``: of the people in a file, those whose data may be used."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import click

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.cli.attribute import parse_attributes
from sidecar.cli.audience_view import Outcome, show_audience, show_summary
from sidecar.cli.connection import Connection, Method, address_option
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.importing import opened, progress_bar
from sidecar.cli.output import output_option, show_json
from sidecar.cli.use_arguments import WHAT, WHAT_FOR, Argument
from sidecar.client import Audience, AudienceQuestion
from sidecar.client.audience import from_response, to_request

FILTER_SUBJECTS: Final = Method.of("AuthorizationService", "FilterSubjects")

MAX_TOGETHER: Final = 10_000
"""People in one call."""

MAX_BYTES: Final = 448 * 1024
"""Of their ids, as they are sent; the server takes no longer message than 512 KiB."""

_AN_ID: Final = "an id is alone on its line, has 1 to 256 bytes and no control characters, such as a tab"
_FEWER: Final = "ask about fewer in a call: --together {most}"
_FRAME: Final = 3
_PLACE: Final = re.compile(r"`subjects\[(\d+)\]`")
_TOO_MANY: Final = re.compile(r"`subjects`: must have 1 to (\d+)")

_ARGUMENTS: Final[tuple[Argument, ...]] = (
    *WHAT,
    click.option(
        "--subjects",
        "file",
        required=True,
        type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
        metavar="FILE",
        help="Whose data: an id a line ('-': standard input). Who is there twice counts once.",
    ),
    *WHAT_FOR,
    click.option(
        "--mask",
        "masks",
        multiple=True,
        type=click.Choice(["redact", "hash", "last4", "year"]),
        help="A mask that you apply where a field has one; may be repeated. Who needs another is left out.",
    ),
    click.option(
        "--together",
        type=click.IntRange(1, MAX_TOGETHER),
        default=MAX_TOGETHER,
        show_default=True,
        metavar="N",
        help="How many are asked about in one call at most: `limits.audience_subjects` of the sidecar may be lower.",
    ),
)


class Part(NamedTuple):
    """People who are asked about together."""

    subjects: tuple[str, ...]
    lines: tuple[int, ...]  # that they are on, from 1
    size: int  # of these lines, and of those before that were passed over, in bytes


def _arguments(command: Any) -> Any:  # noqa: ANN401 - any command
    for argument in reversed(_ARGUMENTS):
        command = argument(command)
    return command


@click.command(short_help="Find those of many people whose data may be used.")
@_arguments
@address_option
@output_option
def audience(
    *,
    file: Path,
    attributes: tuple[str, ...],
    together: int,
    address: str,
    output: str,
    **params: Any,  # noqa: ANN401
) -> NoReturn:
    """Find those of the people in FILE of whom SERVICE may use every FIELD, such as for a mailing.

    Prints their ids, one a line. Behind an id may be a tab and what must be masked before use, but only if you said
    with --mask that you can. How many were left out, and why, is told on standard error. Exits 2 if nobody is left.

    More than 10,000 are asked about in several calls. Ask when you are about to use the data: people change their
    minds.
    """
    try:
        question = AudienceQuestion(subjects=(), attributes=parse_attributes(attributes), **params)
        to_request(question)
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    outcome = Outcome(kept=output == "json")
    said = "standard input" if file == Path("-") else f"`{file}`"
    with (
        Connection(address) as connection,
        opened(file) as (source, size),
        progress_bar("asking", size, shown=output == "table") as progress,
    ):
        through_line = 0
        for part in parts(said, source, most=together):
            try:
                found = _ask(connection, replace(question, subjects=part.subjects), part, said)
            except CommandError as error:
                raise _stopped(error, through_line) from error
            outcome.add(found, len(part.subjects))
            if output == "table":
                show_audience(found)
            through_line = part.lines[-1]
            progress(len(part.subjects), part.size)
    if not outcome.asked:
        message = f"there is nobody in {said}"
        raise CommandError(Failure(code="nobody", message=message, hint="give it an id a line"))
    if output == "json":
        show_json(outcome.to_plain())
    show_summary(outcome)
    click.get_current_context().exit(ExitCode.SUCCESS if outcome.usable else ExitCode.DENIED)


def parts(said: str, source: Iterable[bytes], *, most: int = MAX_TOGETHER) -> Iterator[Part]:
    """The people on the lines of *source*, which is called *said*, each once, at most so many together.

    Raises ``CommandError`` if a line is no text.
    """
    seen: set[str] = set()
    subjects: list[str] = []
    lines: list[int] = []
    size = sent = 0
    for number, raw in enumerate(source, start=1):
        size += len(raw)
        subject = _subject(said, number, raw)
        if not subject or subject in seen:
            continue
        seen.add(subject)
        length = len(subject.encode()) + _FRAME
        if subjects and (len(subjects) == most or sent + length > MAX_BYTES):
            yield Part(tuple(subjects), tuple(lines), size)
            subjects, lines, size, sent = [], [], 0, 0
        subjects.append(subject)
        lines.append(number)
        sent += length
    if subjects:
        yield Part(tuple(subjects), tuple(lines), size)


def _subject(said: str, number: int, raw: bytes) -> str:
    """The id on a line; empty if there is none."""
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")  # some programs begin a file with a mark
    except UnicodeDecodeError as error:
        message = f"line {number} of {said} is not UTF-8"
        raise CommandError(Failure(code="unreadable", message=message, hint="save it as UTF-8")) from error
    return text.rstrip("\r\n")


def _ask(connection: Connection, question: AudienceQuestion, part: Part, said: str) -> Audience:
    try:
        response = connection.call(FILTER_SUBJECTS, to_request(question), pb.FilterSubjectsResponse)
    except CommandError as error:
        too_many = _TOO_MANY.match(error.failure.message)
        if too_many is not None:
            raise CommandError(replace(error.failure, hint=_FEWER.format(most=too_many[1]))) from error
        place = _PLACE.match(error.failure.message)
        if place is None:
            raise
        line, why = part.lines[int(place[1])], error.failure.message[place.end() + 2 :]
        message = f"line {line} of {said} holds no id: {why}"
        raise CommandError(replace(error.failure, message=message, hint=_AN_ID)) from error
    found = from_response(question, response)
    if found.failure is not None:
        raise CommandError(Failure(code=found.failure.lower(), message=found.detail))
    return found


def _stopped(error: CommandError, through_line: int) -> CommandError:
    """*error*, with how far it came."""
    if not through_line:
        return error
    message = f"stopped after line {through_line}: {error.failure.message}"
    details = {**error.failure.details, "through_line": through_line}
    return CommandError(replace(error.failure, message=message, details=details), exit_code=error.exit_code)
