"""A server as a process of its own: started, awaited, looked at from outside, stopped."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc

from benchmarks.measure import ROOT

START_SECONDS: Final = 120.0
STOP_SECONDS: Final = 30.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A server that runs, and answers on *socket*."""

    pid: int
    socket: Path

    def processor_seconds(self) -> float:
        """How long it has used a core, all threads together; to a hundredth of a second."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_bytes(self) -> int:
        """What it has in memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1_024 for line in lines if line.startswith("VmRSS:"))

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        """A channel to it."""
        with grpc.insecure_channel(f"unix:{self.socket}") as channel:
            yield channel


@contextmanager
def running(
    command: Sequence[str],
    socket: Path,
    ready: Callable[[grpc.Channel], object],
    *,
    said: Path,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """Start *command*, wait until *ready* does not raise, and stop it in the end; what it says goes to *said*."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")}
    with said.open("ab") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**own, "PYTHONPATH": str(ROOT), **(environ or {})},
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
    try:
        _await(process, socket, ready, said)
        yield Process(pid=process.pid, socket=socket)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(
    process: "subprocess.Popen[bytes]", socket: Path, ready: Callable[[grpc.Channel], object], said: Path
) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if socket.exists():
            try:
                with grpc.insecure_channel(f"unix:{socket}") as channel:
                    ready(channel)
            except grpc.RpcError:
                pass
            else:
                return
        time.sleep(0.05)
    process.kill()
    process.wait()
    sys.exit(f"`{' '.join(map(str, process.args))}` does not answer: {said.read_text(encoding='utf-8')[-2_000:]}")  # type: ignore[arg-type]
