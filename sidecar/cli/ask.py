"""``check`` and ``explain``: put a question, show the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click

from sidecar.api.v1 import authorization_pb2
from sidecar.cli import answer_view
from sidecar.cli.attribute import parse_attributes
from sidecar.cli.connection import Connection, Method, address_option, read_token, token_option
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.invocation import current_invocation, repeated
from sidecar.cli.output import output_option, show_json
from sidecar.cli.remedy import Remedy, remedy
from sidecar.cli.use_arguments import WHAT, WHAT_FOR
from sidecar.client import Decision, Question
from sidecar.client.answer import from_response
from sidecar.client.question import to_request

CHECK: Final = Method.of("AuthorizationService", "Check")
EXPLAIN: Final = Method.of("AuthorizationService", "Explain")

_F = TypeVar("_F", bound=Callable[..., Any])

_ARGUMENTS: Final = (
    *WHAT,
    click.option("--subject", required=True, metavar="ID", help="Whose data."),
    click.option(
        "--co-subject",
        "co_subjects",
        multiple=True,
        metavar="ID",
        help="Who else is in the same data; may be repeated. All must allow it.",
    ),
    *WHAT_FOR,
)


def _question_arguments(command: _F) -> _F:
    for argument in reversed(_ARGUMENTS):
        command = argument(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The question of a command line, and the words that put it."""

    question: Question
    words: tuple[str, ...]

    @classmethod
    def of(cls, *, attributes: tuple[str, ...], **params: Any) -> "_Asked":  # noqa: ANN401 - click's parameters
        """Read the parameters of ``_ARGUMENTS``."""
        try:
            question = Question(**params, attributes=parse_attributes(attributes))
        except ValueError as error:
            raise click.UsageError(str(error), click.get_current_context()) from error
        words = [question.service, *question.fields, "--subject", question.subject, "--purpose", question.purpose]
        words += repeated("--co-subject", question.co_subject_ids)
        words += ["--channel", question.channel] if question.channel else []
        words += ["--recipient", question.recipient] if question.recipient else []
        words += [] if question.action == "use" else ["--action", question.action]
        return cls(question=question, words=(*words, *repeated("--attribute", attributes)))

    def request(self) -> authorization_pb2.CheckRequest:
        """The question as the protocol has it."""
        try:
            return to_request(self.question)
        except ValueError as error:
            raise click.UsageError(str(error), click.get_current_context()) from error

    def decide(self, response: authorization_pb2.CheckResponse) -> Decision:
        """The decision of *response*; ``CommandError`` if it is none."""
        decision = from_response(self.question, response)
        if decision.failure is not None:
            raise CommandError(Failure(code=decision.failure.lower(), message=decision.detail))
        return decision

    def remedies(self, decision: Decision, *, explained: bool = False) -> dict[str, Remedy]:
        """For each denied field what would change that; *explained* already, if nothing else is left to do."""
        invocation, now, words = current_invocation(), datetime.now(UTC), () if explained else self.words
        return {
            field.field: remedy(self.question, field, invocation, words=words, now=now) for field in decision.denied
        }


@click.command(short_help="Ask whether a service may use fields of a person.")
@_question_arguments
@address_option
@output_option
def check(*, address: str, output: str, **params: Any) -> NoReturn:  # noqa: ANN401
    """Ask whether SERVICE may use every FIELD; exits 2 if one is denied.

    An allowed field may come with an obligation, such as a mask: who cannot do it must not use the field.
    """
    asked = _Asked.of(**params)
    with Connection(address) as connection:
        decision = asked.decide(connection.call(CHECK, asked.request(), authorization_pb2.CheckResponse))
    remedies = asked.remedies(decision)
    if output == "json":
        show_json(answer_view.to_plain(decision, remedies))
    else:
        answer_view.show(decision, remedies)
    _leave(decision)


@click.command(short_help="Ask like `check`, and say why in full.")
@_question_arguments
@address_option
@token_option
@output_option
def explain(*, address: str, token_file: Path, output: str, **params: Any) -> NoReturn:  # noqa: ANN401
    """Ask like `check`, and say why in full; exits 2 if a field is denied.

    Shows the choices, facts and policies that decided, and what would have to change.
    """
    asked = _Asked.of(**params)
    request = authorization_pb2.ExplainRequest(request=asked.request())
    with Connection(address, read_token(token_file)) as connection:
        response = connection.call(EXPLAIN, request, authorization_pb2.ExplainResponse)
    decision = asked.decide(response.response)
    remedies = asked.remedies(decision, explained=True)
    if output == "json":
        show_json(answer_view.explanation_to_plain(decision, remedies, response))
    else:
        answer_view.show_explanation(decision, remedies, response)
    _leave(decision)


def _leave(decision: Decision) -> NoReturn:
    click.get_current_context().exit(ExitCode.DENIED if decision.denied else ExitCode.SUCCESS)
