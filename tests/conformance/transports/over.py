"""A sidecar in this process, reached over one transport by TCP and by Unix socket."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sidecar.config import GRPCIO, NATIVE
from sidecar.model.instant import Instant
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import calling
from tests.wire.connection import Connection

TRANSPORTS: Final = (GRPCIO, NATIVE)
DOORS: Final = ("tcp", "unix")

CHECK: Final = "/sidecar.api.v1.AuthorizationService/Check"
BATCH: Final = "/sidecar.api.v1.AuthorizationService/CheckBatch"
FILTER: Final = "/sidecar.api.v1.AuthorizationService/FilterSubjects"
RECORD: Final = "/sidecar.api.v1.ConsentService/GetRecord"
STREAM: Final = "/sidecar.api.v1.AuthorizationService/CheckStream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What is served, and over what."""

    transport: str
    served: Served
    addresses: Mapping[str, str]  # by "tcp", "unix", and the services that a listener is pinned to
    consumer: tuple[tuple[str, str], ...]  # what consumer `mail` sends as metadata

    def connection(self, door: str = "tcp", **how: Any) -> Connection:
        """A raw connection; close it."""
        return Connection(self.addresses[door], **how)

    def calling(self, door: str = "tcp") -> Any:
        """A context with a proper caller."""
        return calling(self.served, self.addresses[door])

    def metric(self, name: str, **labels: str) -> float:
        """A sample of the metric *name*; 0 if there is none."""
        return self.served.sidecar.registry.get_sample_value(name, labels) or 0.0

    @property
    def parked(self) -> int:
        """How many calls wait for a revision."""
        return self.served.sidecar._grpc.desk.decider.parked

    def future(self) -> str:
        """A revision that nothing has reached yet."""
        revision = self.served.sidecar.world.cache.revision()
        return f"{revision.log_id}.{revision.position + 1}"


def option(transport: str) -> str:
    """What makes a listener one of *transport*."""
    return f",transport={transport}"


@contextmanager
def serving_over(
    transport: str,
    *,
    bundle: Path | None = None,
    clock: Callable[[], Instant] | None = None,
    pins: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> Iterator[Over]:
    """A sidecar all of whose listeners, one more for each of *pins*, are of *transport*; its clock stands still."""
    with TemporaryDirectory(prefix="over-") as folder:
        unix = f"unix:{folder}/over.sock"
        token = Path(folder) / "mail.token"
        listen = ("127.0.0.1:0", unix, *(f"127.0.0.1:0,service={pin}" for pin in pins))
        mine = {
            "server.listen": tuple(each + option(transport) for each in listen),
            "consumers.known": f"mail,token={token},subjects=yes",
        }
        with serving(bundle=bundle, clock=clock or FixedClock(), settings={**mine, **(settings or {})}) as served:
            yield Over(
                transport=transport,
                served=served,
                addresses=dict(zip(("tcp", "unix", *pins), served.sidecar.addresses, strict=True)),
                consumer=(("authorization", f"Bearer {token.read_text(encoding='ascii').strip()}"),),
            )
