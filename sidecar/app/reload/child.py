"""The examining child as the server sees it: started, listened to, and ended whatever happens."""

import os
import selectors
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from subprocess import PIPE, Popen, TimeoutExpired
from time import monotonic
from typing import IO, Final, Self

from sidecar.authoring.examination.wire import Reader, Writer
from sidecar.errors import ReloadError

_BEGIN: Final = (
    "import sys; sys.path[:] = sys.argv[1:]; from sidecar.authoring.examination.__main__ import main; sys.exit(main())"
)
"""Looks for modules where this process does: the same code examines that would serve."""

NICENESS: Final = 10
"""More than the server's own. With 5 a thread that is busy four fifths of the time falls behind; with 19 a child gets
so little beside two busy threads that a large bundle is never examined in time (ADR-0018)."""

_READ: Final = selectors.EVENT_READ
_WRITE: Final = selectors.EVENT_WRITE
_READ_BYTES: Final = 65_536
_WRITE_BYTES: Final = 65_536
_END_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.1
"""How soon it is noticed that nobody wants the answer any more."""
_KEPT_BYTES: Final = 2_000
"""Of what the child says on its standard error: the end of it."""


class Child:
    """One examination in a process of its own; a context manager, at whose end the process is gone.

    It has a process group, so that whatever it starts ends with it. On the processor it gives way to the server from
    its first instruction: half of what it does is to start Python and import modules.
    """

    def __init__(self, *, timeout_seconds: float, given_up: Callable[[], bool], program: Sequence[str] = ()) -> None:
        self._timeout_seconds = timeout_seconds
        self._given_up = given_up
        self._program = tuple(program) or (sys.executable, "-c", _BEGIN, *sys.path)
        self._said = b""

    def __enter__(self) -> Self:
        try:
            # Our own interpreter, our own module.
            self._process = Popen(self._program, stdin=PIPE, stdout=PIPE, stderr=PIPE, process_group=0)  # noqa: S603
        except OSError as error:
            raise ReloadError(f"the examination cannot be started: {error.strerror}") from error
        with suppress(OSError):  # it is gone, or as far behind as can be
            own = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, self._process.pid, own + NICENESS)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError, PermissionError):  # it is gone; macOS says the latter
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in self._streams():
            with suppress(OSError):
                stream.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, messages: Iterable[object]) -> Iterator[object]:
        """Send *messages*, and give back its answers as they come.

        Raises ``ReloadError`` when its time is over, it is no longer wanted, it ends in the middle, or it says what is
        no message.
        """
        reader = Reader()
        for data in self._exchange(_bytes(messages), monotonic() + self._timeout_seconds):
            reader.feed(data)
            while (message := reader.next()) is not None:
                yield message
        raise ReloadError(f"the examination {self._how_it_ended()}")

    def _exchange(self, unsent: bytes, until: float) -> Iterator[bytes]:
        """Write *unsent* to the child as it takes it; what it writes, as it comes, to the end."""
        stdin, stdout, stderr = self._streams()
        with selectors.DefaultSelector() as selector:
            for stream, event in ((stdin, _WRITE), (stdout, _READ), (stderr, _READ)):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, event)
            while stdout.fileno() in selector.get_map():
                if self._given_up():
                    raise ReloadError("the examination is no longer wanted")
                if monotonic() > until:
                    raise ReloadError(f"the examination took longer than {self._timeout_seconds:g} s")
                for key, _ in selector.select(_LOOK_SECONDS):
                    if key.fileobj is stdin:
                        unsent = unsent[_write(key.fd, unsent) :]
                        if not unsent:
                            selector.unregister(stdin)
                            stdin.close()
                        continue
                    data = os.read(key.fd, _READ_BYTES)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is stdout:
                        yield data
                    else:
                        self._said = (self._said + data)[-_KEPT_BYTES:]

    def _streams(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None
        assert stdout is not None
        assert stderr is not None
        return stdin, stdout, stderr

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_END_SECONDS)
        except TimeoutExpired:
            return "stopped in the middle"
        if code < 0:
            number = -code
            known = number in set(signal.Signals)
            return f"was killed by {signal.Signals(number).name if known else f'signal {number}'}"
        last = self._said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return f"ended with exit code {code}" + (f": {last}" if last else "")


def _bytes(messages: Iterable[object]) -> bytes:
    stream = BytesIO()
    writer = Writer(stream)
    for message in messages:
        writer.send(message)
    return stream.getvalue()


def _write(descriptor: int, data: bytes) -> int:
    """How much of *data* was taken; all of it by a child that is gone."""
    try:
        return os.write(descriptor, data[:_WRITE_BYTES])
    except BrokenPipeError:
        return len(data)
