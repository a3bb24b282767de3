"""What all tests share."""

import logging
import signal
from collections.abc import Iterator

import pytest

from sidecar.telemetry.logs import LOGGER

# Its assertions are those of the cases: they are to say what differs.
pytest.register_assert_rewrite("tests.case_runner")


# Of a run in the background; the commands that tests start and interrupt would ignore it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _heard() -> Iterator[None]:
    """Whatever server another test left configured, lines of the project's log come to ``caplog``."""
    logger = logging.getLogger(LOGGER)
    before = logger.propagate, logger.level
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
    yield
    logger.propagate = before[0]
    logger.setLevel(before[1])
