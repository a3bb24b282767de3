"""The sidecar as a process, with metrics and decision log on, and what it counted."""

import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import grpc

from benchmarks.load.h2load import Load
from benchmarks.servers.process import Process, running
from benchmarks.worlds.questions import CHECK, question
from sidecar.api.v1 import authorization_pb2, model_pb2

TRANSPORTS: Final = ("native", "grpcio")
_SAMPLE: Final = re.compile(r"^(\w+)(?:\{(.*)\})? ([\d.e+-]+)$")
_LEEWAY_BYTES: Final = 24
"""By so much an answer may be longer or shorter than another one: its id, its age and its revision grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """A sidecar that runs, with one listener for each transport."""

    process: Process
    sockets: Mapping[str, Path]  # by transport
    http: str  # HOST:PORT
    data: Path

    def load(self, transport: str, message: bytes, *, method: str = CHECK, in_flight: int = 1) -> Load:
        """A load for one of its listeners."""
        return Load(socket=self.sockets[transport], method=method, message=message, in_flight=in_flight)

    @contextmanager
    def channel(self, transport: str) -> Iterator[grpc.Channel]:
        """A channel to one of its listeners."""
        with grpc.insecure_channel(f"unix:{self.sockets[transport]}") as channel:
            yield channel

    @property
    def operator(self) -> tuple[tuple[str, str], ...]:
        """What to send as metadata with calls that need the operator's token."""
        token = (self.data / "operator.token").read_text(encoding="ascii").strip()
        return (("authorization", f"Bearer {token}"),)

    def metrics(self) -> dict[str, float]:
        """The sum of all samples of each series, and each sample by ``name{labels}``."""
        with urlopen(f"http://{self.http}/metrics", timeout=10) as response:
            return parse_metrics(response.read().decode())

    def answer_bytes(self, transport: str, message: bytes, method: str = CHECK) -> tuple[int, int]:
        """How short and how long the answer to *message* may be, going by the one that there is now."""
        with self.channel(transport) as channel:
            ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
            size = len(ask(message, timeout=10))
        questions = 1 if method == CHECK else 64
        return max(0, size - questions * _LEEWAY_BYTES), size + questions * _LEEWAY_BYTES

    def require_allowed(self, transport: str, count: int) -> None:
        """Stop unless *count* fields are allowed: a deny may be cheaper than what is to be measured."""
        with self.channel(transport) as channel:
            ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CHECK)
            answer = authorization_pb2.CheckResponse.FromString(ask(question(count).SerializeToString(), timeout=10))
        effects = [result.effect for result in answer.results]
        if effects != [model_pb2.EFFECT_ALLOW] * count:
            reasons = sorted({model_pb2.Reason.Name(result.reason) for result in answer.results})
            sys.exit(f"not all of {count} fields are allowed: {', '.join(reasons)}")


def parse_metrics(text: str) -> dict[str, float]:
    """The samples of the text format, one by one and summed by name."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        sample = _SAMPLE.match(line)
        if sample is not None:
            name, labels, value = sample[1], sample[2], float(sample[3])
            found[name] = found.get(name, 0.0) + value
            if labels:
                found[f"{name}{{{labels}}}"] = value
    return found


@contextmanager
def sidecar(
    folder: Path,
    bundle: Path,
    data: Path,
    *,
    settings: Mapping[str, str] | None = None,
    observed: Path | None = None,
) -> Iterator[Sidecar]:
    """A sidecar that serves *bundle* with *data*; its sockets and what it says are in *folder*.

    *settings* are environment variables without their prefix. With *observed* the waits for its interpreter go there.
    The decision log goes to a standard output that nobody reads: every line is made and written, and fills no disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sockets = {transport: folder / f"{transport}.sock" for transport in TRANSPORTS}
    http = f"127.0.0.1:{_free_port()}"
    program = "sidecar" if observed is None else "benchmarks.servers.observed"
    words = [sys.executable, "-m", program, "serve", "--bundle", str(bundle), "--data-dir", str(data), "--http", http]
    for transport, path in sockets.items():
        words += ["--listen", f"unix:{path},transport={transport}"]
    environ = {"DECISION_LOG_OUTPUT": "stdout", "SERVER_DRAIN_SECONDS": "1", **(settings or {})}
    prefixed = {f"SIDECAR_{name}": value for name, value in environ.items()} | {"OBSERVED": str(observed)}
    with running(words, sockets["grpcio"], _ask, said=folder / "sidecar.log", environ=prefixed) as process:
        yield Sidecar(process=process, sockets=sockets, http=http, data=data)


def _ask(channel: grpc.Channel) -> None:
    ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CHECK)
    ask(question(1).SerializeToString(), timeout=2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
