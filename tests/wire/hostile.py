"""Callers who mean harm, or are broken, in a process of their own.

``python -m tests.wire.hostile WHO ADDRESS SCALE``: does its worst as often as SCALE says, then writes ``standing``, and
holds what it has until its input ends.
"""

import socket
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

from sidecar.api.v1 import authorization_pb2 as pb
from tests.wire.connection import (
    END_HEADERS,
    END_STREAM,
    PREFACE,
    Connection,
    Kind,
    Setting,
    dial,
    frame,
    in_pieces,
    message,
    usual,
)
from tests.wire.hpack import pack, packed_number

CHECK: Final = "/sidecar.api.v1.AuthorizationService/Check"
BATCH: Final = "/sidecar.api.v1.AuthorizationService/CheckBatch"

_HELLO: Final = PREFACE + frame(Kind.SETTINGS, 0, 0, b"")
_HEADERS: Final = pack(usual(CHECK))
_STREAMS: Final = 100
"""On one connection; every peer takes as many."""

_PATIENCE_SECONDS: Final = 0.5
"""How long it tries to send to a peer that takes nothing any more: that one is safe."""

Held = list[socket.socket]


def garbage(address: str, scale: int) -> Held:
    """Random bytes, half of them after a proper greeting."""
    random = Random(1)
    return [
        _pushed(address, (_HELLO if number % 2 else b"") + random.randbytes(random.randrange(1, 4_096)))
        for number in range(scale)
    ]


def half_open(address: str, scale: int) -> Held:
    """Connections that say nothing, only hello, or also headers, but no message."""
    said = (b"", _HELLO, _HELLO + frame(Kind.HEADERS, END_HEADERS, 1, _HEADERS))
    return [_pushed(address, said[number % len(said)]) for number in range(scale)]


def never_reads(address: str, scale: int) -> Held:
    """Asks large batches on *scale* connections, and opens no window for the answers."""
    asked = pb.CheckRequest(
        service="newsletter", subject="p1", fields=["customer.email"], purpose="marketing.communications.email"
    )
    batch = message(pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=asked)] * 64).SerializeToString())
    held = []
    for _ in range(scale):
        connection = Connection(address, settings={Setting.INITIAL_WINDOW_SIZE: 0}, hoards=True)
        with suppress(TimeoutError):
            for _ in range(_STREAMS):
                connection.data(connection.call(BATCH), batch, within_seconds=_PATIENCE_SECONDS)
        held.append(connection.socket)
    return held


def large_headers(address: str, scale: int) -> Held:
    """Headers of a megabyte, in one field and in 100,000."""
    one = in_pieces(pack((*usual(CHECK), ("x-large", "x" * 1_000_000))))
    many = in_pieces(pack((*usual(CHECK), *((f"x-{number}", "x") for number in range(100_000)))))
    return [_pushed(address, _HELLO + (one, many)[number % 2]) for number in range(scale)]


def hpack_bomb(address: str, scale: int) -> Held:
    """A field of 4 kB that the peer is to remember, and 10,000 times the same: 40 MB in 14 kB."""
    remembered = pack([("x-bomb", "x" * 3_900)], remember=True)
    again = packed_number(62, 7, 0x80) * 10_000
    return [_pushed(address, _HELLO + in_pieces(_HEADERS + remembered + again)) for _ in range(scale)]


def continuations(address: str, scale: int) -> Held:
    """*scale* megabytes of a block of headers that never ends, and as many frames without anything in them."""
    full = frame(Kind.CONTINUATION, 0, 1, pack([("x-more", "x" * 16_000)])) * 64
    empty = frame(Kind.CONTINUATION, 0, 1, b"") * 1_000
    held = []
    for flood in (full, empty):
        connection = _pushed(address, _HELLO + frame(Kind.HEADERS, 0, 1, _HEADERS))
        held.append(connection)
        _flood(connection, flood, scale)
    return held


def rapid_reset(address: str, scale: int) -> Held:
    """*scale* thousand calls that are taken back at once, on connections that are made anew when the peer ends them."""
    held: Held = []
    for _ in range(scale):
        left = 1_000
        while left > 0:
            connection = _pushed(address, _HELLO)
            for stream in range(1, 2 * left, 2):
                if not _push(connection, _taken_back(stream)):
                    break
                left -= 1
            held = [*held[-3:], connection]
            left -= 1
    return held


