"""Where an export goes: a file that appears whole or not at all, or standard output."""

import os
import secrets
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from sidecar.cli.failure import CommandError, Failure

STDOUT: Final = Path("-")


class Target:
    """Takes the bytes of the file at *path*, which is not there yet; ``-`` is standard output. For a ``with``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        self._file: IO[bytes] | None = None

    def write(self, data: bytes) -> None:
        """Take *data*."""
        (sys.stdout.buffer if self._file is None else self._file).write(data)

    def finish(self) -> None:
        """The file is whole: let it be there, durably. Raises ``CommandError`` if another one has come meanwhile."""
        if self._file is None:
            sys.stdout.buffer.flush()
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        try:
            os.link(self._draft, self._path)  # unlike a rename this never replaces anything
        except FileExistsError as error:
            raise there_already(self._path) from error

    def __enter__(self) -> Self:
        if self._path != STDOUT:
            if self._path.exists():
                raise there_already(self._path)
            try:
                descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError as error:
                error.filename = str(self._path)  # that of the draft would tell the user nothing
                raise
            self._file = os.fdopen(descriptor, "wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._draft.unlink()


def there_already(path: Path) -> CommandError:
    """What to say of a file that is in the way."""
    hint = "name another file, or move this one away: it may be the only copy"
    return CommandError(Failure(code="exists", message=f"`{path}` is there already", hint=hint))
