from typing import Any

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.config import Limits
from sidecar.errors import IdentityError, RequestError
from sidecar.model.decision import Request
from sidecar.model.vocabulary import Action
from sidecar.transport.convert.questions import QuestionReader

RIGHT: dict[str, Any] = {
    "service": "newsletter",
    "subject": "p1",
    "fields": ["customer.email"],
    "purpose": "marketing",
}


def read(limits: Limits | None = None, **changes: Any) -> Request:
    """The request of a right message with *changes*."""
    return QuestionReader(limits or Limits()).read(pb.CheckRequest(**{**RIGHT, **changes}), lambda named: named)


def strings(*values: str) -> model_pb2.AttributeValue:
    """An attribute that is a list."""
    return model_pb2.AttributeValue(strings_value=model_pb2.StringList(values=values))


def test_every_part_of_a_message_arrives() -> None:
    """What the caller says is what is decided, types and order kept."""
    request = read(
        action="ACTION_SHARE",
        fields=["b", "a"],
        channel="email",
        recipient="grocer-partner",
        attributes={
            "yes": model_pb2.AttributeValue(bool_value=True),
            "one": model_pb2.AttributeValue(int_value=1),
            "text": model_pb2.AttributeValue(string_value=""),
            "list": strings("b", "a", "b"),
            "none": model_pb2.AttributeValue(),
        },
        at_least_as_fresh="0123456789abcdef.7",
    )

    assert request == Request(
        service="newsletter",
        action=Action.SHARE,
        subject="p1",
        fields=("b", "a"),
        purpose="marketing",
        channel="email",
        recipient="grocer-partner",
        attributes={"yes": True, "one": 1, "text": "", "list": frozenset({"a", "b"}), "none": None},
        at_least_as_fresh="0123456789abcdef.7",
    )
    assert request.attributes["yes"] is True
    assert type(request.attributes["one"]) is int


def test_what_is_left_out_is_absent() -> None:
    """Empty strings of the protocol are no channel, no recipient; an unspecified action is use."""
    request = read()

    assert (Action.USE, None, None, {}, "") == (
        request.action,
        request.channel,
        request.recipient,
        request.attributes,
        request.at_least_as_fresh,
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"subject": ""}, "subject", id="no-subject"),
        pytest.param({"subject": "x" * 257}, "subject", id="subject-of-257-bytes"),
        pytest.param({"subject": "é" * 129}, "subject", id="subject-of-258-bytes-in-129-characters"),
        pytest.param({"subject": "a\0b"}, "subject", id="nul"),
        pytest.param({"subject": "a\nb"}, "subject", id="line-feed"),
        pytest.param({"subject": "a\x9bb"}, "subject", id="c1-control"),
        pytest.param({"service": "a\x1b[2J"}, "service", id="escape-in-service"),
        pytest.param({"purpose": ""}, "purpose", id="no-purpose"),
        pytest.param({"purpose": "p" * 1025}, "purpose", id="purpose-of-1025-bytes"),
        pytest.param({"channel": "\x7f"}, "channel", id="delete-in-channel"),
        pytest.param({"fields": []}, "fields", id="no-field"),
        pytest.param({"fields": [f"f{n}" for n in range(65)]}, "fields", id="65-fields"),
        pytest.param({"fields": ["a", "b", ""]}, "fields[2]", id="empty-field"),
        pytest.param({"fields": ["a", "b", "a"]}, "fields[2]", id="duplicate-field"),
        pytest.param({"fields": ["a", "b\0"]}, "fields[1]", id="nul-in-a-field"),
        pytest.param({"action": 99}, "action", id="unknown-action"),
        pytest.param({"action": -1}, "action", id="negative-action"),
        pytest.param({"action": "ACTION_SHARE"}, "recipient", id="share-without-recipient"),
        pytest.param({"action": "ACTION_USE", "recipient": "r"}, "recipient", id="recipient-without-share"),
        pytest.param({"recipient": "r"}, "recipient", id="recipient-with-an-unspecified-action"),
        pytest.param({"action": "ACTION_SHARE", "recipient": "\0"}, "recipient", id="nul-in-recipient"),
        pytest.param(
            {"attributes": {f"a{n}": model_pb2.AttributeValue() for n in range(33)}}, "attributes", id="33-attributes"
        ),
        pytest.param({"attributes": {"": model_pb2.AttributeValue()}}, "attributes", id="attribute-without-name"),
        pytest.param({"attributes": {"\0": model_pb2.AttributeValue()}}, "attributes", id="nul-in-attribute-name"),
        pytest.param(
            {"attributes": {"a": model_pb2.AttributeValue(string_value="x" * 1025)}}, "attributes[a]", id="long-value"
        ),
        pytest.param({"attributes": {"a": strings("x", "\0")}}, "attributes[a][1]", id="nul-in-a-list"),
        pytest.param({"attributes": {"a": strings(*["x"] * 65)}}, "attributes[a]", id="list-of-65"),
        pytest.param({"at_least_as_fresh": "\0"}, "at_least_as_fresh", id="nul-in-token"),
    ],
)
def test_a_malformed_message_is_refused_by_the_name_of_its_field(changes: dict[str, Any], field: str) -> None:
    """The caller learns which field of the message is wrong; the text never repeats a subject id."""
    with pytest.raises(RequestError) as caught:
        read(**changes)

    assert field == caught.value.field
    assert not any(secret in str(caught.value) for secret in [changes.get("subject")] if secret)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"subject": "é" * 128}, id="subject-of-256-bytes"),
        pytest.param({"fields": [f"f{n}" for n in range(64)]}, id="64-fields"),
        pytest.param({"purpose": "p" * 1024}, id="purpose-of-1024-bytes"),
        pytest.param({"attributes": {"a": strings(*["x"] * 64)}}, id="list-of-64"),
        pytest.param({"service": ""}, id="no-service-means-me"),
        pytest.param({"subject": "日本 \u200b\U0001f600"}, id="any-other-character"),
    ],
)
def test_the_limits_themselves_are_allowed(changes: dict[str, Any]) -> None:
    """A limit is the last value that fits."""
    assert isinstance(read(**changes), Request)


