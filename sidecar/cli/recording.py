"""Acts recorded from the command line."""

import uuid
from typing import Final

from sidecar.api.v1 import consent_pb2
from sidecar.cli.connection import Connection, Method
from sidecar.model.event import Act, Event
from sidecar.model.vocabulary import Actor
from sidecar.transport.convert.events import to_event

RECORD_EVENT: Final = Method.of("ConsentService", "RecordEvent")
ERASE: Final = Method.of("ConsentService", "Erase")


def record_act(
    connection: Connection, subject: str, act: Act, actor: Actor
) -> tuple[str, consent_pb2.RecordEventResponse]:
    """Record that *actor* did *act* now; returns the new event's id and what the sidecar says."""
    event = Event(id=_new_id(), act=act, actor=actor, method="command-line")
    request = consent_pb2.RecordEventRequest(subject=subject, event=to_event(event))
    return event.id, connection.call(RECORD_EVENT, request, consent_pb2.RecordEventResponse)


def erase_subject(connection: Connection, subject: str, categories: tuple[str, ...] = ()) -> consent_pb2.EraseResponse:
    """Erase *subject*, or only *categories*."""
    request = consent_pb2.EraseRequest(subject=subject, id=_new_id(), categories=categories)
    return connection.call(ERASE, request, consent_pb2.EraseResponse)


def _new_id() -> str:
    return f"cli-{uuid.uuid4()}"
