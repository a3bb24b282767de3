"""Where questions are taken and answers given out, whichever transport they come by."""

from itertools import count
from secrets import token_hex
from typing import Final

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.engine.outcome import Outcome
from sidecar.model.decision import Request
from sidecar.telemetry.decisionlog.line import Call
from sidecar.telemetry.decisionlog.recording import Answered, Occasion
from sidecar.transport.audiences import Audiences
from sidecar.transport.burst import Burst, Report, failed, hand_over
from sidecar.transport.convert.answers import to_check_response
from sidecar.transport.convert.batches import Item, read_batch, to_batch, to_result
from sidecar.transport.convert.parsing import parse
from sidecar.transport.convert.questions import QuestionReader
from sidecar.transport.decider import Decided, Decider
from sidecar.transport.identity import Identity
from sidecar.transport.shared import Shared

CHECK: Final = "Check"
CHECK_BATCH: Final = "CheckBatch"
FILTER_SUBJECTS: Final = "FilterSubjects"


class Desk:
    """What every listener's questions share. Safe for any number of threads."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.decider = Decider(shared)
        self._reader = QuestionReader(shared.limits)
        self._ids = map(f"{token_hex(8)}-%x".__mod__, count(1))  # a step of it is one step for all threads
        self.audiences = Audiences(shared, self.decider, self._reader, self._ids)

    def burst(self, report: Report | None = None) -> Burst:
        """What answers questions that came in together, without waiting.

        *report* is told of errors on our side that are not raised; without one they are logged at once.
        """
        return Burst(self.shared, self._reader, self._ids, report or self._report)

    def wait(self, method: str, data: bytes, identity: Identity, until: float) -> bytes:
        """The answer to *data*, a message of *method*, on a thread that may wait *until* then; see ``patience``.

        What a ``Burst`` gives where it needs not wait: it raises likewise, and hands over what it answered.
        """
        self.shared.lifecycle.require_ready()
        if method == CHECK:
            return self._wait(parse(pb.CheckRequest, data), identity, until)
        if method == FILTER_SUBJECTS:
            return self.audiences.wait(data, identity, until)
        assert method == CHECK_BATCH, method
        items = read_batch(data, most=self.shared.limits.batch_items)
        return to_batch(self.wait_item(item, identity, until) for item in items)

    def wait_item(self, item: Item, identity: Identity, until: float) -> bytes:
        """The result of *item*, of a batch or a stream, on a thread that may wait *until* then. Never raises."""
        subject = item.request.subject
        burst = self.burst()
        result = burst.check_item(item, identity)
        burst.end()
        if result is not None:
            return result
        try:
            item.request.subject = subject  # the burst took it out
            return to_result(item, self._wait(item.request, identity, until))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not spoil the other answers
            return failed(item, error, self._report)

    def patience(self, remaining: float | None) -> float:
        """Until when, on the monotonic clock, a call may wait that has *remaining* seconds (``None``: no deadline)."""
        return self.decider.patience(remaining)

    def decide(self, message: pb.CheckRequest, identity: Identity, until: float) -> tuple[Request, Decided]:
        """The question of *message*, and what was decided."""
        self.shared.lifecycle.require_ready()
        policies = self.shared.world.policies
        request = self._reader.read(message, lambda named: identity.service(named, policies.snapshot.catalog))
        return request, self.decider.decide(request, policies, until=until)

    def settle(self, request: Request, decided: Decided, identity: Identity, call: Call) -> str:
        """The id of what was *decided*, which no other answer has; it is counted, and logged under that."""
        answer, decision_id = decided.answer, next(self._ids)
        one = Answered(
            decision_id=decision_id,
            call=call,
            caller=identity.pin,
            pseudonym=self.shared.world.cache.pseudonym(request.subject),
            request=request,
            outcome=Outcome(answer.results, co_subjects=len(request.co_subjects)),
            occasion=Occasion.of(answer, decided.snapshot, now=decided.now),
            seconds=decided.seconds,
        )
        hand_over((one,), self.shared)
        return decision_id

    def _report(self, error: Exception) -> None:
        self.shared.errors.report("grpc", error)

    def _wait(self, message: pb.CheckRequest, identity: Identity, until: float) -> bytes:
        request, decided = self.decide(message, identity, until)
        decision_id = self.settle(request, decided, identity, Call.CHECK)
        return to_check_response(decided.answer, decision_id).SerializeToString()
