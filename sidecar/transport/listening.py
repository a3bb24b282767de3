"""Binding a listener, with errors that say what to do."""

import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

import grpc

from sidecar.config import Listener, join_host_port, split_host_port
from sidecar.errors import ConfigError


def bind(server: grpc.Server, listener: Listener) -> Listener:
    """Bind *listener* on *server*; returned with the port that was taken.

    Raises ``ConfigError`` if it is in use, or cannot be had.
    """
    if listener.path:
        _bind_unix(server, listener, Path(listener.path))
        return listener
    host, port = split_host_port(listener.address)
    _probe(listener, host, port)
    taken = _bind(server, listener)
    return replace(listener, address=join_host_port(host, taken))


def _bind(server: grpc.Server, listener: Listener) -> int:
    try:
        return server.add_insecure_port(listener.address)
    except RuntimeError as error:
        raise ConfigError(f"`server.listen`: cannot listen on `{listener.address}`") from error


def _probe(listener: Listener, host: str, port: int) -> None:
    """Ask the system first: grpc does not say why it cannot bind."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigError(
            f"`server.listen`: cannot listen on `{listener.address}`: {error.strerror}; "
            "stop what listens there, or choose another address with --listen"
        ) from error


def _bind_unix(server: grpc.Server, listener: Listener, path: Path) -> None:
    try:
        _make_way(path)
        before = os.umask(0o177)  # from its first moment nobody else reaches the socket
        try:
            _bind(server, listener)
        finally:
            os.umask(before)
        path.chmod(listener.mode)
    except OSError as error:
        raise ConfigError(f"`server.listen`: cannot listen on `{listener.address}`: {error.strerror}") from error


def _make_way(path: Path) -> None:
    """Remove a socket file that nobody listens on; grpc would take over any, leaving its owner deaf."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"`server.listen`: `{path}` exists and is no socket; remove it, or choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except TimeoutError:
            pass  # somebody is there, and busy
    raise ConfigError(f"`server.listen`: `{path}` is in use; stop what listens there, or choose another path")
