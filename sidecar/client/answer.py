"""From what came back, or did not, to decisions. Pure, and total: whatever is not an answer is a deny that says why."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import authorization_pb2, model_pb2
from sidecar.client.decision import (
    ConsentToAsk,
    Decision,
    Effect,
    Failure,
    FieldDecision,
    Obligation,
)
from sidecar.client.question import Question

_FAILURES: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: Failure.INVALID_QUESTION,
    grpc.StatusCode.PERMISSION_DENIED: Failure.NOT_PERMITTED,
    grpc.StatusCode.UNAUTHENTICATED: Failure.NOT_PERMITTED,
    grpc.StatusCode.UNAVAILABLE: Failure.UNREACHABLE,
    grpc.StatusCode.CANCELLED: Failure.UNREACHABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Failure.TIMEOUT,
}
_STATUS_OF_CODE: Final = {status.value[0]: status for status in grpc.StatusCode}
_EFFECTS: Final = {
    model_pb2.EFFECT_ALLOW: Effect.ALLOW,
    model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS: Effect.ALLOW_WITH_OBLIGATIONS,
    model_pb2.EFFECT_DENY: Effect.DENY,
}
REASONS: Final = {
    number: name.removeprefix("REASON_")
    for name, number in model_pb2.Reason.items()
    if number != model_pb2.REASON_UNSPECIFIED
}

SPLIT: Final = (
    "ask in several calls, or shorten what is sent; `limits.message_bytes` of the sidecar is the limit, of an audience "
    "`limits.audience_bytes`"
)
"""What to do about a message above the limit of the server."""

_M = TypeVar("_M", bound=Message)


class MalformedError(ValueError):
    """What came back is not an answer to the question."""


def denied(question: Question, failure: Failure, detail: str) -> Decision:
    """The deny of every field of *question* because of *failure*."""
    fields = tuple(FieldDecision(field=key, effect=Effect.DENY, reason=failure) for key in question.field_keys)
    return Decision(fields=fields, failure=failure, detail=detail)


def denied_by_status(question: Question, status: grpc.StatusCode | None, detail: str | None) -> Decision:
    """The deny because a call ended with *status*."""
    return denied(question, *failure_of(status, detail))


def failure_of(status: grpc.StatusCode | None, detail: str | None) -> tuple[Failure, str]:
    """What it means that a call ended with *status*, and what to tell of it."""
    failure = _FAILURES.get(status, Failure.SERVER_ERROR) if status else Failure.SERVER_ERROR
    name = status.name if status else "no status"
    told = f"{name}: {detail}" if detail else name
    if status is grpc.StatusCode.RESOURCE_EXHAUSTED and is_too_large(detail):
        failure, told = Failure.INVALID_QUESTION, f"{told}; {SPLIT}"
    return failure, told


def is_too_large(detail: str | None) -> bool:
    """Whether the *detail* of ``RESOURCE_EXHAUSTED`` is grpc's on a message above the limit, not the sidecar's load."""
    return detail is not None and "larger than max" in detail


def from_check(question: Question, data: bytes) -> Decision:
    """The decision that *data*, a serialized ``CheckResponse``, has for *question*. Never raises."""
    try:
        return from_response(question, parse(authorization_pb2.CheckResponse(), data))
    except MalformedError as error:
        return denied(question, Failure.MALFORMED_ANSWER, str(error))


def from_batch(questions: Sequence[Question], data: bytes) -> list[Decision]:
    """The decisions that *data*, a serialized ``CheckBatchResponse``, has for *questions*, in order. Never raises."""
    try:
        results = parse(authorization_pb2.CheckBatchResponse(), data).results
        places = [str(place) for place in range(len(questions))]
        expect([result.correlation_id for result in results] == places, "the answers are not those to the questions")
    except MalformedError as error:
        return [denied(question, Failure.MALFORMED_ANSWER, str(error)) for question in questions]
    return [_from_result(question, result) for question, result in zip(questions, results, strict=True)]


def from_stream(question: Question, place: int, data: bytes) -> Decision:
    """The decision that *data*, a serialized ``CheckStreamResponse``, has for *question* at *place*. Never raises."""
    try:
        result = parse(authorization_pb2.CheckStreamResponse(), data)
        expect(result.correlation_id == str(place), "the answer is not that to the question")
    except MalformedError as error:
        return denied(question, Failure.MALFORMED_ANSWER, str(error))
    return _from_result(question, result)


def from_response(question: Question, response: authorization_pb2.CheckResponse) -> Decision:
    """The decision that *response* has for *question*. Never raises."""
    try:
        asked = question.field_keys
        expect(tuple([result.field for result in response.results]) == asked, "the results are not those asked for")
        return Decision(
            fields=tuple([_from_field(result.SerializeToString()) for result in response.results]),
            policy_revision=response.policy_revision,
            consent_revision=response.consent_revision,
            consent_age_ms=response.consent_age_ms,
            clock_changes_at=instant(response, "clock_changes_at", response.clock_changes_at),
            cache_for_ms=response.cache_for_ms,
            decision_id=response.decision_id,
            co_subjects_denied=response.co_subjects_denied,
        )
    except MalformedError as error:
        return denied(question, Failure.MALFORMED_ANSWER, str(error))


def _from_result(
    question: Question, result: authorization_pb2.CheckBatchResult | authorization_pb2.CheckStreamResponse
) -> Decision:
    match result.WhichOneof("outcome"):
        case "response":
            return from_response(question, result.response)
        case "error":
            return denied_by_status(question, _STATUS_OF_CODE.get(result.error.code), result.error.message)
        case _:
            return denied(question, Failure.MALFORMED_ANSWER, "there is no outcome for this question")


@lru_cache(maxsize=1_024)
def _from_field(data: bytes) -> FieldDecision:
    """The answer for one field that *data* is; most are equal to one before, and to look takes a tenth of the time."""
    result = authorization_pb2.FieldResult.FromString(data)
    reason = result.reason
    expect(result.effect in _EFFECTS, f"effect {int(result.effect)} is unknown to this client")
    expect(reason in REASONS, f"reason {int(reason)} is unknown to this client")
    effect = _EFFECTS[result.effect]
    expect((effect is Effect.DENY) is not (reason == model_pb2.REASON_ALLOWED), "effect and reason disagree")
    masked = effect is Effect.ALLOW_WITH_OBLIGATIONS
    expect(masked is bool(result.obligations), "effect and obligations disagree")
    expect(not result.held or effect is Effect.DENY, "what is held is allowed")
    expect(not result.by_co_subjects or effect is Effect.DENY, "a co-subject denies what is allowed")
    return FieldDecision(
        field=result.field,
        effect=effect,
        reason=REASONS[reason],
        determining_policies=tuple(result.determining_policies),
        obligations=tuple(Obligation(name=must.name, value=must.value) for must in result.obligations),
        consent_to_ask=_consent(result),
        ask_not_before=instant(result, "ask_not_before", result.ask_not_before),
        unknown_name=result.unknown_name,
        held=result.held,
        by_co_subjects=result.by_co_subjects,
    )


def _consent(result: authorization_pb2.FieldResult) -> ConsentToAsk | None:
    if not result.HasField("consent_to_ask"):
        return None
    ask = result.consent_to_ask
    return ConsentToAsk(
        purpose=ask.purpose,
        categories=tuple(ask.categories),
        channel=ask.channel,
        recipient=ask.recipient,
        explicit=ask.explicit,
        by_guardian=ask.by_guardian,
    )


def instant(message: Message, name: str, value: Timestamp) -> datetime | None:
    """*value*, the field *name* of *message*, aware and in UTC; ``None`` if it is not set."""
    if not message.HasField(name):
        return None
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedError(f"`{name}` is no instant") from error


def expect(condition: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise ``MalformedError``, which says what is *otherwise*, unless *condition* holds."""
    if not condition:
        raise MalformedError(otherwise)


def parse(message: _M, data: bytes) -> _M:
    """*message*, with what *data* has; raises ``MalformedError``."""
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise MalformedError("the answer could not be read") from error
    return message
