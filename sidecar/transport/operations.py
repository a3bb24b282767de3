"""StatusService: tells operators how the sidecar is."""

import grpc

from sidecar import __version__
from sidecar.api.v1 import status_pb2 as pb
from sidecar.api.v1 import status_pb2_grpc as pb_grpc
from sidecar.config import Listener
from sidecar.telemetry.errors import LastError
from sidecar.transport.convert.instants import to_timestamp
from sidecar.transport.shared import Shared


class StatusServicer(pb_grpc.StatusServiceServicer):
    """The same for every listener; *listeners* is filled once they are bound."""

    def __init__(self, shared: Shared, *, backend: str) -> None:
        self.listeners: tuple[Listener, ...] = ()
        self._shared = shared
        self._world = shared.world
        self._backend = backend
        self._started_at = to_timestamp(shared.world.clock())

    def GetStatus(self, request: pb.GetStatusRequest, context: grpc.ServicerContext) -> pb.GetStatusResponse:  # noqa: ARG002, N802
        """One picture of everything."""
        with self._shared.edge.call(context, "GetStatus"):
            self._shared.credentials.check(context.invocation_metadata())
            because = self._shared.lifecycle.not_ready_because
            return pb.GetStatusResponse(
                version=__version__,
                started_at=self._started_at,
                ready=not because,
                not_ready_because=because,
                policy=self._policy(),
                consent=self._consent(),
                listeners=[_listener(listener) for listener in self.listeners],
                last_errors=[_last_error(error) for error in self._shared.errors.latest()],
            )

    def _policy(self) -> pb.PolicyStatus:
        policies = self._world.policies
        return pb.PolicyStatus(
            revision=policies.snapshot.bundle.revision,
            source=policies.snapshot.bundle.source,
            loaded_at=to_timestamp(policies.loaded_at),
            age_ms=self._world.freshness().policy_age_ms,
            policies=len(policies.snapshot.bundle.policies.ids),
            verdicts=len(policies.snapshot.verdicts),
        )

    def _consent(self) -> pb.ConsentStatus:
        cache = self._world.cache
        return pb.ConsentStatus(
            revision=str(cache.revision()),
            age_ms=cache.age_ms(self._world.ticks()),
            subjects=cache.subjects,
            profiles=cache.profiles,
            backend=self._backend,
        )


def _listener(listener: Listener) -> pb.ListenerStatus:
    return pb.ListenerStatus(
        address=listener.address,
        transport="grpcio",
        pinned_service=listener.service,
        trusts_callers=not listener.service,
    )


def _last_error(error: LastError) -> pb.LastError:
    return pb.LastError(at=to_timestamp(error.at), component=error.component, message=error.message)
