from datetime import UTC, datetime

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import authorization_pb2, model_pb2
from sidecar.client import ConsentToAsk, Decision, Effect, Failure, FieldDecision, Obligation, Question
from sidecar.client.answer import denied_by_status, from_batch, from_check

ONE = Question(service="newsletter", fields="customer.email", subject="p1", purpose="marketing")
TWO = Question(service="newsletter", fields=("customer.email", "customer.phone"), subject="p1", purpose="marketing")


def _result(
    field: str = "customer.email",
    effect: int = model_pb2.EFFECT_ALLOW,
    reason: int = model_pb2.REASON_ALLOWED,
    **more: object,
) -> authorization_pb2.FieldResult:
    return authorization_pb2.FieldResult(field=field, effect=effect, reason=reason, **more)  # type: ignore[arg-type]


def _response(*results: authorization_pb2.FieldResult, **more: object) -> bytes:
    return authorization_pb2.CheckResponse(results=results, **more).SerializeToString()  # type: ignore[arg-type]


def test_an_allow_is_allowed() -> None:
    """Everything that the answer says reaches the caller."""
    data = _response(
        _result(determining_policies=["consent"]),
        policy_revision="sha256:1",
        consent_revision="log.7",
        consent_age_ms=3,
        clock_changes_at=Timestamp(seconds=60),
        cache_for_ms=5,
        decision_id="d1",
        co_subjects_denied=2,
    )

    decision = from_check(ONE, data)

    expected = Decision(
        fields=(
            FieldDecision(
                field="customer.email", effect=Effect.ALLOW, reason="ALLOWED", determining_policies=("consent",)
            ),
        ),
        policy_revision="sha256:1",
        consent_revision="log.7",
        consent_age_ms=3,
        clock_changes_at=datetime(1970, 1, 1, 0, 1, tzinfo=UTC),
        cache_for_ms=5,
        decision_id="d1",
        co_subjects_denied=2,
    )
    assert expected == decision
    assert decision.allowed
    assert bool(decision)
    assert () == decision.denied


def test_one_denied_field_denies_the_whole() -> None:
    """A decision about two fields is allowed only if both are."""
    no = _result("customer.phone", model_pb2.EFFECT_DENY, model_pb2.REASON_CONSENT_WITHDRAWN)

    decision = from_check(TWO, _response(_result(), no))

    assert not decision.allowed
    assert decision["customer.email"].allowed
    assert not decision["customer.phone"]
    assert ("customer.phone",) == tuple(field.field for field in decision.denied)
    with pytest.raises(KeyError):
        decision["customer.address"]


def test_a_deny_names_the_consent_to_ask_for() -> None:
    """What would change a deny is typed, and its instant aware."""
    ask = model_pb2.ConsentToAsk(
        purpose="marketing", categories=["user.contact"], recipient="first_party", explicit=True
    )
    data = _response(
        _result(
            effect=model_pb2.EFFECT_DENY,
            reason=model_pb2.REASON_CONSENT_UNKNOWN,
            consent_to_ask=ask,
            ask_not_before=Timestamp(seconds=1),
        )
    )

    field = from_check(ONE, data)["customer.email"]

    expected = ConsentToAsk(
        purpose="marketing",
        categories=("user.contact",),
        channel="",
        recipient="first_party",
        explicit=True,
        by_guardian=False,
    )
    assert expected == field.consent_to_ask
    assert datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC) == field.ask_not_before


MASKED = _result(
    effect=model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS, obligations=[model_pb2.Obligation(name="mask", value="hash")]
)


def test_an_obligation_is_no_plain_allow() -> None:
    """Who does not say that it can mask must not use the field."""
    decision = from_check(ONE, _response(MASKED))

    assert not decision
    assert not decision.allowed
    assert () == decision.denied
    assert "hash" == decision["customer.email"].mask


@pytest.mark.parametrize(
    ("masks", "allowed"),
    [
        pytest.param({"hash"}, True, id="the mask that is asked for"),
        pytest.param({"hash", "last4"}, True, id="it and others"),
        pytest.param("hash", True, id="a single name"),
        pytest.param(set(), False, id="none"),
        pytest.param({"last4"}, False, id="another"),
        pytest.param("hash256", False, id="a name that contains it"),
    ],
)
def test_a_mask_is_allowed_to_who_applies_it(masks: set[str] | str, *, allowed: bool) -> None:
    """Only a caller that can do what must be done may use the field."""
    decision = from_check(ONE, _response(MASKED))

    assert allowed is decision.allowed_with(masks=masks)


