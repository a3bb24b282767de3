"""A decision log as lines: from a file or a stream, compressed or not, never more than one line in memory."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, NamedTuple

from msgspec import DecodeError

from sidecar.telemetry.decisionlog import audience
from sidecar.telemetry.decisionlog.audience import AudienceLine
from sidecar.telemetry.decisionlog.line import Line, decode

MAX_BYTES: Final = 1_048_576
"""Of a line. One that the server wrote has at most a sixteenth of that."""

_MAGIC: Final = b"\x1f\x8b"


class Numbered(NamedTuple):
    """A line of a log: *line*, or why it is none; never both."""

    number: int  # from 1
    line: Line | AudienceLine | None
    malformed: str


class DamagedError(Exception):
    """The rest of the compressed log cannot be read; the message says why, and after which line."""


def read_lines(stream: IO[bytes], progress: Callable[[int], None] = lambda _: None) -> Iterator[Numbered]:
    """Each line of *stream*, which may be compressed with gzip, but for empty ones.

    *progress* is told how many bytes of *stream* were read since the last call. Raises ``DamagedError``.
    """
    counted = io.BufferedReader(_Counted(stream, progress), 262_144)
    compressed = counted.peek(len(_MAGIC))[: len(_MAGIC)] == _MAGIC
    # A `GzipFile` is a `BufferedIOBase` too, of which all that is asked here is `readline`.
    source: IO[bytes] = gzip.GzipFile(fileobj=counted) if compressed else counted  # type: ignore[assignment]
    number = 0
    try:
        for number, text in enumerate(_texts(source), start=1):
            if text.strip():
                yield _numbered(number, text)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DamagedError(f"after line {number}: {error}") from error


def _texts(source: IO[bytes]) -> Iterator[bytes]:
    """Each line, of one that is too long the beginning: enough to see that it is."""
    while text := source.readline(MAX_BYTES + 1):
        yield text
        while len(text) > MAX_BYTES and not text.endswith(b"\n"):
            text = source.readline(MAX_BYTES + 1)


def _numbered(number: int, text: bytes) -> Numbered:
    if len(text) > MAX_BYTES:
        return Numbered(number, None, f"it has more than {MAX_BYTES} bytes")
    try:
        return Numbered(number, decode(text), "")
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        found = _audience(text)
        return Numbered(number, found, "" if found else f"it is no line of a decision log: {error}")


def _audience(text: bytes) -> AudienceLine | None:
    try:
        return audience.decode(text)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Counted(io.RawIOBase):
    """A stream that tells how much of it was read."""

    def __init__(self, stream: IO[bytes], progress: Callable[[int], None]) -> None:
        self._stream = stream
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever the buffered reader passes
        content = self._stream.read(len(buffer))
        buffer[: len(content)] = content
        self._progress(len(content))
        return len(content)
