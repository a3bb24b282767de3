"""A server and three sidecars: two replicas, and one that holds some of the subjects."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.probing import Prober
from tests.fleet import Fleet, fleet
from tests.nats_server import NatsServer, nats_server

BOUND_SECONDS = 3


@contextmanager
def _three(folder: Path) -> Iterator[Fleet]:
    bound = str(BOUND_SECONDS)
    with (
        nats_server(folder / "nats") as server,
        fleet(folder, server, FRESHNESS_MAX_CONSENT_AGE_SECONDS=bound, NATS_TIMEOUT_SECONDS="3") as sidecars,
    ):
        sidecars.add("replica", CONSENT_MODE="replica")
        sidecars.add("other", CONSENT_MODE="replica")
        sidecars.add("bounded", CONSENT_MODE="on_demand", CONSENT_HELD_SUBJECTS="100")
        sidecars.init()
        sidecars.start()
        yield sidecars


@pytest.fixture(scope="module")
def sidecars(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Those of a module, whose tests leave everything running."""
    with _three(tmp_path_factory.mktemp("fleet")) as three:
        yield three


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Fleet]:
    """Those of one test, which destroys their log."""
    with _three(tmp_path) as three:
        yield three


@pytest.fixture
def server(sidecars: Fleet) -> NatsServer:
    """The server of a module's sidecars."""
    return sidecars.server


@pytest.fixture
def prober(sidecars: Fleet) -> Prober:
    """Asks a module's sidecars."""
    return Prober(sidecars.members, BOUND_SECONDS * 1_000)
