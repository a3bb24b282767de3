"""Load by ``h2load``, which costs the machine a tenth of what a client in Python does.

One process, one connection unless said otherwise, a Unix socket, the bytes of one question. What it prints is read
here; of each call it can write a line to a file, from which the percentiles come. It does not read ``grpc-status``: a
call that failed has an answer without a message, so the bytes of all messages tell whether any did.
"""

import re
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

HOW_TO_GET: Final = "`h2load` is not on the path: on Debian and Ubuntu `apt-get install nghttp2-client` brings it"

FRAME_BYTES: Final = 5
"""In front of every message: a flag and the length."""

_SECONDS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_FINISHED: Final = re.compile(r"^finished in ([\d.]+)(us|ms|s), ([\d.]+) req/s", re.MULTILINE)
_COUNTED: Final = re.compile(r"^requests: (\d+) total, .* (\d+) done, (\d+) succeeded, (\d+) failed", re.MULTILINE)
_CODES: Final = re.compile(r"^status codes: (\d+) 2xx", re.MULTILINE)
_DATA: Final = re.compile(r"headers \(space savings [\d.-]+%\), .*\((\d+)\) data$", re.MULTILINE)
_LIMIT_SECONDS: Final = 900
_PACED: Final = 10
_PACED_IN_FLIGHT: Final = 100
_WARM_UP: Final = 200
"""Calls at least to find out how many fit into the time that is wanted."""


class LoadError(Exception):
    """The load could not be made, or its answers were not what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to ask, and how."""

    socket: Path
    method: str  # for example /sidecar.api.v1.AuthorizationService/Check
    message: bytes
    in_flight: int = 1  # on each connection
    connections: int = 1
    per_second: int | None = None  # on all connections together; None: as fast as it gets answers

    def paced(self, per_second: float) -> "Load":
        """The same, so many times a second, whatever is still on its way.

        h2load sends every 10 ms on each connection what is due then, so there are ten of them, begun 1 ms apart.
        """
        return replace(self, connections=_PACED, in_flight=_PACED_IN_FLIGHT, per_second=round(per_second))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What h2load counted."""

    calls: int
    succeeded: int  # with HTTP 200, which an error of gRPC has too
    seconds: float
    rate: float  # a second
    data_bytes: int  # of messages, each with its frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a load."""

    counted: Counted
    microseconds: tuple[int, ...]  # of each call from its request to the end of its answer, in the order of their ends

    @property
    def mean(self) -> float:
        """Microseconds a call takes."""
        return sum(self.microseconds) / len(self.microseconds)

    def require_answers(self, *, least: int, most: int) -> None:
        """Raise ``LoadError`` unless every call had an answer with a message of *least* to *most* bytes."""
        counted, each = self.counted, (FRAME_BYTES + least, FRAME_BYTES + most)
        good = counted.calls == counted.succeeded
        if not good or not counted.calls * each[0] <= counted.data_bytes <= counted.calls * each[1]:
            raise LoadError(
                f"{counted.calls} calls, {counted.succeeded} with HTTP 200, {counted.data_bytes} bytes of messages: "
                f"not {each[0]} to {each[1]} bytes each, so some failed"
            )


def available() -> bool:
    """Whether there is an ``h2load``."""
    return shutil.which("h2load") is not None


def framed(message: bytes) -> bytes:
    """*message* as gRPC sends it: not compressed, behind its length."""
    return struct.pack(">BI", 0, len(message)) + message


def command(load: Load, body: Path, calls: int, log: Path | None) -> list[str]:
    """The command line that makes *load*."""
    words = ["h2load", "-n", str(calls), "-c", str(load.connections), "-m", str(load.in_flight), "-d", str(body)]
    words += ["-H", "content-type: application/grpc", "-H", "te: trailers", "-B", f"unix:{load.socket}"]
    if load.per_second is not None:
        words += ["--rps", str(max(1, load.per_second // load.connections)), "-r", "1", "--rate-period", "1ms"]
    if log is not None:
        words += ["--log-file", str(log)]
    return [*words, f"http://localhost{load.method}"]


def parse(printed: str) -> Counted:
    """What the end of h2load's output says; raises ``LoadError`` if it does not."""
    finished, counts, codes = _FINISHED.search(printed), _COUNTED.search(printed), _CODES.search(printed)
    data = _DATA.search(printed)
    if finished is None or counts is None or codes is None or data is None:
        raise LoadError(f"h2load did not say what it counted: {printed.strip()[-500:] or 'nothing'}")
    return Counted(
        calls=int(counts[1]),
        succeeded=int(codes[1]) if counts[1] == counts[3] else int(counts[3]),
        seconds=float(finished[1]) * _SECONDS[finished[2]],
        rate=float(finished[3]),
        data_bytes=int(data[1]),
    )


def parse_log(text: str) -> tuple[int, ...]:
    """The microseconds of each call that had an answer, from lines of ``start, HTTP status, microseconds``."""
    rows = (line.split("\t") for line in text.splitlines())
    return tuple(int(row[2]) for row in rows if len(row) >= 3 and row[1] == "200")


def run(load: Load, calls: int, *, record: bool = True) -> Outcome:
    """Make *calls* calls; with *record* the time of each is kept. Raises ``LoadError``."""
    if not available():
        raise LoadError(HOW_TO_GET)
    with tempfile.TemporaryDirectory(prefix="h2load-") as name:
        body, log = Path(name) / "body", Path(name) / "log"
        body.write_bytes(framed(load.message))
        words = command(load, body, calls, log if record else None)
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=_LIMIT_SECONDS)
        if done.returncode:
            raise LoadError(f"h2load ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()[-500:]}")
        return Outcome(
            counted=parse(done.stdout),
            microseconds=parse_log(log.read_text(encoding="ascii")) if record else (),
        )


def calls_for(load: Load, seconds: float) -> int:
    """How many calls take about *seconds*; finding out warms up, for about a quarter of that."""
    first = replace(load, per_second=None)
    rate = run(first, _WARM_UP * first.connections, record=False).counted.rate
    again = max(_WARM_UP, round(rate * seconds / 4))
    rate = run(first, again, record=False).counted.rate
    return max(_WARM_UP, round(rate * seconds))
