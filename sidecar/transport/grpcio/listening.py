"""Binding a listener on grpcio, with errors that say what to do."""

import os
from dataclasses import replace
from pathlib import Path

import grpc

from sidecar.config import Listener, join_host_port, split_host_port
from sidecar.errors import ConfigError
from sidecar.transport.sockets import make_way, not_to_be_had, probe


def bind(server: grpc.Server, listener: Listener) -> Listener:
    """Bind *listener* on *server*; returned with the port that was taken.

    Raises ``ConfigError`` if it is in use, or cannot be had.
    """
    if listener.path:
        _bind_unix(server, listener, Path(listener.path))
        return listener
    probe(listener)
    host, _ = split_host_port(listener.address)
    return replace(listener, address=join_host_port(host, _bind(server, listener)))


def _bind(server: grpc.Server, listener: Listener) -> int:
    try:
        return server.add_insecure_port(listener.address)
    except RuntimeError as error:
        raise ConfigError(f"`server.listen`: cannot listen on `{listener.address}`") from error


def _bind_unix(server: grpc.Server, listener: Listener, path: Path) -> None:
    try:
        make_way(path)
        before = os.umask(0o177)  # from its first moment nobody else reaches the socket
        try:
            _bind(server, listener)
        finally:
            os.umask(before)
        path.chmod(listener.mode)
    except OSError as error:
        raise not_to_be_had(listener, error) from error
