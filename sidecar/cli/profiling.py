"""``serve --profile``: what the server was at, in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.cli.failure import CommandError, Failure
from sidecar.telemetry.sampling import Sampler


@contextmanager
def profiled(path: Path | None) -> Iterator[None]:
    """Sample the block, and write to *path* at its end, however it comes, where the time went; ``None``: do not.

    Raises ``CommandError`` at once if the file cannot be written, and at the end if that fails then.
    """
    if path is None:
        yield
        return
    with _saying_which(path):
        file = path.open("w", encoding="utf-8")
    sampler = Sampler()
    sampler.start()
    try:
        yield
    finally:
        sampler.stop()
        with _saying_which(path), file:
            sampler.write(file)


@contextmanager
def _saying_which(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"cannot write the profile `{path}`: {error.strerror}"
        hint = "name a file in a folder that the server may write to"
        raise CommandError(Failure(code="profile", message=message, hint=hint)) from error