def pings(address: str, scale: int) -> Held:
    """*scale* thousand pings and settings, whose acknowledgements it does not read."""
    flood = (frame(Kind.PING, 0, 0, b"12345678") + frame(Kind.SETTINGS, 0, 0, b"")) * 1_000
    return [_flood(_pushed(address, _HELLO), flood, scale)]


def trifles(address: str, scale: int) -> Held:
    """*scale* thousand windows, priorities and frames of no known kind."""
    update = frame(Kind.WINDOW_UPDATE, 0, 0, (1).to_bytes(4, "big"))
    flood = (update + frame(Kind.PRIORITY, 0, 1, bytes(5)) + frame(0x42, 0, 0, b"x")) * 1_000
    return [_flood(_pushed(address, _HELLO), flood, scale)]


def large_message(address: str, scale: int) -> Held:
    """Almost all of a message of *scale* megabytes."""
    connection = Connection(address)
    _upload(connection, message(b"", size=scale << 20), bytes((scale << 20) - 1))
    return [connection.socket]


def packed_message(address: str, scale: int) -> Held:
    """A message of *scale* megabytes that has a thousandth of that on the wire."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(scale)) + packer.flush()
    connection = Connection(address)
    stream = connection.call(CHECK, ("grpc-encoding", "gzip"))
    with suppress(TimeoutError):
        connection.data(stream, message(packed, flag=1), within_seconds=20)
        connection.reply(stream, within_seconds=20)
    return [connection.socket]


def half_sent(address: str, scale: int) -> Held:
    """*scale* messages of 64 kB without their last byte."""
    held: Held = []
    for _ in range(0, scale, _STREAMS):
        connection = Connection(address)
        for _ in range(min(scale, _STREAMS)):
            _upload(connection, message(b"", size=65_000), bytes(64_999))
        held.append(connection.socket)
    return held


def claims(address: str, scale: int) -> Held:
    """*scale* messages that claim to have 4 GiB, and their first octet."""
    claimed = message(b"x", size=2**32 - 1)
    held = []
    for first in range(0, scale, _STREAMS):
        calls = (_begun(2 * number + 1, claimed) for number in range(min(_STREAMS, scale - first)))
        held.append(_pushed(address, _HELLO + b"".join(calls)))
    return held


ATTACKS: Final[dict[str, Callable[[str, int], Held]]] = {
    attack.__name__: attack
    for attack in (
        *(garbage, half_open, never_reads, large_headers, hpack_bomb, continuations, rapid_reset, pings, trifles),
        *(large_message, packed_message, half_sent, claims),
    )
}


def _pushed(address: str, data: bytes) -> socket.socket:
    connection = dial(address)
    connection.settimeout(_PATIENCE_SECONDS)
    _push(connection, data)
    return connection


def _push(connection: socket.socket, data: bytes) -> bool:
    """Send *data*: whether the peer took it."""
    try:
        connection.sendall(data)
    except OSError:  # it hung up, or takes nothing any more
        return False
    return True


def _flood(connection: socket.socket, data: bytes, times: int) -> socket.socket:
    for _ in range(times):
        if not _push(connection, data):
            break
    return connection


def _upload(connection: Connection, *pieces: bytes) -> None:
    stream = connection.call(CHECK)
    with suppress(TimeoutError):
        for piece in pieces:
            connection.data(stream, piece, end=False, within_seconds=20)


def _begun(stream: int, data: bytes) -> bytes:
    return frame(Kind.HEADERS, END_HEADERS, stream, _HEADERS) + frame(Kind.DATA, 0, stream, data)


def _taken_back(stream: int) -> bytes:
    headers = frame(Kind.HEADERS, END_HEADERS | END_STREAM, stream, _HEADERS)
    return headers + frame(Kind.RST_STREAM, 0, stream, (8).to_bytes(4, "big"))


def main(who: str, address: str, scale: str) -> None:
    """Be *who*."""
    began = time.monotonic()
    held = ATTACKS[who](address, int(scale))
    sys.stdout.write(f"standing {time.monotonic() - began:.1f}\n")
    sys.stdout.flush()
    sys.stdin.read()
    for connection in held:
        connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
