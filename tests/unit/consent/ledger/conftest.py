"""A ledger at work on an empty log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.consent.desk import Desk, desk


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    """A ledger over an empty log."""
    with desk(tmp_path) as at_work:
        yield at_work
