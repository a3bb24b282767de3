"""Addresses of listeners, on either transport: whether one can be had, with errors that say what to do."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.config import Listener, split_host_port
from sidecar.errors import ConfigError


def probe(listener: Listener) -> None:
    """Ask the system for the address of a TCP *listener* first: neither transport says why it cannot bind.

    Raises ``ConfigError`` with the system's reason.
    """
    host, port = split_host_port(listener.address)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as asked:
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asked.bind(address)
    except OSError as error:
        raise ConfigError(
            f"`server.listen`: cannot listen on `{listener.address}`: {error.strerror}; "
            "stop what listens there, or choose another address with --listen"
        ) from error


def make_way(path: Path) -> None:
    """Remove a socket file that nobody listens on; a transport would take over any, leaving its owner deaf.

    Raises ``ConfigError`` if somebody does, or if it is no socket.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"`server.listen`: `{path}` exists and is no socket; remove it, or choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(1)
        try:
            asked.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except TimeoutError:
            pass  # somebody is there, and busy
    raise ConfigError(f"`server.listen`: `{path}` is in use; stop what listens there, or choose another path")


@contextmanager
def private() -> Iterator[None]:
    """Sockets that are bound within are nobody else's from their first moment, whatever the process's mask is.

    The mask is that of the whole process: what another thread makes meanwhile is private too.
    """
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)


def refused(listener: Listener, error: OSError) -> ConfigError:
    """What to raise when the system refused *listener* with *error*, in the system's words."""
    why = os.strerror(error.errno) if error.errno else str(error)
    return ConfigError(f"`server.listen`: cannot listen on `{listener.address}`: {why}")
