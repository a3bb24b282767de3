"""Questions that are answered in one go: one clock, one bundle, one view of consent."""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Final, TypeAlias

from google.protobuf.message import DecodeError

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.consent.limits import MAX_SUBJECT_BYTES, check_text
from sidecar.consent.profile import Standing, current
from sidecar.consent.revision import Revision
from sidecar.engine.outcome import Ground, Outcome
from sidecar.engine.plan import Plan
from sidecar.engine.planning import outcome_of, plan_of
from sidecar.engine.validity import next_change
from sidecar.model.decision import Answer, Request
from sidecar.telemetry.decisionlog.line import Call
from sidecar.telemetry.decisionlog.recording import Handed, Occasion
from sidecar.transport.convert.answers import to_check_response
from sidecar.transport.convert.batches import Item, question_of, read_batch, to_batch, to_failed, to_result
from sidecar.transport.convert.outcomes import Encoded
from sidecar.transport.convert.parsing import malformed
from sidecar.transport.convert.questions import QuestionReader
from sidecar.transport.identity import Identity
from sidecar.transport.moment import Moment
from sidecar.transport.shared import Shared
from sidecar.transport.status import status_of

MAX_KEY_BYTES: Final = 2_048
"""Longer questions are answered without a plan."""

Report: TypeAlias = Callable[[Exception], object]
"""Told of an error on our side."""


