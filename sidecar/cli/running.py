"""A sidecar inside this process: started, told how to reach, and stopped when asked to."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Final, NoReturn

from sidecar.app import Sidecar, build
from sidecar.app.garbage import spare_what_is_here
from sidecar.app.interpreter import serving
from sidecar.cli.connection import DEFAULT_ADDRESS, DEFAULT_TOKEN_FILE, Connection, read_token
from sidecar.cli.invocation import Invocation
from sidecar.config import Config
from sidecar.telemetry import logs

_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - where to connect, not to listen

_ECHO_SECONDS: Final = 1.0
"""A signal this soon after the first is the same wish told twice: ``timeout`` tells its child, then all its group."""


class StopSignal(BaseException):
    """SIGTERM or SIGINT came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How others on this machine reach the sidecar."""

    address: str
    token_file: Path

    def connect(self) -> Connection:
        """A connection with the operator's token."""
        return Connection(self.address, read_token(self.token_file))

    def invocation(self, program: tuple[str, ...]) -> Invocation:
        """How to start *program* against it, from the current folder; says only what is not the default."""
        is_default = self.token_file.absolute() == DEFAULT_TOKEN_FILE.absolute()
        return Invocation(
            program=program,
            address=() if self.address == DEFAULT_ADDRESS else ("--address", self.address),
            token=() if is_default else ("--token-file", str(self.token_file)),
        )


@contextmanager
def running(config: Config) -> Iterator[tuple[Sidecar, Reach]]:
    """A sidecar that answers; at the end calls in flight are finished, within the configured time."""
    logs.configure(config.log)
    sidecar = build(config)
    with serving():
        sidecar.start()
        spare_what_is_here()
        try:
            yield sidecar, Reach(address=_reachable(sidecar.addresses[0]), token_file=config.token_file)
        finally:
            sidecar.stop(config.server.drain_seconds)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Ends the block at SIGTERM or SIGINT; one more signal, later than an echo, ends the process at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        yield
    except StopSignal:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # all is stopped; an echo must not make a failure of it


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    insists_from = monotonic() + _ECHO_SECONDS

    def again(number: int, _frame: FrameType | None) -> None:
        if monotonic() >= insists_from:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, again)
    raise StopSignal


def _reachable(address: str) -> str:
    host, colon, port = address.rpartition(":")
    return f"{_WILDCARDS[host]}{colon}{port}" if host in _WILDCARDS else address
