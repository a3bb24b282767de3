"""Calls that end with an error, in the words that grpcio uses."""

import grpc

from sidecar.transport.native.front import Front
from sidecar.transport.status import Status, status_of


def fail(front: Front, call: int, error: BaseException) -> Status:
    """The status that *call*, whose answering met *error*, was ended with."""
    status = status_of(error)
    end(front, call, status.code, status.text)
    return status


def end(front: Front, call: int, code: grpc.StatusCode, text: str) -> None:
    """End *call* with *code* and *text*."""
    number: int = code.value[0]
    front.fail(call, number, text.encode("utf-8", "replace").decode())
