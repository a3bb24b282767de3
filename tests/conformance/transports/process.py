"""A sidecar as a process of its own, so that what it takes can be measured and its end be seen."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from tests.conformance.transports.over import option
from tests.integration.caller import Caller
from tests.wire.connection import Connection

ROOT: Final = Path(__file__).resolve().parents[3]
ENVIRON: Final = {
    **{name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")},
    "PYTHONPATH": str(ROOT),
}
STOP_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One that runs, listening on TCP and on a Unix socket."""

    transport: str
    folder: Path
    addresses: Mapping[str, str]
    _process: subprocess.Popen[str]

    def connection(self, door: str = "tcp", **how: Any) -> Connection:
        """A raw connection; close it."""
        return Connection(self.addresses[door], **how)

    @contextmanager
    def calling(self, door: str = "tcp") -> Iterator[Caller]:
        """A proper caller."""
        token = (self.folder / "data" / "operator.token").read_text(encoding="ascii").strip()
        with grpc.insecure_channel(self.addresses[door], options=(("grpc.enable_http_proxy", 0),)) as channel:
            yield Caller(channel, (("authorization", f"Bearer {token}"),))

    def memory(self, which: str = "VmRSS") -> float:
        """Megabytes that it has in memory; with ``VmHWM`` the most that it ever had."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith(which))
        return int(line.split()[1]) / 1_024

    def forget_most(self) -> None:
        """Begin anew with the most memory that it ever had."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    def open_files(self) -> int:
        """How many files and sockets it has open."""
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    @property
    def said(self) -> str:
        """All that it said on its standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8")

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self._process.wait(STOP_SECONDS)


@contextmanager
def running(transport: str, folder: Path, **settings: str) -> Iterator[Process]:
    """A process with its data in *folder*, under *settings*: names of environment variables without their prefix."""
    folder.mkdir(parents=True, exist_ok=True)
    unix = f"unix:{folder / 'api.sock'}"
    own = {"BUNDLE_PATH": str(ROOT / "policies"), "DATA_DIR": str(folder / "data"), "HTTP_ADDRESS": "off"}
    environ = ENVIRON | {f"SIDECAR_{name}": value for name, value in (own | settings).items()}
    listen = [f"{address}{option(transport)}" for address in ("127.0.0.1:0", unix)]
    words = ["serve", "--output", "json", *(word for each in listen for word in ("--listen", each))]
    with (folder / "stderr").open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "sidecar", *words], env=environ, stdout=subprocess.PIPE, stderr=said, text=True
        )
    try:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line == "}\n":
                break
        assert printed, (folder / "stderr").read_text(encoding="utf-8")
        addresses = dict(zip(("tcp", "unix"), json.loads(printed)["addresses"], strict=True))
        yield Process(transport=transport, folder=folder, addresses=addresses, _process=process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