def test_limits_can_be_lowered() -> None:
    """The configured limits count, not only those of the protocol."""
    limits = Limits(fields=2, attributes=0, string_bytes=64)

    with pytest.raises(RequestError, match="fields"):
        read(limits, fields=["a", "b", "c"])
    with pytest.raises(RequestError, match="attributes"):
        read(limits, attributes={"a": model_pb2.AttributeValue()})
    with pytest.raises(RequestError, match="purpose"):
        read(limits, purpose="p" * 65)


def test_up_to_seven_others_can_be_in_the_same_data() -> None:
    """Their order is kept; one more is an error."""
    others = [f"p{number}" for number in range(2, 9)]

    assert tuple(others) == read(co_subjects=others).co_subjects
    with pytest.raises(RequestError, match="`co_subjects`: must have 0 to 7, has 8"):
        read(co_subjects=[*others, "p9"])


def test_who_is_named_twice_is_no_second_person() -> None:
    """Nor is the subject somebody else for being named again."""
    assert ("p2", "p3") == read(subject="p", co_subjects=["p2", "p", "p3", "p2"]).co_subjects


@pytest.mark.parametrize("malformed", ["", "p" * 257, "p\n2"])
def test_co_subjects_are_held_to_the_rules_of_subjects(malformed: str) -> None:
    """The place is told, never the id."""
    with pytest.raises(RequestError) as caught:
        read(co_subjects=["p2", malformed])

    assert "co_subjects[1]" == caught.value.field
    assert not malformed or malformed not in str(caught.value)


def test_who_may_ask_is_looked_at_last() -> None:
    """A malformed message is that first, whoever sent it."""

    def nobody(_named: str) -> str:
        raise IdentityError("not you")

    reader = QuestionReader(Limits())

    with pytest.raises(RequestError):
        reader.read(pb.CheckRequest(**{**RIGHT, "at_least_as_fresh": "\0"}), nobody)
    with pytest.raises(IdentityError):
        reader.read(pb.CheckRequest(**RIGHT), nobody)
