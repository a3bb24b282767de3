"""A NATS server, and an empty log on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.config import Nats
from sidecar.consent.nats.log import NatsLog
from tests.nats_log import init, opened
from tests.nats_server import NatsServer, nats_server, shared_server


@pytest.fixture(scope="module")
def server() -> NatsServer:
    """The shared server."""
    return shared_server()


@pytest.fixture
def settings(server: NatsServer) -> Nats:
    """Those of an empty log."""
    settings = server.settings(timeout_seconds=2.0)
    init(settings)
    return settings


@pytest.fixture
def log(settings: Nats) -> Iterator[NatsLog]:
    """An empty log."""
    with opened(settings) as log:
        yield log


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[NatsServer, Nats]]:
    """A server of one's own, to be harmed, and an empty log on it."""
    with nats_server(tmp_path / "nats") as server:
        settings = server.settings(timeout_seconds=2.0)
        init(settings)
        yield server, settings
