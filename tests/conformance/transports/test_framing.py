"""Messages as they stand on the wire, whole and broken: what each transport makes of them.

A row names one outcome if both transports must agree, else that of each: they are two libraries, and what neither lets
us choose is written down here. Nothing that is broken is ever answered with an allow.
"""

import gzip
from collections.abc import Callable
from typing import Final

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from tests.conformance.transports.over import CHECK, RECORD, Over
from tests.integration.caller import question
from tests.wire.connection import END_STREAM, Connection, Kind, Reply, frame, message

pytestmark = pytest.mark.conformance

ASKED: Final = question("framed").SerializeToString()
PACKED: Final = gzip.compress(ASKED)
GZIP: Final = (("grpc-encoding", "gzip"),)
KIB: Final = 1_024

Case = Callable[[Connection], Reply]


def sends(*pieces: bytes, extra: tuple[tuple[str, str], ...] = ()) -> Case:
    """A Check that sends just *pieces*."""
    return lambda raw: raw.ask(CHECK, *pieces, extra=extra)


def headers_alone(raw: Connection) -> Reply:
    """Nothing comes after the headers, which say so."""
    return raw.reply(raw.call(CHECK, end=True))


def octet_by_octet(raw: Connection) -> Reply:
    """Each in a frame of its own."""
    stream = raw.call(CHECK)
    for octet in message(ASKED):
        raw.data(stream, bytes([octet]), end=False)
    raw.data(stream, b"")
    return raw.reply(stream)


WHOLE: Final = [
    pytest.param(sends(message(ASKED)), id="one-message"),
    pytest.param(octet_by_octet, id="octet-by-octet"),
    pytest.param(sends(message(PACKED, flag=1), extra=GZIP), id="gzip"),
    pytest.param(sends(message(ASKED), extra=GZIP), id="gzip-announced-and-not-used"),
    pytest.param(sends(message(ASKED + b"\x9a\x06\x03new")), id="unknown-fields"),
]


@pytest.mark.parametrize("case", WHOLE)
def test_what_is_whole_is_answered(over: Over, case: Case) -> None:
    """With one message that is a CheckResponse."""
    with over.connection() as raw:
        reply = case(raw)

    assert ("OK", 1) == (reply.outcome, len(reply.messages))
    assert ["customer.email"] == [result.field for result in pb.CheckResponse.FromString(reply.messages[0]).results]


BROKEN: Final = [
    # case, outcome over grpcio, outcome over native
    pytest.param(sends(message(PACKED, flag=1)), "INTERNAL", "INTERNAL", id="compressed-without-encoding"),
    pytest.param(
        sends(message(ASKED, flag=1), extra=(("grpc-encoding", "identity"),)), "INTERNAL", "INTERNAL", id="identity"
    ),
    pytest.param(sends(message(b"no gzip", flag=1), extra=GZIP), "INTERNAL", "INTERNAL", id="gzip-that-is-none"),
    pytest.param(sends(message(PACKED[:-9], flag=1), extra=GZIP), "INTERNAL", "INTERNAL", id="gzip-cut-off"),
    pytest.param(
        sends(message(ASKED), extra=(("grpc-encoding", "zebra"),)), "INTERNAL", "UNIMPLEMENTED", id="encoding-unknown"
    ),
    pytest.param(sends(message(ASKED, size=len(ASKED) + 1)), "UNIMPLEMENTED", "INTERNAL", id="cut-off"),
    pytest.param(sends(b"\0\0\0"), "UNIMPLEMENTED", "INTERNAL", id="prefix-cut-off"),
    pytest.param(sends(), "UNIMPLEMENTED", "INTERNAL", id="no-message"),
    pytest.param(headers_alone, "UNIMPLEMENTED", "INTERNAL", id="headers-alone"),
    # grpcio hands an empty message on, or none: which of them is a race that it has with itself.
    pytest.param(sends(message(ASKED, flag=2)), "INVALID_ARGUMENT or UNIMPLEMENTED", "INTERNAL", id="flag-of-2"),
    pytest.param(sends(message(b"")), "INVALID_ARGUMENT", "INVALID_ARGUMENT", id="empty-message"),
    pytest.param(sends(message(b"\xff" * 9)), "INVALID_ARGUMENT", "INVALID_ARGUMENT", id="no-protobuf"),
    pytest.param(sends(message(ASKED + b"\x0b")), "INVALID_ARGUMENT", "INVALID_ARGUMENT", id="open-group"),
    pytest.param(sends(message(ASKED + b"\x1a\x02\xff\xfe")), "INVALID_ARGUMENT", "INVALID_ARGUMENT", id="no-utf-8"),
    pytest.param(sends(message(ASKED + b"\x1a\x7f")), "INVALID_ARGUMENT", "INVALID_ARGUMENT", id="protobuf-cut-off"),
    pytest.param(sends(message(ASKED + b"\x10\x63")), "INVALID_ARGUMENT", "INVALID_ARGUMENT", id="action-unknown"),
]


@pytest.mark.parametrize(("case", "grpcio", "native"), BROKEN)
def test_what_is_broken_is_refused(over: Over, case: Case, grpcio: str, native: str) -> None:
    """And the connection, and the server, go on."""
    with over.connection() as raw:
        reply = case(raw)
        after = raw.ask(CHECK, message(ASKED))

    assert reply.outcome in {"grpcio": grpcio, "native": native}[over.transport].split(" or ")
    assert ([], "OK") == (reply.messages, after.outcome)


ODD: Final = [
    # Of several messages the first counts: no client library sends more, and grpcio does not look.
    pytest.param(sends(message(ASKED), message(ASKED)), "OK", "OK", id="two-messages"),
    # What follows the message is never looked at by grpcio.
    pytest.param(sends(message(ASKED), b"\0"), "OK", "INTERNAL", id="rest-too-short"),
    pytest.param(sends(message(ASKED), b"\xff" * 7), "OK", "INTERNAL", id="rest-that-is-none"),
]


@pytest.mark.parametrize(("case", "grpcio", "native"), ODD)
def test_what_no_client_sends_is_answered_once_or_refused(over: Over, case: Case, grpcio: str, native: str) -> None:
    """Never twice."""
    with over.connection() as raw:
        reply = case(raw)
        after = raw.ask(CHECK, message(ASKED))

    assert {"grpcio": grpcio, "native": native}[over.transport] == reply.outcome
    assert len(reply.messages) == (reply.outcome == "OK")
    assert "OK" == after.outcome


@pytest.mark.parametrize("path", [CHECK, RECORD], ids=["check", "fallback"])
def test_a_message_that_unpacks_to_more_than_the_limit_is_refused(over: Over, path: str) -> None:
    """What counts is its size once it is unpacked, and nobody parses it."""
    packed = gzip.compress(bytes(65 * KIB))
    with over.connection() as raw:
        reply = raw.ask(path, message(packed, flag=1), extra=(*GZIP, *over.served.operator))

    assert "RESOURCE_EXHAUSTED" == reply.outcome


def test_padding_is_no_part_of_a_message(over: Over) -> None:
    """Frames may be padded; grpcio does not know how, and refuses them."""
    framed = message(ASKED)
    with over.connection() as raw:
        stream = raw.call(CHECK)
        raw.write(frame(Kind.DATA, END_STREAM | 0x8, stream, b"\x04" + framed + bytes(4)))
        reply = raw.reply(stream)

    assert reply.outcome in {"grpcio": ("reset 1", "UNIMPLEMENTED"), "native": ("OK",)}[over.transport]
