from typing import Any

import pytest

from sidecar.api.v1 import authorization_pb2, model_pb2
from sidecar.client import AudienceQuestion, CheckFailedError, Failure, Question
from sidecar.client.exchange import Exchange, returned
from sidecar.client.question import to_request


def _question(**changes: Any) -> Question:
    parts: dict[str, Any] = {"service": "s", "fields": "f", "subject": "p", "purpose": "q"}
    return Question(**(parts | changes))


def test_everything_asked_reaches_the_request() -> None:
    """No part of a question is lost on the way, and attributes keep their types."""
    request = to_request(
        _question(
            fields=["a", "b"],
            co_subjects=["p2", "p3"],
            action="share",
            channel="email",
            recipient="grocer-partner",
            attributes={"yes": True, "one": 1, "word": "1", "set": frozenset({"x"})},
            at_least_as_fresh="log.1",
        )
    )

    expected = authorization_pb2.CheckRequest(
        service="s",
        action=model_pb2.ACTION_SHARE,
        subject="p",
        fields=["a", "b"],
        co_subjects=["p2", "p3"],
        purpose="q",
        channel="email",
        recipient="grocer-partner",
        attributes={
            "yes": model_pb2.AttributeValue(bool_value=True),
            "one": model_pb2.AttributeValue(int_value=1),
            "word": model_pb2.AttributeValue(string_value="1"),
            "set": model_pb2.AttributeValue(strings_value=model_pb2.StringList(values=["x"])),
        },
        at_least_as_fresh="log.1",
    )
    assert expected == request


def test_one_field_may_be_a_bare_string() -> None:
    """A string is one field, not its characters."""
    assert ["customer.email"] == list(to_request(_question(fields="customer.email")).fields)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"action": "read"}, id="no such action"),
        pytest.param({"attributes": {"n": 2**63}}, id="an integer of 65 bits"),
        pytest.param({"attributes": {"n": 1.5}}, id="a type that attributes do not have"),
        pytest.param({"attributes": {"n": {1}}}, id="a set of something else than strings"),
        pytest.param({"attributes": ["n"]}, id="attributes without values"),
        pytest.param({"subject": "\ud800"}, id="text that is no UTF-8"),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_what_cannot_be_sent_is_a_deny(changes: dict[str, Any], *, batch: bool) -> None:
    """A question that the protocol cannot hold is denied without a call, and says why."""
    exchange = Exchange([_question(**changes)], batch=batch)

    assert exchange.request is None
    (decision,) = exchange.unsent()
    assert Failure.INVALID_QUESTION is decision.failure
    assert decision.detail
    assert not decision.allowed


def test_a_type_that_attributes_do_not_have_is_named() -> None:
    """With those that they have."""
    with pytest.raises(TypeError, match=r"a bool, an int, a str or a collection of str, not a float"):
        to_request(_question(attributes={"n": 1.5}))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (None, "a `Question`, not of type NoneType"),
        ("p1", "a `Question`, not of type str"),
        (AudienceQuestion(subjects=["p1"], fields="f", purpose="q"), "a `Question`, not of type AudienceQuestion"),
        (_question(fields=None), "`fields` is a str or a collection of str, not a NoneType"),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_what_has_no_fields_is_raised(asked: Any, told: str, *, batch: bool) -> None:
    """There is nothing that a decision could deny, and one without a denied field might be taken for an allow."""
    with pytest.raises(TypeError, match=told):
        Exchange([asked], batch=batch).unsent()


def test_a_batch_takes_questions_from_anywhere() -> None:
    """A generator is as good as a list: each of its questions gets its decision, sent or not."""
    exchange = Exchange((_question(subject=subject) for subject in ("p1", "p2")), batch=True)

    assert exchange.request is not None
    sent = authorization_pb2.CheckBatchRequest.FromString(exchange.request)
    assert ["p1", "p2"] == [item.request.subject for item in sent.items]
    assert 2 == len(exchange.failed(ValueError("the channel is closed")))


def test_an_exception_is_raised_only_if_asked_for() -> None:
    """The deny travels with the exception."""
    exchange = Exchange([_question()], batch=False)
    decisions = exchange.failed(ValueError("the channel is closed"))

    assert decisions == returned(decisions, raise_on_error=False)
    with pytest.raises(CheckFailedError, match="UNREACHABLE: the channel is closed") as raised:
        returned(decisions, raise_on_error=True)
    assert decisions[0] == raised.value.decision


def test_one_co_subject_needs_no_list() -> None:
    """A text is one id, not one for each of its letters."""
    assert ["p2"] == list(to_request(_question(co_subjects="p2")).co_subjects)
