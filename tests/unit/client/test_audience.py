"""What came back about many people, or did not, as an audience: in doubt nobody."""

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.client import Audience, AudienceQuestion, Failure, FilterFailedError, Masked, Obliged, Question
from sidecar.client.audience import FilterExchange, settled

PEOPLE = ("ada", "bob", "cy", "ada", "dee")
QUESTION = AudienceQuestion(
    subjects=PEOPLE,
    fields=("email", "name"),
    purpose="p",
    service="s",
    channel="email",
    attributes={"count": 3},
    masks=("hash", "year"),
)


def mask(field: str, value: str = "hash", name: str = "mask") -> pb.FieldObligation:
    """What must be done with a field."""
    return pb.FieldObligation(field=field, obligation=model_pb2.Obligation(name=name, value=value))


def denied(subjects: int, reason: int = model_pb2.REASON_MINOR, **more: Any) -> pb.DeniedSubjects:
    """People who were left out."""
    return pb.DeniedSubjects(subjects=subjects, reason=reason, **more)  # type: ignore[arg-type]


def answered(**response: Any) -> Audience:
    """The audience of a response with this in it."""
    return FilterExchange(QUESTION).answered(pb.FilterSubjectsResponse(**response).SerializeToString())


def test_the_question_is_sent_as_it_is() -> None:
    """A single field or mask may be a text; subjects anything that gives texts."""
    exchange = FilterExchange(QUESTION)
    short = FilterExchange(AudienceQuestion(subjects=iter(["a", "b"]), fields="email", purpose="p", masks="hash"))

    assert exchange.request is not None
    assert short.request is not None
    assert pb.FilterSubjectsRequest(
        service="s",
        action=model_pb2.ACTION_USE,
        subjects=PEOPLE,
        fields=["email", "name"],
        purpose="p",
        channel="email",
        attributes={"count": model_pb2.AttributeValue(int_value=3)},
        able=[model_pb2.Obligation(name="mask", value=value) for value in ("hash", "year")],
    ) == pb.FilterSubjectsRequest.FromString(exchange.request)
    sent = pb.FilterSubjectsRequest.FromString(short.request)
    assert (["a", "b"], ["email"], ["hash"]) == (
        list(sent.subjects),
        list(sent.fields),
        [must.value for must in sent.able],
    )


def test_everything_that_the_answer_says_reaches_the_caller() -> None:
    """Who may be used, by id; who was left out, by number."""
    audience = answered(
        audiences=[pb.Audience(places=[0]), pb.Audience(places=[2], obligations=[mask("email", "year")])],
        denied=[denied(1, model_pb2.REASON_RESTRICTED, held=True)],
        obliged=[pb.ObligedSubjects(subjects=1, obligations=[mask("name", "redact")])],
        policy_revision="sha256:1",
        consent_revision="log.7",
        consent_age_ms=3,
        clock_changes_at=Timestamp(seconds=60),
        cache_for_ms=5,
        decision_id="d1",
    )

    assert (
        Audience(
            subjects=("ada",),
            masked=(Masked(masks={"email": "year"}, subjects=("cy",)),),
            denied={"RESTRICTED": 1},
            obliged=(Obliged(masks={"name": "redact"}, count=1),),
            held=True,
            policy_revision="sha256:1",
            consent_revision="log.7",
            consent_age_ms=3,
            clock_changes_at=datetime(1970, 1, 1, 0, 1, tzinfo=UTC),
            cache_for_ms=5,
            decision_id="d1",
        )
        == audience
    )


def test_reasons_that_differ_in_nothing_else_are_one() -> None:
    """Held or not: the number is what counts; a name that was unknown is told."""
    reason = model_pb2.REASON_RESTRICTED

    assert {"RESTRICTED": 4} == answered(denied=[denied(1, reason, held=True), denied(3, reason)]).denied
    unknown = answered(denied=[denied(4, model_pb2.REASON_UNKNOWN_FIELD, unknown_name="x")])
    assert ("x", False) == (unknown.unknown_name, unknown.held)


