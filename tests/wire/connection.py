"""One HTTP/2 connection, frame by frame: it sends whatever it is told to, and reads what comes back."""

import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote

import grpc

from tests.wire.hpack import Fields, Unpacker, pack

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4

_FRAME: Final = 16_384
"""Octets that every peer takes in a frame."""

_CODES: Final = {code.value[0]: code.name for code in grpc.StatusCode}


class Kind(IntEnum):
    """Kinds of frames (RFC 9113, 6)."""

    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


class Setting(IntEnum):
    """What a peer may be told (RFC 9113, 6.5.2)."""

    HEADER_TABLE_SIZE = 1
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


@dataclass(slots=True)
class Reply:
    """What came back on one stream."""

    blocks: list[dict[str, str]] = field(default_factory=list)
    data: bytes = b""
    ended: bool = False  # by its END_STREAM, a reset, or the end of the connection
    reset: int | None = None  # error code

    @property
    def outcome(self) -> str:
        """The name of the gRPC status; else how it ended on the way: ``http 415``, ``reset 1`` or ``cut``."""
        for block in self.blocks:
            if "grpc-status" in block:
                return _CODES[int(block["grpc-status"])]
            if block.get(":status", "200") != "200":
                return f"http {block[':status']}"
        return "cut" if self.reset is None else f"reset {self.reset}"

    @property
    def text(self) -> str:
        """The text of the status."""
        return next((unquote(block["grpc-message"]) for block in self.blocks if "grpc-message" in block), "")

    @property
    def messages(self) -> list[bytes]:
        """The messages that came."""
        messages, rest = [], self.data
        while rest:
            size = int.from_bytes(rest[1:5], "big")
            messages.append(rest[5 : 5 + size])
            rest = rest[5 + size :]
        return messages


