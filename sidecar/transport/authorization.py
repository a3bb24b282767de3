"""AuthorizationService: questions and answers."""

from collections.abc import Iterator
from typing import Final

import grpc

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import authorization_pb2_grpc as pb_grpc
from sidecar.consent.limits import EVERYONE
from sidecar.consent.revision import Revision
from sidecar.engine.explain import Records, explain
from sidecar.errors import RequestError
from sidecar.telemetry.decisionlog.line import Call
from sidecar.transport.convert.answers import to_check_response, to_explanation
from sidecar.transport.convert.parsing import parse, sized
from sidecar.transport.desk import CHECK, CHECK_BATCH, FILTER_SUBJECTS, Desk
from sidecar.transport.identity import Identity

_EXPLAIN_ROUNDS: Final = 3


class AuthorizationServicer(pb_grpc.AuthorizationServiceServicer):
    """Answers the callers of one listener; what is ``IN_BYTES`` takes and returns messages as they travel."""

    IN_BYTES: Final = frozenset({"Check", "CheckBatch", "CheckStream", "FilterSubjects"})

    def __init__(self, desk: Desk, identity: Identity) -> None:
        self._desk = desk
        self._identity = identity
        self._shared = desk.shared
        self._most_bytes = desk.shared.limits.message_bytes
        self._edge = desk.shared.edge

    def Check(self, request: bytes, context: grpc.ServicerContext) -> bytes:  # noqa: N802
        """Decide one question."""
        with self._edge.call(context, "Check"):
            burst = self._desk.burst()
            response = burst.check(sized(request, self._most_bytes), self._identity)
            burst.end()
            if response is None:
                return self._desk.wait(CHECK, request, self._identity, self._until(context))
            return response

    def CheckBatch(self, request: bytes, context: grpc.ServicerContext) -> bytes:  # noqa: N802
        """Decide several questions; one that is malformed has its own error."""
        with self._edge.call(context, "CheckBatch"):
            burst = self._desk.burst()
            response = burst.check_batch(sized(request, self._most_bytes), self._identity)
            burst.end()
            if response is None:
                return self._desk.wait(CHECK_BATCH, request, self._identity, self._until(context))
            return response

    def CheckStream(  # noqa: N802
        self, request_iterator: Iterator[bytes], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        """Decide questions in the order in which they come."""
        with self._edge.call(context, "CheckStream"):
            self._shared.lifecycle.require_ready()
            with self._shared.streams.open(context) as stream:
                for data in stream.each(request_iterator):  # one at a time is how grpc hands them out
                    item = parse(pb.CheckStreamRequest, sized(data, self._most_bytes))
                    burst = self._desk.burst()
                    result = burst.check_item(item, self._identity)
                    burst.end()
                    if result is None:
                        item = parse(pb.CheckStreamRequest, data)
                        result = self._desk.wait_item(item, self._identity, self._until(context))
                    yield result

    def FilterSubjects(self, request: bytes, context: grpc.ServicerContext) -> bytes:  # noqa: N802
        """Find of many people those whose data may be used."""
        with self._edge.call(context, "FilterSubjects"):
            return self._desk.wait(FILTER_SUBJECTS, request, self._identity, self._until(context))

    def Explain(self, request: pb.ExplainRequest, context: grpc.ServicerContext) -> pb.ExplainResponse:  # noqa: N802
        """Decide one question and say why."""
        with self._edge.call(context, "Explain"):
            self._shared.credentials.check(context.invocation_metadata())
            if not request.HasField("request"):
                raise RequestError("request", "absent")
            until = self._until(context)
            for _ in range(_EXPLAIN_ROUNDS):
                asked, decided = self._desk.decide(request.request, self._identity, until)
                found = [self._shared.world.ledger.record_of(whose) for whose in (asked.subject, EVERYONE)]
                latest = max(_position(revision) for revision, _ in found)
                if latest <= _position(decided.answer.consent_revision):
                    break  # nothing came between: these records are those that the answer saw
                if not self._desk.decider.wait_for(latest, until):
                    break  # the view of a shared log is behind: better an answer with later records than none
            records = Records(subject=found[0][1], everyone=found[1][1])
            return pb.ExplainResponse(
                response=to_check_response(
                    decided.answer, self._desk.settle(asked, decided, self._identity, Call.EXPLAIN)
                ),
                fields=[
                    to_explanation(explanation)
                    for explanation in explain(asked, decided.answer, decided.snapshot, records, now=decided.now)
                ],
            )

    def _until(self, context: grpc.ServicerContext) -> float:
        return self._desk.patience(context.time_remaining())


def _position(revision: str) -> int:
    """Its position; before all others if there is none."""
    return Revision.parse(revision).position if revision else 0
