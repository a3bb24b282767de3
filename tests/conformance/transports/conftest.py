"""Every test here is asked of both transports."""

from collections.abc import Iterator

import pytest

from tests.conformance.transports.over import DOORS, TRANSPORTS, Over, serving_over
from tests.integration.caller import Caller


@pytest.fixture(scope="session", params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """The transport that a test is about."""
    return str(request.param)


@pytest.fixture(scope="session", params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """Where its caller comes in."""
    return str(request.param)


@pytest.fixture(scope="session")
def over(transport: str) -> Iterator[Over]:
    """A sidecar for the tests that leave it as it is; people of different tests have different ids."""
    with serving_over(transport, settings={"limits.park_seconds": 0.3}) as running:
        yield running


@pytest.fixture(scope="session")
def caller(over: Over, door: str) -> Iterator[Caller]:
    """A proper caller."""
    with over.calling(door) as calls:
        yield calls
