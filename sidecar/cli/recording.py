"""Acts recorded from the command line."""

import uuid
from typing import Final, TypeVar

from google.protobuf.message import Message

from sidecar.api.v1 import consent_pb2
from sidecar.cli.connection import Connection, Method
from sidecar.cli.failure import CommandError
from sidecar.cli.scope import in_options
from sidecar.model.event import Act, Event
from sidecar.model.vocabulary import Actor
from sidecar.transport.convert.events import to_event

RECORD_EVENT: Final = Method.of("ConsentService", "RecordEvent")
ERASE: Final = Method.of("ConsentService", "Erase")

_M = TypeVar("_M", bound=Message)


def record_act(
    connection: Connection, subject: str, act: Act, actor: Actor
) -> tuple[str, consent_pb2.RecordEventResponse]:
    """Record that *actor* did *act* now; returns the new event's id and what the sidecar says."""
    event = Event(id=_new_id(), act=act, actor=actor, method="command-line")
    request = consent_pb2.RecordEventRequest(subject=subject, event=to_event(event))
    return event.id, _call(connection, RECORD_EVENT, request, consent_pb2.RecordEventResponse)


def erase_subject(connection: Connection, subject: str, categories: tuple[str, ...] = ()) -> consent_pb2.EraseResponse:
    """Erase *subject*, or only *categories*."""
    request = consent_pb2.EraseRequest(subject=subject, id=_new_id(), categories=categories)
    return _call(connection, ERASE, request, consent_pb2.EraseResponse)


def _call(connection: Connection, method: Method, request: Message, answer: type[_M]) -> _M:
    try:
        return connection.call(method, request, answer)
    except CommandError as error:
        raise CommandError(in_options(error.failure), exit_code=error.exit_code) from error


def _new_id() -> str:
    return f"cli-{uuid.uuid4()}"