ALL = {"denied": [denied(4)]}


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"denied": [denied(3)]},
        {"denied": [denied(5)]},
        {"denied": [denied(5), denied(-1)]},
        {"denied": [denied(4), denied(0)]},
        {"denied": [denied(4, model_pb2.REASON_ALLOWED)]},
        {"denied": [denied(4, model_pb2.REASON_UNSPECIFIED)]},
        {"denied": [denied(4, 99)]},
        {"audiences": [pb.Audience(places=[0, 5])], "denied": [denied(2)]},
        {"audiences": [pb.Audience(places=[0, -1])], "denied": [denied(2)]},
        {"audiences": [pb.Audience(places=[0, 0])], "denied": [denied(2)]},
        {"audiences": [pb.Audience(places=[0, 3])], "denied": [denied(2)]},
        {"audiences": [pb.Audience()], **ALL},
        {"audiences": [pb.Audience(places=[0]), pb.Audience(places=[1])], "denied": [denied(2)]},
        {
            "audiences": [pb.Audience(places=[0]), pb.Audience(places=[0], obligations=[mask("email")])],
            "denied": [denied(3)],
        },
        {"audiences": [pb.Audience(places=[0], obligations=[mask("email", "redact")])], "denied": [denied(3)]},
        {"audiences": [pb.Audience(places=[0], obligations=[mask("phone")])], "denied": [denied(3)]},
        {"audiences": [pb.Audience(places=[0], obligations=[mask("email", name="log")])], "denied": [denied(3)]},
        {"audiences": [pb.Audience(places=[0], obligations=[mask("email")] * 2)], "denied": [denied(3)]},
        {"obliged": [pb.ObligedSubjects(subjects=1)], "denied": [denied(3)]},
        {"obliged": [pb.ObligedSubjects(subjects=0, obligations=[mask("email")])], **ALL},
        {"clock_changes_at": Timestamp(seconds=2**60), **ALL},
    ],
)
def test_an_answer_to_another_question_is_nobody(response: dict[str, Any]) -> None:
    """Everybody asked about is in it once, under what was asked for, or nobody is in it."""
    audience = answered(**response)

    assert ((), (), Failure.MALFORMED_ANSWER) == (audience.subjects, audience.masked, audience.failure)
    assert audience.detail


def test_garbage_is_nobody() -> None:
    """And says so."""
    assert Failure.MALFORMED_ANSWER is FilterExchange(QUESTION).answered(b"\xff\xff").failure


@pytest.mark.parametrize(
    "changes",
    [
        {"subjects": "ada"},
        {"subjects": None},
        {"subjects": [7]},
        {"subjects": ["\ud800"]},
        {"action": "sell"},
        {"attributes": {"x": 1.5}},
        {"attributes": ["x"]},
        {"fields": None},
    ],
)
def test_what_cannot_be_sent_is_nobody(changes: dict[str, Any]) -> None:
    """Without a call."""
    base: dict[str, Any] = {"subjects": ["a"], "fields": "email", "purpose": "p"}
    exchange = FilterExchange(AudienceQuestion(**{**base, **changes}))

    assert exchange.request is None
    assert ((), Failure.INVALID_QUESTION) == (exchange.unsent().subjects, exchange.unsent().failure)
    assert exchange.unsent().detail


@pytest.mark.parametrize("asked", [None, "ada", Question(fields="email", subject="ada", purpose="p")])
def test_what_is_no_question_is_nobody(asked: Any) -> None:
    """Told in words, not by what it lacks."""
    exchange = FilterExchange(asked)

    assert exchange.request is None
    assert Failure.INVALID_QUESTION is exchange.unsent().failure
    assert "`AudienceQuestion`" in exchange.unsent().detail


def test_an_error_is_nobody() -> None:
    """One that grpc does not know, too; it is raised if that was asked for."""
    audience = FilterExchange(QUESTION).failed(ValueError("closed"))
    error = grpc.aio.AioRpcError(grpc.StatusCode.PERMISSION_DENIED, None, None, "no")

    assert Audience(failure=Failure.UNREACHABLE, detail="closed") == settled(audience, raise_on_error=False)
    assert Failure.NOT_PERMITTED is FilterExchange(QUESTION).failed(error).failure
    with pytest.raises(FilterFailedError) as caught:
        settled(audience, raise_on_error=True)
    assert audience is caught.value.audience
    assert audience is not settled(answered(**ALL), raise_on_error=True)
