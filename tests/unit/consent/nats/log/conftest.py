"""An empty log on the shared server."""

from collections.abc import Iterator

import pytest

from sidecar.config import Nats
from sidecar.consent.nats.log import NatsLog
from tests.nats_log import init, opened
from tests.nats_server import shared_server


@pytest.fixture
def settings() -> Nats:
    """Those of an empty log."""
    settings = shared_server().settings()
    init(settings)
    return settings


@pytest.fixture
def log(settings: Nats) -> Iterator[NatsLog]:
    """An empty log."""
    with opened(settings) as log:
        yield log
