"""HoldService: stops what is done with everyone's data. Every method needs the operator's token."""

from collections.abc import Iterable

import grpc

from sidecar.api.v1 import holds_pb2 as pb
from sidecar.api.v1 import holds_pb2_grpc as pb_grpc
from sidecar.consent.holds import Hold, Holds
from sidecar.consent.limits import MAX_NOTE_BYTES
from sidecar.errors import RequestError
from sidecar.transport.convert.events import EventReader
from sidecar.transport.convert.instants import to_timestamp
from sidecar.transport.convert.text import check_text
from sidecar.transport.shared import Shared


class HoldServicer(pb_grpc.HoldServiceServicer):
    """The same for every listener. Safe for any number of threads."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._holds = Holds(shared.world.ledger, lambda: shared.world.policies.snapshot.catalog)
        self._reader = EventReader(shared.limits)
        self._edge = shared.edge

    def PlaceHold(self, request: pb.PlaceHoldRequest, context: grpc.ServicerContext) -> pb.PlaceHoldResponse:  # noqa: N802
        """Hold what a scope touches."""
        with self._edge.call(context, "PlaceHold"):
            self._admit(context)
            placed = self._holds.place(
                self._reader.event_id(request.id, "id"),
                self._reader.scope(request.scope, "scope"),
                why=check_text(request.why, "why", most=MAX_NOTE_BYTES),
            )
            recorded = placed.recorded
            if not recorded.duplicate:
                self._shared.metrics.recorded("hold")
            return pb.PlaceHoldResponse(
                revision=recorded.revision,
                effective_at=to_timestamp(recorded.effective_at),
                duplicate=recorded.duplicate,
                replaced=_to_holds(placed.replaced),
            )

    def ReleaseHold(self, request: pb.ReleaseHoldRequest, context: grpc.ServicerContext) -> pb.ReleaseHoldResponse:  # noqa: N802
        """Release one hold, or all at or below a scope."""
        with self._edge.call(context, "ReleaseHold"):
            self._admit(context)
            event_id = self._reader.event_id(request.id, "id")
            why = check_text(request.why, "why", least=0, most=MAX_NOTE_BYTES)
            match request.WhichOneof("which"):
                case "hold_id":
                    hold_id = self._reader.event_id(request.hold_id, "hold_id")
                    released = self._holds.release(event_id, hold_id=hold_id, why=why)
                case "scope":
                    scope = self._reader.scope(request.scope, "scope")
                    released = self._holds.release(event_id, scope=scope, why=why)
                case _:
                    raise RequestError("hold_id", "absent, and so is `scope`; set one of them")
            if not released.recorded.duplicate:
                self._shared.metrics.recorded("release")
            return pb.ReleaseHoldResponse(
                revision=released.recorded.revision,
                duplicate=released.recorded.duplicate,
                released=_to_holds(released.released),
                still_held=_to_holds(released.standing),
            )

    def ListHolds(self, request: pb.ListHoldsRequest, context: grpc.ServicerContext) -> pb.ListHoldsResponse:  # noqa: ARG002, N802
        """List those that stand."""
        with self._edge.call(context, "ListHolds"):
            self._admit(context)
            return pb.ListHoldsResponse(holds=_to_holds(self._holds.standing()))

    def _admit(self, context: grpc.ServicerContext) -> None:
        self._shared.credentials.check(context.invocation_metadata())
        self._shared.lifecycle.require_ready()


def _to_holds(holds: Iterable[Hold]) -> list[pb.Hold]:
    return [
        pb.Hold(
            id=hold.id,
            scopes=[
                pb.HeldScope(
                    purpose=atom.purpose, category=atom.category, channel=atom.channel, recipient=atom.recipient
                )
                for atom in hold.atoms
            ],
            since=to_timestamp(hold.since),
            why=hold.why,
        )
        for hold in holds
    ]
