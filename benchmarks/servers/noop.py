"""Servers that answer nothing at once, on either transport."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import grpc

from benchmarks.servers.process import Process, running
from benchmarks.worlds.questions import CHECK
from sidecar.config import Config

THREADS: Final = Config().server.threads


@contextmanager
def noop(transport: str, folder: Path) -> Iterator[Process]:
    """One of them, with its socket in *folder*; on grpcio with as many threads as the sidecar has."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / f"noop-{transport}.sock"
    more = {"grpcio": [f"unix:{socket}", str(THREADS)], "native": [str(socket)]}[transport]
    command = [sys.executable, "-m", f"benchmarks.servers.noop_{transport}", *more]
    with running(command, socket, _ask, said=folder / f"noop-{transport}.log") as process:
        yield process


def _ask(channel: grpc.Channel) -> None:
    ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CHECK)
    ask(b"", timeout=2)
