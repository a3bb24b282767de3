"""The HTTP listener by itself, with pages and callers that misbehave."""

import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, RemoteDisconnected

import pytest

from sidecar.config import split_host_port
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry, State, StateCollector
from sidecar.transport.http import LIVE_SECONDS, HttpListener, Pages
from sidecar.transport.lifecycle import Lifecycle
from tests.integration.caller import eventually


def _broken() -> State:
    raise KeyError("person-secret")


@pytest.fixture
def errors() -> ErrorReports:
    """Where the listener reports."""
    return ErrorReports(Metrics(Registry()), lambda: 0)


@pytest.fixture
def listener(errors: ErrorReports) -> Iterator[HttpListener]:
    """A listener whose metrics cannot be read."""
    registry = Registry()
    registry.register(StateCollector(_broken))
    listener = HttpListener("127.0.0.1:0", Pages(registry, Lifecycle()), errors)
    yield listener
    listener.stop()


def connect(listener: HttpListener) -> socket.socket:
    """A connection on which nothing was said yet."""
    return socket.create_connection(split_host_port(listener.address), timeout=5)


def get(listener: HttpListener, path: str) -> int:
    """The status of *path*."""
    connection = HTTPConnection(*split_host_port(listener.address), timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_page_that_fails_is_reported_and_the_listener_lives_on(listener: HttpListener, errors: ErrorReports) -> None:
    """Probes are answered while metrics are broken, and operators hear of it."""
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        get(listener, "/metrics")

    assert 200 == get(listener, "/livez")
    assert [("http", "unexpected KeyError")] == [(error.component, error.message) for error in errors.latest()]


def test_who_dawdles_is_hung_up_on(listener: HttpListener) -> None:
    """A connection lives for a limited time, whatever it says and however slowly."""
    server = listener._server
    with connect(listener) as slow:
        slow.sendall(b"GET /livez HT")
        (request,) = eventually(lambda: _some(tuple(server._began)))
        server._began[request] = time.monotonic() - LIVE_SECONDS - 1

        assert b"" == slow.recv(1)


def test_who_leaves_early_is_no_error(listener: HttpListener, errors: ErrorReports) -> None:
    """Load balancers look whether a port is open, and go."""
    connect(listener).close()

    assert 200 == get(listener, "/livez")
    assert () == errors.latest()


def _some(found: tuple[socket.socket, ...]) -> tuple[socket.socket, ...]:
    assert found
    return found
