"""What happens in the demo after the questions: a withdrawal, an explanation, an erasure; each seen at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from sidecar.api.v1 import authorization_pb2
from sidecar.cli.ask import EXPLAIN
from sidecar.cli.connection import Connection
from sidecar.cli.plain import show_timestamp
from sidecar.cli.recording import erase_subject, record_act
from sidecar.client import Client, Decision, Question
from sidecar.client.question import to_request
from sidecar.model.event import Choice, Submission
from sidecar.model.scope import Scope
from sidecar.model.vocabulary import Actor, ChoiceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Something done, and what was seen of it."""

    title: str
    seen: tuple[str, ...]


def play(client: Client, connection: Connection, question: Question) -> Iterator[Scene]:
    """Do it all to the person of *question*, which is allowed now."""
    yield _withdraw(client, connection, question)
    yield _explain(connection, question)
    yield _erase(client, connection, question)


def _withdraw(client: Client, connection: Connection, question: Question) -> Scene:
    before = client.check(question)
    withdrawal = Choice(kind=ChoiceKind.WITHDRAWN, scope=Scope(purposes=(question.purpose,)))
    _, answer = record_act(connection, question.subject, Submission(choices=(withdrawal,)), Actor.SUBJECT)
    recorded = perf_counter()
    after = client.check(question)
    milliseconds = (perf_counter() - recorded) * 1_000
    return Scene(
        title=f"{question.subject} withdraws consent for {question.purpose}",
        seen=(
            f"before: {_told(before)}",
            f"the withdrawal is durable, revision {answer.revision}",
            f"the next answer, {milliseconds:.1f} ms later: {_told(after)}",
        ),
    )


def _explain(connection: Connection, question: Question) -> Scene:
    request = authorization_pb2.ExplainRequest(request=to_request(question))
    (field,) = connection.call(EXPLAIN, request, authorization_pb2.ExplainResponse).fields
    choices = tuple(
        f"{choice.fact} for {choice.category}: {choice.kind} by the {choice.actor}"
        f" at {show_timestamp(choice.effective_at)}, event {choice.event_id}"
        for choice in field.choices
    )
    return Scene(title="and why is that?", seen=(field.summary, *choices))


def _erase(client: Client, connection: Connection, question: Question) -> Scene:
    answer = erase_subject(connection, question.subject)
    support = Question(
        service="support", fields="customer.email", subject=question.subject, purpose="essential.service"
    )
    law = Question(
        service="support",
        fields="customer.email",
        subject=question.subject,
        purpose="essential.legal_obligation",
        action="retain",
    )
    return Scene(
        title=f"{question.subject} is erased",
        seen=(
            f"everything until {show_timestamp(answer.effective_at)} is void, whatever is replayed",
            f"even what was ordered: {_told(client.check(support))}",
            f"but what the law requires: {_told(client.check(law))}",
        ),
    )


def _told(decision: Decision) -> str:
    field = decision.fields[0]
    return f"{field.effect.upper()} ({field.reason})"
