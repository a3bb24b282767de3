"""Which questions a request asks, and which it cannot."""

from dataclasses import replace

import pytest

from sidecar.engine.question import questions
from sidecar.model.catalog import Service, Use
from sidecar.model.decision import FieldResult, Question, Request
from sidecar.model.vocabulary import Action, Channel, Reason
from tests.worlds import CATALOG, EMAIL

NEWS = Service(
    key="news",
    title="",
    owner="",
    may_use=(
        Use(purpose=EMAIL, fields=frozenset({"email"}), actions=frozenset({Action.USE})),
        Use(purpose="content", fields=frozenset({"email"}), actions=frozenset({Action.USE})),
        Use(purpose="marketing.ads", fields=frozenset({"email"}), actions=frozenset({Action.USE})),
        Use(
            purpose="content",
            fields=frozenset({"email"}),
            actions=frozenset({Action.SHARE}),
            recipients=frozenset({"grocer"}),
        ),
    ),
)
CATALOG = replace(
    CATALOG,
    services={"news": NEWS},
    attributes={"n": "Long", "flag": "Bool", "words": "Set<String>", "word": "String"},
)
REQUEST = Request(service="news", action=Action.USE, subject="ada", fields=("email",), purpose=EMAIL)


def asked(**changes: object) -> Question | FieldResult:
    """What the usual request, so changed, asks about its only field."""
    (item,) = questions(replace(REQUEST, **changes), CATALOG)  # type: ignore[arg-type]
    return item


def test_a_purpose_with_one_channel_fills_it_in() -> None:
    """And a request that names it asks the same."""
    expected = Question(
        service="news",
        action=Action.USE,
        field="email",
        purpose=EMAIL,
        channel=Channel.EMAIL,
        recipient="first_party",
    )

    assert expected == asked() == asked(channel="email")


def test_a_purpose_without_channels_asks_none() -> None:
    """Its questions are about every channel."""
    item = asked(purpose="content")

    assert isinstance(item, Question)
    assert item.channel is None


@pytest.mark.parametrize(
    ("reason", "name", "changes"),
    [
        (Reason.UNKNOWN_SERVICE, "nobody", {"service": "nobody", "fields": ("nothing",), "purpose": "nothing"}),
        (Reason.UNKNOWN_FIELD, "nothing", {"fields": ("nothing",), "purpose": "nothing"}),
        (Reason.UNKNOWN_FIELD, "nothing", {"fields": ("nothing",)}),
        (Reason.UNKNOWN_PURPOSE, "nothing", {"purpose": "nothing", "channel": "telepathy"}),
        (
            Reason.UNKNOWN_RECIPIENT,
            "nobody",
            {"action": Action.SHARE, "recipient": "nobody", "channel": "telepathy", "attributes": {"x": 1}},
        ),
        (Reason.UNKNOWN_RECIPIENT, "third_party", {"action": Action.SHARE, "recipient": "third_party"}),
        (Reason.UNKNOWN_RECIPIENT, "", {"action": Action.SHARE}),
        (Reason.UNKNOWN_CHANNEL, "telepathy", {"channel": "telepathy", "attributes": {"x": 1}}),
        (Reason.UNKNOWN_CHANNEL, "sms", {"channel": "sms"}),
        (Reason.UNKNOWN_CHANNEL, "email", {"purpose": "content", "channel": "email"}),
        (Reason.UNKNOWN_ATTRIBUTE, "x", {"purpose": "marketing.ads", "attributes": {"x": 1}}),
        (Reason.UNKNOWN_ATTRIBUTE, "n", {"attributes": {"n": True}}),
        (Reason.UNKNOWN_ATTRIBUTE, "flag", {"attributes": {"flag": 1}}),
        (Reason.UNKNOWN_ATTRIBUTE, "n", {"attributes": {"n": None}}),
        (Reason.UNKNOWN_ATTRIBUTE, "x", {"attributes": {"x": None}}),
        (Reason.CHANNEL_REQUIRED, "", {"purpose": "marketing.ads"}),
        (Reason.NOT_DECLARED, "", {"fields": ("phone",)}),
        (Reason.NOT_DECLARED, "", {"action": Action.RETAIN}),
        (Reason.NOT_DECLARED, "", {"purpose": "marketing"}),
        (Reason.NOT_DECLARED, "", {"purpose": "content", "action": Action.SHARE, "recipient": "ads"}),
        (Reason.NOT_DECLARED, "", {"purpose": "content", "action": Action.SHARE, "recipient": "first_party"}),
    ],
)
def test_the_first_thing_wrong_is_told(reason: Reason, name: str, changes: dict[str, object]) -> None:
    """With the name that is unknown, if that is what is wrong."""
    item = asked(**changes)

    assert isinstance(item, FieldResult)
    assert (reason, name) == (item.reason, item.unknown_name)


def test_each_field_is_asked_on_its_own_in_order() -> None:
    """One unknown field does not spoil the others."""
    items = questions(replace(REQUEST, fields=("nothing", "email", "phone")), CATALOG)

    assert [Reason.UNKNOWN_FIELD, None, Reason.NOT_DECLARED] == [getattr(item, "reason", None) for item in items]
    assert ["nothing", "email", "phone"] == [item.field for item in items]


def test_attributes_are_typed_and_sorted() -> None:
    """So that `1` and `True` differ, and order does not."""
    item = asked(attributes={"word": "a", "n": 1, "flag": True, "words": frozenset({"b"})})

    assert isinstance(item, Question)
    assert (
        ("flag", "Bool", True),
        ("n", "Long", 1),
        ("word", "String", "a"),
        ("words", "Set<String>", frozenset({"b"})),
    ) == item.attributes


def test_a_share_names_its_recipient() -> None:
    """The question is about that recipient."""
    item = asked(purpose="content", action=Action.SHARE, recipient="grocer")

    assert isinstance(item, Question)
    assert "grocer" == item.recipient
