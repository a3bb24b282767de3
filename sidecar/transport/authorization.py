"""AuthorizationService: questions and answers."""

from collections.abc import Iterator
from itertools import count
from secrets import token_hex
from typing import Final

import grpc

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import authorization_pb2_grpc as pb_grpc
from sidecar.consent.limits import EVERYONE
from sidecar.consent.revision import Revision
from sidecar.engine.explain import Records, explain
from sidecar.errors import RequestError
from sidecar.model.decision import Request
from sidecar.telemetry.decisionlog.line import Call
from sidecar.telemetry.decisionlog.recording import Answered
from sidecar.transport.convert.answers import to_check_response, to_explanation
from sidecar.transport.convert.questions import QuestionReader
from sidecar.transport.convert.text import check_count, check_text
from sidecar.transport.decider import Decided, Decider
from sidecar.transport.identity import Identity
from sidecar.transport.shared import Shared
from sidecar.transport.status import status_of

MAX_CORRELATION_BYTES: Final = 128
_EXPLAIN_ROUNDS: Final = 3


class Desk:
    """What every listener's questions share. Safe for any number of threads."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.decider = Decider(shared)
        self._reader = QuestionReader(shared.limits)
        self._process = token_hex(8)
        self._numbers = count(1)

    def answer(self, message: pb.CheckRequest, identity: Identity, until: float) -> pb.CheckResponse:
        """The answer to *message*, asked by a caller of *identity* who waits *until* then; see ``Decider.patience``."""
        request, decided = self.decide(message, identity, until)
        return to_check_response(decided.answer, self.settle(request, decided, identity, Call.CHECK))

    def decide(self, message: pb.CheckRequest, identity: Identity, until: float) -> tuple[Request, Decided]:
        """The question of *message*, and what was decided."""
        self.shared.lifecycle.require_ready()
        policies = self.shared.world.policies
        request = self._reader.read(message, lambda named: identity.service(named, policies.snapshot.catalog))
        return request, self.decider.decide(request, policies, until=until)

    def settle(self, request: Request, decided: Decided, identity: Identity, call: Call) -> str:
        """The id of what was *decided*, which no other answer has; it is logged under that."""
        decision_id = f"{self._process}-{next(self._numbers):x}"
        if self.shared.decisions is not None:
            self.shared.decisions.put(
                Answered(
                    decision_id=decision_id,
                    call=call,
                    caller=identity.pin,
                    request=request,
                    answer=decided.answer,
                    snapshot=decided.snapshot,
                    now=decided.now,
                    seconds=decided.seconds,
                )
            )
        return decision_id


class AuthorizationServicer(pb_grpc.AuthorizationServiceServicer):
    """Answers the callers of one listener."""

    def __init__(self, desk: Desk, identity: Identity) -> None:
        self._desk = desk
        self._identity = identity
        self._shared = desk.shared
        self._edge = desk.shared.edge

    def Check(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> pb.CheckResponse:  # noqa: N802
        """Decide one question."""
        with self._edge.call(context, "Check"):
            return self._desk.answer(request, self._identity, self._until(context))

    def CheckBatch(  # noqa: N802
        self, request: pb.CheckBatchRequest, context: grpc.ServicerContext
    ) -> pb.CheckBatchResponse:
        """Decide several questions; one that is malformed has its own error."""
        with self._edge.call(context, "CheckBatch"):
            self._shared.lifecycle.require_ready()
            check_count(len(request.items), "items", least=1, most=self._shared.limits.batch_items)
            response = pb.CheckBatchResponse()
            until = self._until(context)  # of all questions together
            for item in request.items:
                self._put(item, response.results.add(), until)
            return response

    def CheckStream(  # noqa: N802
        self, request_iterator: Iterator[pb.CheckStreamRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.CheckStreamResponse]:
        """Decide questions in the order in which they come."""
        with self._edge.call(context, "CheckStream"):
            self._shared.lifecycle.require_ready()
            with self._shared.streams.open(context) as stream:
                for item in stream.each(request_iterator):
                    response = pb.CheckStreamResponse()
                    self._put(item, response, self._until(context))
                    yield response

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

    def _put(
        self,
        item: pb.CheckBatchItem | pb.CheckStreamRequest,
        result: pb.CheckBatchResult | pb.CheckStreamResponse,
        until: float,
    ) -> None:
        """Put into *result* the answer to *item*, or why there is none."""
        result.correlation_id = item.correlation_id
        try:
            result.response.CopyFrom(self._answer(item, until))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not spoil the other answers
            status = status_of(error)
            if status.ours:
                self._shared.errors.report("grpc", error)
            code: tuple[int, str] = status.code.value
            result.error.code, result.error.message = code[0], status.text

    def _until(self, context: grpc.ServicerContext) -> float:
        return self._desk.decider.patience(context.time_remaining())

    def _answer(self, item: pb.CheckBatchItem | pb.CheckStreamRequest, until: float) -> pb.CheckResponse:
        check_text(item.correlation_id, "correlation_id", most=MAX_CORRELATION_BYTES, least=0)
        if not item.HasField("request"):
            raise RequestError("request", "absent")
        return self._desk.answer(item.request, self._identity, until)


def _position(revision: str) -> int:
    """Its position; before all others if there is none."""
    return Revision.parse(revision).position if revision else 0
