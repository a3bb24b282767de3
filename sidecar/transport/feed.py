"""FeedService: tells other systems what people decided, and keeps how far each has come."""

from collections.abc import Iterator
from time import monotonic
from typing import Final, NamedTuple

import grpc

from sidecar.api.v1 import feed_pb2 as pb
from sidecar.api.v1 import feed_pb2_grpc as pb_grpc
from sidecar.consent.revision import Revision
from sidecar.errors import IdentityError, RequestError, StartOverError
from sidecar.transport.convert.changes import to_change, to_propagation
from sidecar.transport.convert.text import check_text
from sidecar.transport.credentials import OPERATOR
from sidecar.transport.downstream import Downstream
from sidecar.transport.shared import Shared
from sidecar.transport.watches import Watch

MAX_NAME_BYTES: Final = 63

SIGN_OF_LIFE_SECONDS: Final = 5.0
"""How long a stream is silent at most."""

_SLICE_SECONDS: Final = 0.25
"""How long a stream without changes sleeps before it looks whether its reader is still there."""


class _Beginning(NamedTuple):
    """Where a stream begins."""

    log_id: str
    after: int
    from_start: bool


class FeedServicer(pb_grpc.FeedServiceServicer):
    """The same for every listener. Safe for any number of threads."""

    def __init__(self, shared: Shared, downstream: Downstream, *, instance: str) -> None:
        self._shared = shared
        self._instance = instance  # what this sidecar is called among those of the log
        self._downstream = downstream
        self._edge = shared.edge

    def WatchRecords(  # noqa: N802
        self, request: pb.WatchRecordsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.WatchRecordsResponse]:
        """Tell what changes, and go on telling."""
        with self._edge.call(context, "WatchRecords"):
            reader = self._bearer(context, request.consumer)
            self._shared.lifecycle.require_ready()
            beginning = self._beginning(request, reader)
            with self._downstream.watches.open(context, reader) as watch:
                yield from watch.each(self._told(beginning, reader, watch))

    def Ack(self, request: pb.AckRequest, context: grpc.ServicerContext) -> pb.AckResponse:  # noqa: N802
        """Keep how far a consumer has come."""
        with self._edge.call(context, "Ack"):
            name = self._bearer(context, request.consumer)
            if name == OPERATOR:
                raise IdentityError("the operator's token acknowledges nothing: a consumer does, with its own")
            self._shared.lifecycle.require_ready()
            revision = self._of_this_log(request.revision, "revision")
            if not self._downstream.changes.reaches(revision.position):
                raise RequestError("revision", "the log has not come that far; acknowledge what a stream has sent")
            kept = self._downstream.consumers.acknowledge(name, revision.position)
            return pb.AckResponse(revision=str(Revision(revision.log_id, kept)))

    def GetPropagation(  # noqa: N802
        self, request: pb.GetPropagationRequest, context: grpc.ServicerContext
    ) -> pb.GetPropagationResponse:
        """Tell who has applied a change."""
        with self._edge.call(context, "GetPropagation"):
            self._shared.credentials.check(context.invocation_metadata())
            self._shared.lifecycle.require_ready()
            propagation, world = self._downstream.propagation, self._shared.world
            if bool(request.revision) is bool(request.subject or request.event_id):
                raise RequestError("revision", "say which change: either `revision`, or `subject` and `event_id`")
            if request.revision:
                place = propagation.at(self._of_this_log(request.revision, "revision").position)
            else:
                place = propagation.of(request.subject, request.event_id)
            followers = propagation.followers()
            return to_propagation(place, world.cache.revision(), self._instance, followers, now=world.clock())

    def end(self) -> None:
        """End every stream, or the server would wait for it."""
        self._downstream.watches.end()

    def _bearer(self, context: grpc.ServicerContext, named: str) -> str:
        """Whose token the caller has; raises ``IdentityError`` if they name somebody else."""
        bearer = self._shared.credentials.bearer(context.invocation_metadata())
        check_text(named, "consumer", most=MAX_NAME_BYTES, least=0)
        if named in ("", bearer):
            return bearer
        whose = "the operator's, who watches without a name" if bearer == OPERATOR else "that of another consumer"
        raise IdentityError(f"the token is not that of consumer `{named}`, but {whose}")

    def _beginning(self, request: pb.WatchRecordsRequest, reader: str) -> _Beginning:
        log_id = self._downstream.changes.log_id
        if request.from_start:
            if request.after_revision:
                raise RequestError("from_start", "not together with `after_revision`: say one")
            if reader != OPERATOR:
                self._downstream.consumers.begin_anew(reader)
            return _Beginning(log_id, 0, from_start=True)
        kept = None if reader == OPERATOR else self._downstream.consumers.acknowledged(reader)
        revision = Revision(log_id, kept or 0)
        if request.after_revision:
            revision = Revision.parse(request.after_revision, field="after_revision")
        after = self._downstream.changes.behind(revision, remembered_from=kept, now=self._shared.world.clock())
        return _Beginning(log_id, after, from_start=after == 0)

    def _told(self, beginning: _Beginning, reader: str, watch: Watch) -> Iterator[pb.WatchRecordsResponse]:
        """First where the stream begins, then changes, and signs of life while there are none."""
        log_id, after, _ = beginning
        changes, lifecycle = self._downstream.changes, self._shared.lifecycle
        yield pb.WatchRecordsResponse(revision=str(Revision(log_id, after)), from_start=beginning.from_start)
        due = monotonic()
        while watch.active:
            lifecycle.require_ready()
            taken = changes.take(after, log_id=log_id)
            after = taken.through
            for entry in taken.entries:
                yield pb.WatchRecordsResponse(
                    revision=str(Revision(log_id, entry.position)),
                    change=to_change(
                        entry,
                        log_id,
                        subject=self._downstream.subject(entry, reader),
                        everyone=self._downstream.is_about_everyone(entry),
                    ),
                    caught_up=not taken.more and entry is taken.entries[-1],
                )
            if taken.entries:
                due = monotonic() + SIGN_OF_LIFE_SECONDS
            elif monotonic() >= due:
                yield pb.WatchRecordsResponse(revision=str(Revision(log_id, after)), caught_up=True)
                due = monotonic() + SIGN_OF_LIFE_SECONDS
            if not taken.more:
                changes.wait(beyond=after, seconds=_SLICE_SECONDS)

    def _of_this_log(self, token: str, field: str) -> Revision:
        revision = Revision.parse(token, field=field)
        if revision.log_id != self._downstream.changes.log_id:
            raise StartOverError("that revision is of another log than the one that there is now")
        return revision
