"""Questions that are answered in one go: one clock, one bundle, one view of consent."""

from collections.abc import Iterator, Sequence
from time import perf_counter

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.engine.outcome import Outcome
from sidecar.model.decision import Answer
from sidecar.telemetry.decisionlog.line import Call
from sidecar.telemetry.decisionlog.recording import Answered, Occasion
from sidecar.transport.convert.answers import to_check_response
from sidecar.transport.convert.batches import Item, question_of, read_batch, to_batch, to_failed, to_result
from sidecar.transport.convert.parsing import parse
from sidecar.transport.convert.questions import QuestionReader
from sidecar.transport.identity import Identity
from sidecar.transport.shared import Shared
from sidecar.transport.status import status_of


class Burst:
    """What came in together, answered without waiting. For one thread, and for some milliseconds.

    Clock, ages, bundle and revision are read once, at the beginning; slots are read when they are needed, once each. So
    whatever was acknowledged before the burst began is seen. *ids* gives each answer a name that no other has.
    """

    def __init__(self, shared: Shared, reader: QuestionReader, ids: Iterator[str]) -> None:
        self._shared = shared
        self._reader = reader
        self._ids = ids
        self._policies = shared.world.policies
        self._now = shared.world.clock()
        self._freshness = shared.world.freshness(self._policies)
        self._answered: list[Answered] = []

    def check(self, data: bytes, identity: Identity) -> bytes | None:
        """The answer to the ``CheckRequest`` that *data* is, as a ``CheckResponse``; ``None``: not without waiting.

        Raises what ``status_of`` has a status for.
        """
        self._shared.lifecycle.require_ready()
        return self._answer(parse(pb.CheckRequest, data), identity)

    def check_batch(self, data: bytes, identity: Identity) -> bytes | None:
        """The answers to a ``CheckBatchRequest``, as a ``CheckBatchResponse``; ``None``: not all without waiting.

        A malformed question has its own error; raises if the batch as a whole has one.
        """
        self._shared.lifecycle.require_ready()
        before = len(self._answered)
        results: list[bytes] = []
        for item in read_batch(data, most=self._shared.limits.batch_items):
            result = self.check_item(item, identity)
            if result is None:
                del self._answered[before:]
                return None
            results.append(result)
        return to_batch(results)

    def check_item(self, item: Item, identity: Identity) -> bytes | None:
        """The result of *item*, of a batch or a stream; ``None``: not without waiting. Never raises."""
        try:
            response = self._answer(question_of(item), identity)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not spoil the other answers
            return failed(item, error, self._shared)
        return None if response is None else to_result(item, response)

    def end(self) -> None:
        """Tell telemetry what was answered."""
        hand_over(self._answered, self._shared)
        self._answered = []

    def _answer(self, message: pb.CheckRequest, identity: Identity) -> bytes | None:
        began = perf_counter()
        world, snapshot = self._shared.world, self._policies.snapshot
        request = self._reader.read(message, lambda named: identity.service(named, snapshot.catalog))
        answer = world.point.decide(request, snapshot, now=self._now, freshness=self._freshness)
        if not isinstance(answer, Answer):
            return None
        decision_id = next(self._ids)
        self._answered.append(
            Answered(
                decision_id=decision_id,
                call=Call.CHECK,
                caller=identity.pin,
                pseudonym=world.cache.pseudonym(request.subject),
                request=request,
                outcome=Outcome(answer.results, co_subjects=len(request.co_subjects)),
                occasion=Occasion.of(answer, snapshot, now=self._now),
                seconds=perf_counter() - began,
            )
        )
        return to_check_response(answer, decision_id).SerializeToString()


def failed(item: Item, error: Exception, shared: Shared) -> bytes:
    """The result of *item*, whose answering met *error*; reported if that is our fault."""
    status = status_of(error)
    if status.ours:
        shared.errors.report("grpc", error)
    return to_failed(item, status)


def hand_over(answered: Sequence[Answered], shared: Shared) -> None:
    """Have *answered* be counted and logged."""
    shared.metrics.tallies.answered(answered)
    if shared.decisions is not None:
        shared.decisions.put(answered)
