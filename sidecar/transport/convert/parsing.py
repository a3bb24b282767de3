"""Bytes from outside to messages: what cannot be parsed is the caller's fault."""

from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message

from sidecar.errors import OverloadedError, RequestError

MALFORMED: Final = "cannot be parsed: not that message, or text in it is not UTF-8"

_M = TypeVar("_M", bound=Message)


def sized(data: bytes, most: int) -> bytes:
    """*data*, which has at most so many bytes; else raises ``OverloadedError``, in the words of grpcio."""
    if len(data) > most:
        raise OverloadedError(f"SERVER: Received message larger than max ({len(data)} vs. {most})")
    return data


def parse(message: type[_M], data: bytes) -> _M:
    """The message that *data* is; raises ``RequestError`` naming the message if it is none."""
    try:
        return message.FromString(data)
    except DecodeError:
        raise malformed(message) from None


def malformed(message: type[Message]) -> RequestError:
    """What is wrong with bytes that are no *message*."""
    return RequestError(message.DESCRIPTOR.name, MALFORMED)
