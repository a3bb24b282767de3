"""Messages between the server and its examining child: pickles with their length before them, on a pipe.

One pickler writes some hundred messages, so that a name that comes again and again is sent, and kept, once. Then the
next one begins: the memory of all that was written would grow in steps that hold the interpreter for milliseconds.
"""

import pickle
from collections import deque
from io import BytesIO
from typing import BinaryIO, Final, cast

from sidecar.errors import ReloadError

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of all messages of one direction together."""
MOST_MESSAGE_BYTES: Final = 4 * 1024 * 1024

_LENGTH_BYTES: Final = 4
_TOGETHER: Final = 256
"""Messages by one pickler."""
_MODULES: Final = ("sidecar.model.", "sidecar.policy.", "sidecar.errors", "sidecar.authoring.examination.")


class Writer:
    """Writes messages to *stream*."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = BytesIO()
        self._pickler = pickle.Pickler(self._buffer, protocol=5)
        self._sent = 0

    def send(self, message: object) -> None:
        """Write *message*; the stream may hold it back."""
        if self._sent % _TOGETHER == 0:
            self._pickler = pickle.Pickler(self._buffer, protocol=5)
        self._sent += 1
        self._pickler.dump(message)
        data = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        self._stream.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)


class Reader:
    """Makes messages of the bytes that it is fed; each method raises ``ReloadError`` for what no ``Writer`` writes."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._file = _Current()
        self._unpickler = _Unpickler(cast("BinaryIO", self._file))
        self._read = 0

    def feed(self, data: bytes) -> None:
        """Take in what came; cheap, nothing is parsed."""
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            raise ReloadError(f"the examination sent more than {MOST_BYTES} bytes")
        self._unread += data
        start = 0
        while len(self._unread) - start >= _LENGTH_BYTES:
            size = int.from_bytes(self._unread[start : start + _LENGTH_BYTES], "big")
            if size > MOST_MESSAGE_BYTES:
                raise ReloadError("the examination sent what is no message")
            end = start + _LENGTH_BYTES + size
            if len(self._unread) < end:
                break
            self._frames.append(bytes(self._unread[start + _LENGTH_BYTES : end]))
            start = end
        del self._unread[:start]

    def next(self) -> object | None:
        """The next message that is complete; ``None`` if there is none yet."""
        if not self._frames:
            return None
        if self._read % _TOGETHER == 0:
            self._unpickler = _Unpickler(cast("BinaryIO", self._file))
        self._read += 1
        self._file.frame = BytesIO(self._frames.popleft())
        try:
            message: object = self._unpickler.load()
        except Exception as error:  # garbage makes it raise anything
            raise ReloadError("the examination sent what is no message") from error
        return message


class _Current:
    """A file that holds one frame at a time."""

    def __init__(self) -> None:
        self.frame = BytesIO()

    def read(self, size: int) -> bytes:
        return self.frame.read(size)

    def readline(self) -> bytes:
        return self.frame.readline()


class _Unpickler(pickle.Unpickler):
    """Makes values of this project and nothing else: a pickle may name any function there is."""

    def find_class(self, module: str, name: str) -> object:
        if module.startswith(_MODULES) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not a value")
