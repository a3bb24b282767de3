"""What tests of this project, and of those who use it, need: a clock that stands, a server in this process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import grpc

from sidecar.app import Sidecar, build, system_clock, system_ticks
from sidecar.cli.demo.bundle import demo_bundle
from sidecar.config import AUTO, load
from sidecar.consent.ledger import Ledger
from sidecar.model.instant import SECOND, Instant, parse

_STOP_SECONDS: Final = 5.0


class FixedClock:
    """A clock that stands until it is set or advanced."""

    def __init__(self, now: Instant | str = "2026-06-01T12:00:00Z") -> None:
        self.now = parse(now) if isinstance(now, str) else now

    def __call__(self) -> Instant:
        """What time it is."""
        return self.now

    def advance(self, seconds: float) -> Instant:
        """Let *seconds* pass; returns what time it is then."""
        self.now += round(seconds * SECOND)
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running sidecar and how to reach it."""

    sidecar: Sidecar
    address: str  # HOST:PORT, callers say who they are
    unix: str  # unix:PATH, likewise
    http: str  # HOST:PORT
    token: str
    token_file: Path

    @property
    def ledger(self) -> Ledger:
        """Records events without a server between."""
        return self.sidecar.ledger

    @property
    def operator(self) -> tuple[tuple[str, str], ...]:
        """What to send as metadata with calls that need the operator's token."""
        return (("authorization", f"Bearer {self.token}"),)

    def channel(self, address: str | None = None) -> grpc.Channel:
        """A channel to *address*, by default that of TCP; close it after use."""
        return grpc.insecure_channel(address or self.address, options=(("grpc.enable_http_proxy", 0),))


@contextmanager
def serving(  # noqa: PLR0913 - each by its name
    *,
    bundle: Path | None = None,
    data_dir: Path | None = None,
    clock: Callable[[], Instant] = system_clock,
    listen: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
    transport: str = AUTO,
) -> Iterator[Served]:
    """A sidecar in this process that answers on a free port and on a Unix socket, and is stopped at the end.

    Args:
        bundle: folder of the bundle; the demo bundle unless given.
        data_dir: where it keeps what it keeps; thrown away at the end unless given.
        clock: asked for the time at every call; a clock of your own also measures ages.
        listen: further listeners, for example ``127.0.0.1:0,service=newsletter``; behind the two in ``addresses``.
        settings: any others, from ``section.field`` to a value.
        transport: of every listener that does not say it itself: ``auto``, ``native`` or ``grpcio``.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sidecar-")))
        unix = f"unix:{folder / 'api.sock'}"
        flags = {
            "bundle.path": bundle or demo_bundle(),
            "data.dir": data_dir or folder / "data",
            "server.listen": tuple(_on(each, transport) for each in ("127.0.0.1:0", unix, *listen)),
            **(settings or {}),
        }
        config = load(flags=flags)
        sidecar = build(config, clock=clock, ticks=system_ticks if clock is system_clock else clock)
        sidecar.start()
        stack.callback(sidecar.stop, _STOP_SECONDS)
        yield Served(
            sidecar=sidecar,
            address=sidecar.addresses[0],
            unix=unix,
            http=sidecar.http_address,
            token=config.token_file.read_text(encoding="ascii").strip(),
            token_file=config.token_file,
        )


def _on(listener: str, transport: str) -> str:
    return listener if ",transport=" in listener else f"{listener},transport={transport}"
