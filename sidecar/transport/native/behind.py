"""The server of grpcio behind a front, for what that does not serve itself; nobody else reaches it."""

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import grpc

from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from threading import Event


class Behind:
    """*server* on a socket in a folder that only this user enters: bind, start, drain, close, each once."""

    def __init__(self, server: grpc.Server) -> None:
        self._server = server
        self._folder: Path | None = None
        self._started = False
        self._stopped: Event | None = None

    def bind(self) -> str:
        """The path of the socket. Raises ``ConfigError`` if it cannot be made."""
        try:
            self._folder = Path(mkdtemp(prefix="sidecar-"))  # with mode 0700
            path = str(self._folder / "grpcio.sock")
            self._server.add_insecure_port(f"unix:{path}")
        except (OSError, RuntimeError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise ConfigError(
                f"`server.listen`: the native transport cannot make its private socket: {why}; set TMPDIR to a "
                "folder that can be written, with a short path, or say transport=grpcio"
            ) from error
        return path

    def start(self) -> None:
        """Begin to take calls."""
        self._started = True
        self._server.start()

    def drain(self, grace_seconds: float) -> None:
        """Take no more calls; those in flight have *grace_seconds*."""
        if not self._started:
            self.start()  # grpc keeps the socket of a server that was never started
        self._stopped = self._server.stop(grace_seconds)

    def wait(self, seconds: float) -> None:
        """Wait until calls in flight have ended, at most *seconds*."""
        if self._stopped is not None:
            self._stopped.wait(seconds)

    def close(self) -> None:
        """Let go of the socket."""
        if self._folder is not None:
            rmtree(self._folder, ignore_errors=True)