class Connection:
    """A connection to *address*, ``HOST:PORT`` or ``unix:PATH``. For one thread.

    It answers settings and pings. Windows it gives back at once, unless it *hoards* what it was sent.
    """

    def __init__(self, address: str, *, settings: Mapping[int, int] | None = None, hoards: bool = False) -> None:
        self.socket = dial(address)
        self.goaway: int | None = None  # error code
        self.closed = False
        self.settings: dict[int, int] = {}  # the peer's
        self._hoards = hoards
        self._gone = False
        self._initial = 65_535  # window of a stream that the peer has not widened
        self._windows: dict[int, int] = {0: 65_535}
        self._next = 1
        self._rest = bytearray()
        self._unpacker = Unpacker()
        self._replies: dict[int, Reply] = {}
        self._block = b""  # what there is of a block of fields
        body = b"".join(struct.pack("!HI", key, value) for key, value in (settings or {}).items())
        self.write(PREFACE + frame(Kind.SETTINGS, 0, 0, body))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def write(self, data: bytes) -> None:
        """Send *data*, unless the peer is gone: what it said before it went can still be read."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True

    def call(self, path: str, *extra: tuple[str, str | bytes], end: bool = False) -> int:
        """Begin a call of *path* with the fields every client sends, and *extra* ones; the number of its stream."""
        return self.begin((*usual(path), *extra), end=end)

    def begin(self, fields: Fields, *, end: bool = False) -> int:
        """Open a stream with just *fields*; its number."""
        stream = self._next
        self._next += 2
        self.write(frame(Kind.HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, pack(fields)))
        return stream

    def call_in_pieces(self, path: str, *extra: tuple[str, str | bytes]) -> int:
        """As ``call``, of so many fields that they take several frames."""
        block, stream = pack((*usual(path), *extra)), self._next
        self._next += 2
        self.write(in_pieces(block, stream))
        return stream

    def data(self, stream: int, payload: bytes, *, end: bool = True, within_seconds: float = 5.0) -> int:
        """Send *payload*, in frames and windows that the peer takes; how many octets it took.

        Those are fewer if the call ends before; ``TimeoutError`` if a window stays shut.
        """
        at, until = 0, time.monotonic() + within_seconds
        while not self._gone and not self._reply(stream).ended:
            size = min(_FRAME, len(payload) - at, self._window(0), self._window(stream))
            if size > 0 or at == len(payload):
                last = at + size == len(payload)
                self.write(frame(Kind.DATA, END_STREAM if end and last else 0, stream, payload[at : at + size]))
                self._windows[0] = self._window(0) - size
                self._windows[stream] = self._window(stream) - size
                at += size
                if last:
                    break
            else:
                self.read(until - time.monotonic())
        return at

    def ask(self, path: str, *messages: bytes, extra: Fields = ()) -> Reply:
        """The reply to a call of *path* that sends *messages*, each as it is to stand on the wire."""
        stream = self.call(path, *extra)
        self.data(stream, b"".join(messages))
        return self.reply(stream)

    def reset(self, stream: int, code: int = 8) -> None:
        """Take the call back."""
        self.write(frame(Kind.RST_STREAM, 0, stream, code.to_bytes(4, "big")))

    def reply(self, stream: int, *, within_seconds: float = 5.0) -> Reply:
        """What came on *stream*, once it has ended; ``TimeoutError`` if it does not."""
        reply = self._reply(stream)
        until = time.monotonic() + within_seconds
        while not reply.ended:
            self.read(until - time.monotonic())
        return reply

    def begun(self, stream: int, *, within_seconds: float = 5.0) -> Reply:
        """What came on *stream* once anything did; ``TimeoutError`` if nothing does."""
        reply = self._reply(stream)
        until = time.monotonic() + within_seconds
        while not (reply.blocks or reply.ended):
            self.read(until - time.monotonic())
        return reply

    def until_closed(self, *, within_seconds: float = 5.0) -> None:
        """Read until the peer ends the connection; ``TimeoutError`` if it does not."""
        until = time.monotonic() + within_seconds
        while not self._gone:
            self.read(until - time.monotonic())

    def read(self, seconds: float) -> None:
        """Take in what came, waiting *seconds* for it; ``TimeoutError`` if nothing came."""
        if seconds <= 0:
            raise TimeoutError("the peer said nothing")
        self.socket.settimeout(seconds)
        try:
            came = self.socket.recv(65_536)
        except ConnectionResetError:
            came = b""
        finally:
            self.socket.settimeout(None)
        self._rest += came
        while len(self._rest) >= 9 and len(self._rest) >= 9 + (size := int.from_bytes(self._rest[:3], "big")):
            kind, flags = self._rest[3], self._rest[4]
            stream = int.from_bytes(self._rest[5:9], "big") & 0x7FFF_FFFF
            body = bytes(self._rest[9 : 9 + size])
            del self._rest[: 9 + size]
            self._take(kind, flags, stream, body)
        if not came:
            self.closed = self._gone = True
            for reply in self._replies.values():
                reply.ended = True

    def _take(self, kind: int, flags: int, stream: int, body: bytes) -> None:
        if kind == Kind.DATA:
            self._take_data(stream, body)
        elif kind in (Kind.HEADERS, Kind.CONTINUATION):
            self._take_block(kind, flags, stream, body)
        elif kind == Kind.RST_STREAM:
            self._take_reset(self._reply(stream), int.from_bytes(body, "big"))
        elif kind == Kind.WINDOW_UPDATE:
            self._windows[stream] = self._window(stream) + int.from_bytes(body, "big")
        elif kind == Kind.SETTINGS and not flags & ACK:
            self._take_settings(body)
        elif kind == Kind.PING and not flags & ACK:
            self.write(frame(Kind.PING, ACK, 0, body))
        elif kind == Kind.GOAWAY:
            self.goaway = int.from_bytes(body[4:8], "big")
        if kind in (Kind.HEADERS, Kind.DATA) and flags & END_STREAM:
            self._reply(stream).ended = True

    def _take_data(self, stream: int, body: bytes) -> None:
        self._reply(stream).data += body
        if body and not self._hoards:
            size = len(body).to_bytes(4, "big")
            self.write(frame(Kind.WINDOW_UPDATE, 0, 0, size) + frame(Kind.WINDOW_UPDATE, 0, stream, size))

    def _take_block(self, kind: int, flags: int, stream: int, body: bytes) -> None:
        self._block = body if kind == Kind.HEADERS else self._block + body
        if flags & END_HEADERS:
            self._reply(stream).blocks.append(dict(self._unpacker.unpack(self._block)))

    def _take_reset(self, reply: Reply, code: int) -> None:
        if not reply.ended:  # after the end it only says that nobody reads what else is sent
            reply.reset, reply.ended = code, True

    def _take_settings(self, body: bytes) -> None:
        for key, value in struct.iter_unpack("!HI", body):
            self.settings[key] = value
            if key == Setting.INITIAL_WINDOW_SIZE:
                more, self._initial = value - self._initial, value
                self._windows |= {stream: had + more for stream, had in self._windows.items() if stream}
        self.write(frame(Kind.SETTINGS, ACK, 0, b""))

    def _window(self, stream: int) -> int:
        return self._windows.get(stream, self._initial)

    def _reply(self, stream: int) -> Reply:
        return self._replies.setdefault(stream, Reply())


def dial(address: str) -> socket.socket:
    """A socket connected to *address*, ``HOST:PORT`` or ``unix:PATH``."""
    if address.startswith("unix:"):
        connected = socket.socket(socket.AF_UNIX)
        connected.connect(address.removeprefix("unix:"))
        return connected
    host, port = address.rsplit(":", 1)
    connected = socket.create_connection((host, int(port)))
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def frame(kind: int, flags: int, stream: int, payload: bytes, *, size: int | None = None) -> bytes:
    """A frame, which claims to have *size* bytes."""
    size = len(payload) if size is None else size
    return size.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def in_pieces(block: bytes, stream: int = 1, *, flags: int = 0) -> bytes:
    """A *block* of packed fields in frames that every peer takes."""
    pieces = [block[at : at + _FRAME] for at in range(0, len(block), _FRAME)]
    last = len(pieces) - 1
    return b"".join(
        frame(
            Kind.CONTINUATION if number else Kind.HEADERS,
            (0 if number else flags) | (END_HEADERS if number == last else 0),
            stream,
            piece,
        )
        for number, piece in enumerate(pieces)
    )


def message(payload: bytes, *, flag: int = 0, size: int | None = None) -> bytes:
    """A gRPC message on the wire, with the compressed *flag*, which claims to have *size* bytes."""
    return bytes([flag]) + (len(payload) if size is None else size).to_bytes(4, "big") + payload


def usual(path: str) -> tuple[tuple[str, str], ...]:
    """The fields that every client sends to call *path*."""
    return (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    )
