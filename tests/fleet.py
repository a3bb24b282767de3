"""Sidecars that share one log on a NATS server: processes of their own, started, frozen, killed and started again."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sidecar.api.v1 import status_pb2
from sidecar.config import Nats
from sidecar.consent.pseudonym import KEY_BYTES
from tests.integration.caller import Caller, eventually
from tests.nats_server import NatsServer

ROOT: Final = Path(__file__).resolve().parents[1]

START_SECONDS: Final = 60.0

_ENVIRON: Final = {
    **{name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")},
    "PYTHONPATH": str(ROOT),
}
_RECONNECT_AT_ONCE: Final = tuple((f"grpc.{name}_reconnect_backoff_ms", 50) for name in ("initial", "min", "max"))


@dataclass
class Member:
    """A sidecar with its data in *folder*, under *settings*: names of environment variables without their prefix."""

    name: str
    folder: Path
    settings: dict[str, str]
    _process: subprocess.Popen[str] | None = None
    _channel: grpc.Channel | None = None

    @property
    def socket(self) -> str:
        """Where it listens."""
        return f"unix:{self.folder}/socket"

    @property
    def token_file(self) -> Path:
        """Where its operator's token is."""
        return self.folder / "data" / "operator.token"

    @property
    def said(self) -> str:
        """All that it said on its standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    @property
    def environ(self) -> dict[str, str]:
        """The environment of its process, and of commands that are to reach the same log."""
        own = {"BUNDLE_PATH": str(ROOT / "policies"), "DATA_DIR": str(self.folder / "data"), "HTTP_ADDRESS": "off"}
        return _ENVIRON | {f"SIDECAR_{name}": value for name, value in (own | self.settings).items()}

    @property
    def caller(self) -> Caller:
        """Calls it, as its operator."""
        if self._channel is None:
            self._channel = grpc.insecure_channel(self.socket, options=_RECONNECT_AT_ONCE)
        token = self.token_file.read_text(encoding="utf-8").strip()
        return Caller(self._channel, (("authorization", f"Bearer {token}"),))

    def start(self) -> None:
        """Start it, without waiting."""
        assert self._process is None
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "stderr").open("a", encoding="utf-8") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sidecar", "serve", "--listen", self.socket],
                env=self.environ,
                stdout=subprocess.DEVNULL,
                stderr=said,
                text=True,
            )

    def await_ready(self, within_seconds: float = START_SECONDS) -> None:
        """Return once it answers questions."""

        def look() -> None:
            assert self._process is not None
            assert self._process.poll() is None, self.said
            assert self.healthy("authz"), self.said

        eventually(look, within_seconds=within_seconds)

    def healthy(self, service: str) -> bool:
        """Whether it says SERVING of *service*; not if it cannot be asked."""
        if not self.token_file.exists():
            return False
        try:
            request = health_pb2.HealthCheckRequest(service=service)
            answer = health_pb2_grpc.HealthStub(self.caller.channel).Check(request, timeout=2)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def status(self) -> Any:
        """What it says of itself."""
        caller = self.caller
        return caller.status.GetStatus(status_pb2.GetStatusRequest(), metadata=caller.operator, timeout=5)

    def kill(self) -> None:
        """SIGKILL; what it kept stays."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait until it has ended in good order."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """Leave nothing running."""
        if self._process is not None:
            self.kill()
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What the command line says to *words*, with this sidecar's settings and address."""
        environ = self.environ | {"SIDECAR_ADDRESS": self.socket}
        return subprocess.run(
            [sys.executable, "-m", "sidecar", *words],
            env=environ,
            check=False,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(START_SECONDS)
        self._process = None


@dataclass
class Fleet:
    """Sidecars of one log; *settings* are common to all."""

    folder: Path
    server: NatsServer
    settings: dict[str, str] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    nats: Nats = field(init=False)

    def __post_init__(self) -> None:
        self.nats = self.server.settings()
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self.folder / "key"
        key.write_bytes(secrets.token_bytes(KEY_BYTES))
        key.chmod(0o600)

    def add(self, name: str, **settings: str) -> Member:
        """One more, not started; *settings* are its own."""
        common = {
            "CONSENT_LOG": "nats",
            "CONSENT_KEY_FILE": str(self.folder / "key"),
            "CONSENT_INSTANCE": name,
            "NATS_SERVERS": self.nats.servers,
            "NATS_STREAM": self.nats.stream,
        }
        member = Member(name, self.folder / name, common | self.settings | settings)
        self.members.append(member)
        return member

    def init(self) -> None:
        """Make the log, as its operator does."""
        done = self.members[0].run("consent", "init", "--output", "json")
        assert 0 == done.returncode, done.stderr
        json.loads(done.stdout)

    def start(self) -> None:
        """Start all, and wait until they answer."""
        for member in self.members:
            member.start()
        for member in self.members:
            member.await_ready()

            assert "nats" == member.status().consent.backend


@contextmanager
def fleet(folder: Path, server: NatsServer, **settings: str) -> Iterator[Fleet]:
    """An empty fleet; all that it started is gone in the end."""
    made = Fleet(folder, server, settings)
    try:
        yield made
    finally:
        for member in made.members:
            member.close()
