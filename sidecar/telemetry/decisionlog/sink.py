"""Where lines go: standard output, or a file that others may move away."""

import os
import stat
from pathlib import Path
from typing import Final, Protocol

from sidecar.errors import ConfigError

MODE: Final = 0o600


class Sink(Protocol):
    """Takes whole lines. For one thread, but for ``reopen``."""

    def write(self, lines: bytes) -> None:
        """Write *lines*, each with its line break; raises ``OSError`` if not all of them were written."""

    def reopen(self) -> None:
        """Before the next write, open again what the name then stands for; from any thread or signal handler."""

    def close(self) -> None:
        """Let go of it."""


class StandardOutput:
    """The standard output of this process as it was when this was made."""

    def __init__(self) -> None:
        self._writing = _Writing(os.dup(1))

    def write(self, lines: bytes) -> None:
        """Write *lines*; waits while nobody reads them."""
        self._writing.write(lines)

    def reopen(self) -> None:
        """Nothing: there is no name to open again."""

    def close(self) -> None:
        """Close this descriptor of it."""
        self._writing.close()


class LineFile:
    """A file to append to; after it was moved away or removed, as by logrotate, a new one under the same name."""

    def __init__(self, path: Path) -> None:
        """Open *path*, made with mode 0600 if it does not exist; ``ConfigError`` if that cannot be."""
        self._path = path
        self._again = False
        try:
            self._writing = _Writing(_open(path))
        except OSError as error:
            raise ConfigError(
                f"`decision_log.output`: cannot append to `{path}`: {error.strerror or error}; "
                "name a file in a folder that exists, or say stdout, or off"
            ) from error

    def write(self, lines: bytes) -> None:
        """Append *lines* to the file that has the name now."""
        if self._again or self._moved():
            self._again = False
            writing = _Writing(_open(self._path))  # first: if this fails, what is open stays
            self._writing.close()
            self._writing = writing
        self._writing.write(lines)

    def reopen(self) -> None:
        """Before the next write, open the name again."""
        self._again = True

    def close(self) -> None:
        """Close the file."""
        self._writing.close()

    def _moved(self) -> bool:
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return True
        return (named.st_dev, named.st_ino) != self._writing.identity


class _Writing:
    """A descriptor to write whole lines to."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._torn = False  # whether what was written last ends within a line
        status = os.fstat(descriptor)
        self.identity = (status.st_dev, status.st_ino)

    def write(self, lines: bytes) -> None:
        rest = memoryview(b"\n" + lines if self._torn else lines)
        while rest:
            written = os.write(self._descriptor, rest)
            self._torn = rest[written - 1] != ord("\n")
            rest = rest[written:]

    def close(self) -> None:
        os.close(self._descriptor)


def _open(path: Path) -> int:
    # O_NONBLOCK: to open a pipe without a reader would wait for one.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(path, flags, MODE)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is not a file")
    return descriptor
