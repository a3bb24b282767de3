"""A log, one who writes to it, and one who follows."""

import pytest

from tests.unit.consent.shared_desk import SharedDesk
from tests.unit.consent.view.applier.following import Follower
from tests.unit.consent.view.memory_log import Store


@pytest.fixture
def store() -> Store:
    """A log, empty."""
    return Store()


@pytest.fixture
def writer(store: Store) -> SharedDesk:
    """Another sidecar, which writes."""
    return SharedDesk(store)


@pytest.fixture
def follower(store: Store, writer: SharedDesk) -> Follower:  # noqa: ARG001 - the writer is there before
    """A view that is complete."""
    follower = Follower(store)
    follower.applier.load()
    return follower
