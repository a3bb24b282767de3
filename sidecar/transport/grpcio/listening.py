"""A listener on grpcio."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from sidecar.config import GRPCIO, Listener, join_host_port, split_host_port
from sidecar.errors import ConfigError
from sidecar.transport.sockets import make_way, private, probe, refused

if TYPE_CHECKING:
    from threading import Event


class GrpcioListening:
    """What *server* serves, at the address of *listener*."""

    def __init__(self, listener: Listener, server: grpc.Server) -> None:
        self._listener = listener
        self._server = server
        self._started = False
        self._stopped: Event | None = None

    def bind(self) -> Listener:
        """See ``Listening``."""
        listener = replace(self._listener, transport=GRPCIO)
        if listener.path:
            self._bind_unix(Path(listener.path))
            return listener
        probe(listener)
        host, _ = split_host_port(listener.address)
        return replace(listener, address=join_host_port(host, self._bind()))

    def start(self) -> None:
        """Begin to take calls."""
        self._started = True
        self._server.start()

    def drain(self, grace_seconds: float) -> None:
        """Take no more calls."""
        if not self._started:
            self.start()  # grpc keeps the ports of a server that was never started
        self._stopped = self._server.stop(grace_seconds)

    def close(self, seconds: float) -> None:
        """Wait until grpc has ended the calls in flight, which it does by itself."""
        if self._stopped is not None:
            self._stopped.wait(seconds)

    def _bind(self) -> int:
        try:
            return self._server.add_insecure_port(self._listener.address)
        except RuntimeError as error:
            raise ConfigError(f"`server.listen`: cannot listen on `{self._listener.address}`") from error

    def _bind_unix(self, path: Path) -> None:
        try:
            make_way(path)
            with private():
                self._bind()
            path.chmod(self._listener.mode)
        except OSError as error:
            raise refused(self._listener, error) from error
