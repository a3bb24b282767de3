"""Every backend of the consent log in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.consent.log import ConsentLog
from tests.conformance.backends import BACKENDS, PARAMETERS, Backend


@pytest.fixture(params=PARAMETERS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn."""
    return BACKENDS[request.param]


@pytest.fixture
def log(backend: Backend, tmp_path: Path) -> Iterator[ConsentLog]:
    """An empty log."""
    with backend.opened(tmp_path) as log:
        yield log
