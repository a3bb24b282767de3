"""What all servicers of a process share."""

from dataclasses import dataclass

from sidecar.config import Limits
from sidecar.telemetry.decisionlog.log import DecisionLog
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics
from sidecar.telemetry.reloads import Reloads
from sidecar.transport.credentials import Credentials
from sidecar.transport.edge import Edge
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.streams import Streams
from sidecar.transport.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One of each; every part is safe for any number of threads."""

    world: World
    lifecycle: Lifecycle
    streams: Streams
    edge: Edge
    limits: Limits
    credentials: Credentials
    metrics: Metrics
    errors: ErrorReports
    reloads: Reloads
    decisions: DecisionLog | None  # None: they are not logged
