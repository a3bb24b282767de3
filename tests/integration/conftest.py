"""What tests of more than one module start with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.cli.running import running
from sidecar.config import load
from tests.integration.consumers import Consumers, consumers
from tests.integration.shell import Shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A sidecar for this module; every test uses people of its own."""
    flags = {
        "bundle.path": "policies",
        "data.dir": tmp_path_factory.mktemp("cli") / "data",
        "server.listen": ("127.0.0.1:0",),
        "http.address": "off",
        "log.level": "error",
    }
    with running(load(flags=flags)) as (_, reach):
        yield Shell(reach)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Consumers]:
    """A sidecar with an empty log."""
    with consumers(tmp_path) as running:
        yield running
