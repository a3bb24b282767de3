"""The front of ``pygrpc-native``: what we use of it, and with which settings."""

from pathlib import Path
from typing import Any, Final, Protocol, cast

from sidecar.config import Listener
from sidecar.transport.desk import CHECK, CHECK_BATCH, FILTER_SUBJECTS
from sidecar.transport.native.deadline import HEADER
from sidecar.transport.sockets import make_way, private, probe, refused

METHODS: Final = (CHECK, CHECK_BATCH, FILTER_SUBJECTS)
"""Those that do not go to grpcio; an event names one by its place here."""

IO_THREADS: Final = 1
"""For all connections: it does with 15 us for a call what two do with 19, and questions have one thread anyway."""

STREAMS: Final = 256
"""Calls on one connection at a time; a client has further ones wait. It bounds what half-sent messages may hold."""

METADATA_BYTES: Final = 16_384
"""The most that grpcio takes, too."""

Event = tuple[int, int, int, bytes, bytes | str | None]
"""A call: its kind, its id, place in ``METHODS``, message, ``HEADER``. Only where a front is asked for the details of
calls it tells of those that ended early, which have no message."""


class Front(Protocol):
    """What we use of ``NativeGrpcFront``. Safe for any number of threads."""

    @property
    def bound_port(self) -> int:
        """The port that was taken."""

    def set_fallback(self, path: str) -> None:
        """Send what is not in ``METHODS`` to the Unix socket *path*."""

    def start(self) -> None:
        """Begin to take calls."""

    def recv_batch(self, max_events: int, timeout_ms: int | None = None) -> list[Event] | None:
        """What has come; waits at most *timeout_ms* for something to come. ``None`` once it is closed."""

    def respond(self, call_id: int, payload: bytes) -> bool:
        """End a call well; whether its caller was still there."""

    def fail(self, call_id: int, code: int, message: str) -> bool:
        """End a call with a status; whether its caller was still there."""

    def close(self) -> None:
        """Cut every connection and let go of the address."""


def open_front(listener: Listener) -> Front:
    """A front that is bound to the address of *listener*, and not started.

    Raises ``ConfigError`` if it cannot be had. *listener* must be fit for it.
    """
    if not listener.path:
        probe(listener)
    try:
        if listener.path:
            return _on_socket(listener, Path(listener.path))
        return _front(listener.address)
    except OSError as error:
        raise refused(listener, error) from error


def _on_socket(listener: Listener, path: Path) -> Front:
    make_way(path)
    with private():
        front = _front(listener.address)
    path.chmod(listener.mode)
    return front


def _front(address: str) -> Front:
    from pygrpc_native import NativeGrpcFront  # noqa: PLC0415 - an extra

    methods = [(f"/sidecar.api.v1.AuthorizationService/{method}", False) for method in METHODS]
    settings: dict[str, Any] = {
        "io_threads": IO_THREADS,
        "client_key_metadata": HEADER,
        "keepalive_permit_without_calls": False,  # as grpcio does
        "max_concurrent_streams": STREAMS,
        "max_metadata_size": METADATA_BYTES,
    }
    return cast("Front", NativeGrpcFront(address, methods, **settings))
