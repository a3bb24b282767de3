"""A sidecar that looks often, and a bundle of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.testing import Served, serving
from tests.integration.caller import Caller, calling
from tests.integration.reload.reloading import SETTINGS
from tests.unit.policy.bundles import write


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of its own for each test."""
    return write(tmp_path / "bundle")


@pytest.fixture
def served(bundle: Path) -> Iterator[Served]:
    """A sidecar that serves it and looks often."""
    with serving(bundle=bundle, settings=SETTINGS) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[Caller]:
    """A caller by TCP."""
    with calling(served) as calls:
        yield calls
