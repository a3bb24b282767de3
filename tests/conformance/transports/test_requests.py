"""Calls that no client library makes: other paths, methods, content types, headers; and what is no HTTP/2 at all."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.conformance.transports.over import CHECK, RECORD, Over
from tests.integration.caller import question
from tests.wire.connection import (
    END_HEADERS,
    END_STREAM,
    Connection,
    Kind,
    Reply,
    dial,
    frame,
    message,
    usual,
)
from tests.wire.hpack import pack

pytestmark = pytest.mark.conformance

ASKED: Final = message(question("asked").SerializeToString())


def asked(raw: Connection, **fields: str | None) -> Reply:
    """The reply to a Check with other *fields*: ``_method`` is that of HTTP, ``None`` leaves one out."""
    changed = {
        (":" if name.startswith("_") else "") + name.strip("_").replace("_", "-"): value
        for name, value in fields.items()
    }
    named = {**dict(usual(CHECK)), **changed}
    stream = raw.begin([(name, value) for name, value in named.items() if value is not None])
    raw.data(stream, ASKED)
    return raw.reply(stream)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "/sidecar.api.v1.AuthorizationService",
        "/sidecar.api.v1.AuthorizationService/",
        "/sidecar.api.v1.AuthorizationService/check",
        "/sidecar.api.v1.AuthorizationService/Check/",
        "/sidecar.api.v2.AuthorizationService/Check",
        "/sidecar.api.v1.NoService/Check",
        "/AuthorizationService/Check",
        "/%73idecar.api.v1.AuthorizationService/Check",
    ],
)
def test_a_path_that_is_none_of_ours_is_unimplemented(over: Over, path: str) -> None:
    """With a status, so that clients know it for what it is: they have the wrong server or version."""
    with over.connection() as raw:
        reply = asked(raw, _path=path)
        after = asked(raw)

    assert ["UNIMPLEMENTED", "OK"] == [reply.outcome, after.outcome]


REFUSED: Final = "reset 1"  # PROTOCOL_ERROR
ABSENT: Final = "reset 2"  # what grpcio makes of fields that are missing or wrong: INTERNAL_ERROR


@pytest.mark.parametrize(
    ("fields", "grpcio", "native"),
    [
        # Neither library looks at the content type: a message of another kind is refused as a message.
        pytest.param({"content_type": "application/grpc+proto"}, "OK", "OK", id="grpc+proto"),
        pytest.param({"content_type": "application/json"}, "OK", "OK", id="json"),
        pytest.param({"content_type": None}, "OK", "OK", id="no-content-type"),
        # grpcio wants what the protocol wants; native takes any method for POST, which changes nothing of the answer.
        pytest.param({"_method": "GET"}, ABSENT, "OK", id="get"),
        pytest.param({"_method": "PUT"}, ABSENT, "OK", id="put"),
        pytest.param({"_method": None}, ABSENT, REFUSED, id="no-method"),
        pytest.param({"te": None}, ABSENT, "OK", id="no-te"),
        pytest.param({"te": "gzip"}, "INTERNAL", REFUSED, id="another-te"),
        pytest.param({"_scheme": None}, ABSENT, REFUSED, id="no-scheme"),
        pytest.param({"_authority": None}, ABSENT, "OK", id="no-authority"),
        pytest.param({"_path": None}, ABSENT, REFUSED, id="no-path"),
        # A question mark is part of a path for grpcio, and its end for native.
        pytest.param({"_path": f"{CHECK}?x=1"}, "UNIMPLEMENTED", "OK", id="query"),
        pytest.param({"content_length": f"{len(ASKED) + 1}"}, "OK", REFUSED, id="content-length-wrong"),
        pytest.param({"content_length": f"{len(ASKED)}"}, "OK", "OK", id="content-length-right"),
    ],
)
def test_other_headers(over: Over, fields: dict[str, str | None], grpcio: str, native: str) -> None:
    """Whatever they say, the same question gets the same answer or none; the server goes on."""
    with over.connection() as raw:
        reply = asked(raw, **fields)
        after = asked(raw)

    assert {"grpcio": grpcio, "native": native}[over.transport] == reply.outcome
    assert "OK" == after.outcome


@pytest.mark.parametrize(
    ("field", "grpcio", "native"),
    [
        (("X-Upper", "x"), "INTERNAL", "cut"),
        ((":unknown", "x"), "INTERNAL", "cut"),
        (("x-null", b"a\0b"), "OK", "cut"),
        (("x-lines", b"a\r\nb"), "OK", "cut"),
        (("x-high", b"\xff\xfe"), "OK", "OK"),
    ],
)
def test_fields_that_are_malformed(over: Over, field: tuple[str, str | bytes], grpcio: str, native: str) -> None:
    """End the call, or the connection, or are of no consequence."""
    with over.connection() as raw:
        outcome = raw.ask(CHECK, ASKED, extra=[field]).outcome
    with over.connection() as raw:
        after = raw.ask(CHECK, ASKED).outcome

    assert ({"grpcio": grpcio, "native": native}[over.transport], "OK") == (outcome, after)


Frames = Callable[[], bytes]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(Kind.SETTINGS, 0, 0, b"abc"), id="settings-of-3-octets"),
        pytest.param(frame(Kind.WINDOW_UPDATE, 0, 0, bytes(4)), id="window-of-0"),
        pytest.param(frame(Kind.CONTINUATION, END_HEADERS, 1, pack(usual(CHECK))), id="continuation-of-nothing"),
        pytest.param(
            frame(Kind.HEADERS, 0, 1, pack(usual(CHECK))) + frame(Kind.PING, 0, 0, bytes(8)), id="headers-interrupted"
        ),
        pytest.param(frame(Kind.HEADERS, END_HEADERS | END_STREAM, 1, b"\xff" * 5), id="no-hpack"),
        pytest.param(
            frame(Kind.HEADERS, END_HEADERS, 1, pack(usual(CHECK))) + frame(Kind.DATA, END_STREAM, 1, bytes(20_000)),
            id="frame-too-large",
        ),
        pytest.param(b"\xff" * 20_000, id="no-frames"),
    ],
)
def test_a_peer_that_breaks_the_protocol_is_hung_up_on(over: Over, data: bytes) -> None:
    """And that one alone."""
    with over.connection() as good, over.connection() as bad:
        before = good.ask(CHECK, ASKED).outcome
        bad.write(data)
        bad.until_closed()
        after = good.ask(CHECK, ASKED).outcome

    assert ["OK", "OK"] == [before, after]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", id="http-1.1"),
        pytest.param(f"POST {CHECK} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode(), id="http-1.1-post"),
        pytest.param(bytes.fromhex("16030102000100") + bytes(509), id="tls"),
        pytest.param(bytes(range(256)) * 8, id="garbage"),
    ],
)
def test_who_speaks_something_else_is_hung_up_on(over: Over, door: str, data: bytes) -> None:
    """Not kept waiting, and not answered."""
    with dial(over.addresses[door]) as stranger:
        stranger.settimeout(5)
        stranger.sendall(data)
        try:
            while stranger.recv(65_536):
                pass
        except ConnectionResetError:
            pass
    with over.connection(door) as raw:
        after = raw.ask(CHECK, ASKED).outcome

    assert "OK" == after


def test_frames_of_no_known_kind_are_ignored(over: Over) -> None:
    """That is how the protocol grows."""
    with over.connection() as raw:
        raw.write(frame(0x42, 0xFF, 0, b"new"))
        outcome = raw.ask(CHECK, ASKED).outcome

    assert "OK" == outcome


@pytest.mark.parametrize("path", [CHECK, RECORD], ids=["check", "fallback"])
def test_headers_in_pieces_and_trailers_of_the_caller(over: Over, path: str) -> None:
    """Both are rare, and right."""
    block = pack((*usual(path), *over.served.operator))
    with over.connection() as raw:
        raw.write(frame(Kind.HEADERS, 0, 1, block[:20]) + frame(Kind.CONTINUATION, END_HEADERS, 1, block[20:]))
        raw.data(1, message(b"\x0a\x01p"), end=False)
        raw.write(frame(Kind.HEADERS, END_HEADERS | END_STREAM, 1, pack([("x-trailer", "x")])))
        outcome = raw.reply(1).outcome

    assert {CHECK: "INVALID_ARGUMENT", RECORD: "OK"}[path] == outcome
