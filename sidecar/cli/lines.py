"""Lines of an import, to the protocol."""

from typing import Final

from sidecar.api.v1 import consent_pb2
from sidecar.consent.codec import line_from_json
from sidecar.errors import RequestError
from sidecar.model.event import Erasure
from sidecar.transport.convert.events import to_event

MAX_BYTES: Final = 65_536
"""The server takes no larger message; an event in JSON is larger than as a message."""


class MalformedLineError(Exception):
    """The line is not an event; the message says why."""


def read_line(line: bytes) -> consent_pb2.ImportLine:
    """The event of *line*, its number left out; ``MalformedLineError`` if it has none."""
    if len(line) > MAX_BYTES:
        raise MalformedLineError(f"it has {len(line)} bytes, at most {MAX_BYTES} are taken")
    try:
        subject, event = line_from_json(line)
    except RequestError as error:
        raise MalformedLineError(str(error)) from error
    if isinstance(event.act, Erasure):
        raise MalformedLineError("`event.erasure`: an import does not erase; `sidecar consent erase` does")
    return consent_pb2.ImportLine(subject=subject, event=to_event(event))