class Burst:
    """What came in together, answered without waiting. For one thread, and for some milliseconds.

    All is answered at one moment; slots are read when they are needed, once each. So whatever was acknowledged before
    the burst began is seen. *ids* gives each answer a name that no other has. *report* is told of what keeps a single
    item from its answer, if that is our fault; what goes wrong with a call is raised.

    A question with a plan is answered by its outcome, any other by the ``DecisionPoint``, which every outcome is made
    by; while a source is stale all are. The bytes are the same (ADR-0033).
    """

    __slots__ = ("_answered", "_at", "_ids", "_lookup", "_moment", "_pseudonym", "_reader", "_report", "_shared")

    def __init__(self, shared: Shared, reader: QuestionReader, ids: Iterator[str], report: Report) -> None:
        cache = shared.world.cache
        self._shared = shared
        self._moment = Moment(shared.world, shared.lifecycle)
        self._reader = reader
        self._ids = ids
        self._report = report
        self._pseudonym = cache.pseudonym
        self._lookup = cache.lookup
        self._answered: list[Handed] = []
        self._at = perf_counter()

    def check(self, data: bytes, identity: Identity) -> bytes | None:
        """The answer to the ``CheckRequest`` that *data* is, as a ``CheckResponse``; ``None``: not without waiting.

        Raises what ``status_of`` has a status for.
        """
        if not self._moment.answering:
            self._shared.lifecycle.require_ready()
            return None  # ready since the burst began, which has seen a view that was not complete
        try:
            message = pb.CheckRequest.FromString(data)
        except DecodeError:
            raise malformed(pb.CheckRequest) from None
        return self._answer(message, identity)

    def check_batch(self, data: bytes, identity: Identity) -> bytes | None:
        """The answers to a ``CheckBatchRequest``, as a ``CheckBatchResponse``; ``None``: not all without waiting.

        A malformed question has its own error; raises if the batch as a whole has one.
        """
        self._shared.lifecycle.require_ready()
        if not self._moment.answering:
            return None  # as above
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
            return failed(item, error, self._report)
        return None if response is None else to_result(item, response)

    def end(self) -> None:
        """Tell telemetry what was answered."""
        if self._answered:
            hand_over(self._answered, self._shared)
            self._answered = []

    def _answer(self, message: pb.CheckRequest, identity: Identity) -> bytes | None:
        """The response to *message*, which has no subject any more after that."""
        moment = self._moment
        ground = moment.ground
        if ground is None:
            return self._decide(self._read(message, identity), identity)
        subject = message.subject
        message.subject = ""  # as if it were cleared
        plans = moment.snapshot.plans
        plan = plans.by_key.get((identity.pin, message.SerializeToString()))
        if plan is None:
            return self._answer_unplanned(message, subject, identity, ground)
        check_text("subject", subject, most=MAX_SUBJECT_BYTES)
        pseudonym = self._pseudonym(subject)
        standing = current(self._lookup(pseudonym), moment.now)
        if standing is None:
            return None
        outcome = plans.by_profile.get((plan, standing.profile))
        if outcome is None or outcome.ground is not ground:
            outcome = outcome_of(plan, (standing,), ground, moment.snapshot, now=moment.now)
            if outcome is None:
                return None
        decision_id = self._settle(plan.request, outcome, pseudonym, identity, moment.occasion)
        return moment.setting.respond(outcome.encoded or self._encode(outcome), standing, decision_id)

    def _answer_unplanned(
        self, message: pb.CheckRequest, subject: str, identity: Identity, ground: Ground
    ) -> bytes | None:
        """The response to a question that has no plan yet, or whose plan is not all that it asks."""
        message.subject = subject
        moment = self._moment
        request = self._read(message, identity)
        plan = self._plan(message, request, identity)
        wanted = Revision.parse(request.at_least_as_fresh) if request.at_least_as_fresh else moment.revision
        seen = moment.revision
        if plan is None or wanted.log_id != seen.log_id or wanted.position > seen.position:
            return self._decide(request, identity)
        pseudonyms = [self._pseudonym(subject) for subject in (request.subject, *request.co_subjects)]
        standings = [
            standing
            for standing in (current(self._lookup(one), moment.now) for one in pseudonyms)
            if standing is not None
        ]
        if len(standings) < len(pseudonyms):
            return None
        outcome = outcome_of(plan, standings, ground, moment.snapshot, now=moment.now)
        if outcome is None:
            return None
        changes_at = next_change((standing.changes_at for standing in standings), moment.now)
        together = Standing(standings[0].profile, changes_at, standings[0].packed)
        decision_id = self._settle(plan.request, outcome, pseudonyms[0], identity, moment.occasion)
        return moment.setting.respond(outcome.encoded or self._encode(outcome), together, decision_id)

    def _plan(self, message: pb.CheckRequest, request: Request, identity: Identity) -> Plan | None:
        """The plan of *request*, which is what *message* says, from the second time on that it comes."""
        about_nobody = pb.CheckRequest()
        about_nobody.CopyFrom(message)
        for people in ("subject", "co_subjects", "at_least_as_fresh"):
            about_nobody.ClearField(people)
        key = (identity.pin, about_nobody.SerializeToString())
        plans = self._moment.snapshot.plans
        plan = plans.by_key.get(key)
        if plan is None and len(key[1]) <= MAX_KEY_BYTES and plans.met_before(key):
            plan = plan_of(request, self._moment.snapshot)
            if plan is not None:
                plans.by_key.put(key, plan)
        return plan

    def _read(self, message: pb.CheckRequest, identity: Identity) -> Request:
        return self._reader.read(message, lambda named: identity.service(named, self._moment.snapshot.catalog))

    def _decide(self, request: Request, identity: Identity) -> bytes | None:
        """The response by the ``DecisionPoint``."""
        moment = self._moment
        answer = self._shared.world.point.decide(
            request, moment.snapshot, now=moment.now, freshness=moment.freshness, may_ask=False
        )
        if not isinstance(answer, Answer):
            return None
        outcome = Outcome(answer.results, co_subjects=len(request.co_subjects))
        occasion = Occasion.of(answer, moment.snapshot, now=moment.now)
        decision_id = self._settle(request, outcome, self._pseudonym(request.subject), identity, occasion)
        return to_check_response(answer, decision_id).SerializeToString()

    def _encode(self, outcome: Outcome) -> Encoded:
        outcome.encoded = encoded = Encoded(outcome, self._moment.snapshot.bundle.revision)
        return encoded

    def _settle(
        self, request: Request, outcome: Outcome, pseudonym: bytes, identity: Identity, occasion: Occasion
    ) -> str:
        """The id of what came out, which no other answer has; it is to be handed over under that."""
        decision_id = next(self._ids)
        before, self._at = self._at, perf_counter()
        self._answered.append(
            (decision_id, Call.CHECK, identity.pin, pseudonym, request, outcome, occasion, self._at - before)
        )
        return decision_id


def failed(item: Item, error: Exception, report: Report) -> bytes:
    """The result of *item*, whose answering met *error*; *report* is told if that is our fault."""
    status = status_of(error)
    if status.ours:
        report(error)
    return to_failed(item, status)


def hand_over(answered: Sequence[Handed], shared: Shared) -> None:
    """Have *answered* be counted and logged."""
    shared.metrics.tallies.answered(answered)
    if shared.decisions is not None:
        shared.decisions.put(answered)