def test_an_obligation_of_another_kind_is_never_allowed() -> None:
    """A kind of obligation that this client does not know cannot be claimed to be handled."""
    must = model_pb2.Obligation(name="delete", value="hash")
    data = _response(_result(effect=model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS, obligations=[must]))

    decision = from_check(ONE, data)

    assert (Obligation(name="delete", value="hash"),) == decision["customer.email"].obligations
    assert not decision.allowed_with(masks={"hash"})
    assert decision["customer.email"].mask is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xff\xff", id="garbage"),
        pytest.param(b"", id="nothing"),
        pytest.param(_response(), id="no results"),
        pytest.param(_response(_result(), _result("customer.phone")), id="too many results"),
        pytest.param(_response(_result("customer.phone")), id="another field"),
        pytest.param(_response(_result(effect=model_pb2.EFFECT_UNSPECIFIED)), id="no effect"),
        pytest.param(_response(_result(effect=9)), id="unknown effect"),
        pytest.param(_response(_result(reason=model_pb2.REASON_UNSPECIFIED)), id="no reason"),
        pytest.param(_response(_result(reason=99)), id="unknown reason"),
        pytest.param(_response(_result(reason=model_pb2.REASON_OBJECTED)), id="allowed for the reason of a deny"),
        pytest.param(_response(_result(effect=model_pb2.EFFECT_DENY)), id="denied because allowed"),
        pytest.param(
            _response(_result(obligations=[model_pb2.Obligation(name="mask", value="hash")])),
            id="allowed as it is, with an obligation",
        ),
        pytest.param(
            _response(_result(effect=model_pb2.EFFECT_ALLOW_WITH_OBLIGATIONS)), id="obligations, but none named"
        ),
        pytest.param(_response(_result(), clock_changes_at=Timestamp(seconds=10**15)), id="an instant that is none"),
        pytest.param(b"\x0a\x03\x0a\x01\xff", id="text that is not UTF-8"),
    ],
)
def test_what_is_not_an_answer_is_a_deny(data: bytes) -> None:
    """Nothing malformed, alone or in a batch, ever allows, and the decision says that it was malformed."""
    decision = from_check(ONE, data)

    assert not decision.allowed
    assert not decision.allowed_with(masks={"hash"})
    assert Failure.MALFORMED_ANSWER is decision.failure
    assert decision.detail
    assert (Effect.DENY, "MALFORMED_ANSWER") == (decision["customer.email"].effect, decision["customer.email"].reason)


def test_a_decision_without_fields_is_not_allowed() -> None:
    """All of nothing is not a yes."""
    assert not Decision(fields=()).allowed
    assert not Decision(fields=()).allowed_with(masks={"hash"})


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (grpc.StatusCode.UNAVAILABLE, Failure.UNREACHABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Failure.TIMEOUT),
        (grpc.StatusCode.INVALID_ARGUMENT, Failure.INVALID_QUESTION),
        (grpc.StatusCode.PERMISSION_DENIED, Failure.NOT_PERMITTED),
        (grpc.StatusCode.INTERNAL, Failure.SERVER_ERROR),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Failure.SERVER_ERROR),
        (None, Failure.SERVER_ERROR),
    ],
)
def test_a_failed_call_is_a_deny_that_says_why(status: grpc.StatusCode | None, failure: Failure) -> None:
    """Each way for a call to fail has a name, and every field carries it."""
    decision = denied_by_status(TWO, status, "what happened")

    assert failure is decision.failure
    assert "what happened" in decision.detail
    assert [(Effect.DENY, failure)] * 2 == [(field.effect, field.reason) for field in decision.fields]


def test_a_message_above_the_limit_is_an_invalid_question() -> None:
    """Overload ends with the same status, but only this is for the caller to mend."""
    decision = denied_by_status(ONE, grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max (9 vs. 8)")

    assert Failure.INVALID_QUESTION is decision.failure
    assert "limits.message_bytes" in decision.detail


def _batch(*results: authorization_pb2.CheckBatchResult) -> bytes:
    return authorization_pb2.CheckBatchResponse(results=results).SerializeToString()


GOOD = authorization_pb2.CheckResponse(results=[_result()])


def test_a_batch_gives_each_question_its_answer() -> None:
    """An answer, an error and an outcome that is missing stay with their questions."""
    data = _batch(
        authorization_pb2.CheckBatchResult(correlation_id="0", response=GOOD),
        authorization_pb2.CheckBatchResult(
            correlation_id="1", error=authorization_pb2.CheckError(code=3, message="`fields`: empty")
        ),
        authorization_pb2.CheckBatchResult(correlation_id="2"),
        authorization_pb2.CheckBatchResult(correlation_id="3", error=authorization_pb2.CheckError(code=77)),
    )

    decisions = from_batch([ONE] * 4, data)

    expected = [None, Failure.INVALID_QUESTION, Failure.MALFORMED_ANSWER, Failure.SERVER_ERROR]
    assert expected == [decision.failure for decision in decisions]
    assert [True, False, False, False] == [decision.allowed for decision in decisions]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_batch(), id="no answers"),
        pytest.param(_batch(authorization_pb2.CheckBatchResult(correlation_id="0", response=GOOD)), id="one too few"),
        pytest.param(
            _batch(
                authorization_pb2.CheckBatchResult(correlation_id="1", response=GOOD),
                authorization_pb2.CheckBatchResult(correlation_id="0", response=GOOD),
            ),
            id="swapped",
        ),
        pytest.param(b"\xff", id="garbage"),
    ],
)
def test_a_batch_that_does_not_match_denies_every_question(data: bytes) -> None:
    """Answers are never given to a question that they may not belong to."""
    decisions = from_batch([ONE, ONE], data)

    assert [Failure.MALFORMED_ANSWER] * 2 == [decision.failure for decision in decisions]
    assert [False, False] == [decision.allowed for decision in decisions]


def test_a_deny_by_others_says_so() -> None:
    """How many they are, and that it is not the subject; an allow that a co-subject denies is no answer."""
    denied = _result(effect=model_pb2.EFFECT_DENY, reason=model_pb2.REASON_OBJECTED, by_co_subjects=True)
    decision = from_check(ONE, _response(denied, co_subjects_denied=1))

    assert (True, 1, None) == (decision.fields[0].by_co_subjects, decision.co_subjects_denied, decision.failure)
    assert Failure.MALFORMED_ANSWER == from_check(ONE, _response(_result(by_co_subjects=True))).failure


def test_what_is_held_is_a_deny() -> None:
    """It says that it is held; an allow of something held is no answer."""
    denied = _result(effect=model_pb2.EFFECT_DENY, reason=model_pb2.REASON_RESTRICTED, held=True)

    assert from_check(ONE, _response(denied)).fields[0].held
    assert Failure.MALFORMED_ANSWER == from_check(ONE, _response(_result(held=True))).failure
