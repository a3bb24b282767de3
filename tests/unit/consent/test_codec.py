"""Events as JSON: one form, and errors that name the place."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from sidecar.consent.codec import digest, event_from_json, event_to_json, line_from_json, line_to_json
from sidecar.errors import RequestError
from sidecar.model.event import (
    Choice,
    Erasure,
    Event,
    Lifting,
    Link,
    LinkTo,
    No,
    NoticeRef,
    Restriction,
    Shared,
    Submission,
    Traits,
)
from sidecar.model.instant import parse
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import Actor, ChoiceKind, NoKind
from tests.strategies import events

GRANT = Choice(
    kind=ChoiceKind.GIVEN,
    scope=Scope(purposes=("marketing",), categories=("*",)),
    explicit=True,
    expires_at=parse("2027-01-01T00:00:00Z"),
    notice=NoticeRef(key="home", version=2),
)
FULL = Event(
    id="e1",
    act=Submission(choices=(GRANT,)),
    occurred_at=parse("2026-01-01T00:00:00.000001Z"),
    actor=Actor.GUARDIAN,
    method="web-form",
    language="en",
)
FULL_JSON = (
    '{"id":"e1","occurred_at":"2026-01-01T00:00:00.000001Z","actor":"guardian","method":"web-form","language":"en",'
    '"submission":{"choices":[{"kind":"given","scope":{"purposes":["marketing"],"categories":["*"]},'
    '"explicit":true,"expires_at":"2027-01-01T00:00:00Z","notice":"home@2"}]}}'
)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (FULL, FULL_JSON),
        (
            Event(id="a", act=Restriction(scope=Scope(channels=("sms",)))),
            '{"id":"a","restriction":{"scope":{"channels":["sms"]}}}',
        ),
        (
            Event(id="a", act=Restriction(scope=Scope()), note="a laptop was stolen"),
            '{"id":"a","note":"a laptop was stolen","restriction":{"scope":{}}}',
        ),
        (
            Event(id="a", act=Lifting(scope=Scope(recipients=("ads",)))),
            '{"id":"a","lifting":{"scope":{"recipients":["ads"]}}}',
        ),
        (
            Event(id="a", act=Traits(digital_consent_at=0, of_age_at=-1_000_000)),
            '{"id":"a","traits":{"digital_consent_at":"1970-01-01T00:00:00Z","of_age_at":"1969-12-31T23:59:59Z"}}',
        ),
        (Event(id="a", act=Traits(jurisdiction="DE")), '{"id":"a","traits":{"jurisdiction":"DE"}}'),
        (Event(id="a", act=Link(other=bytes(16))), '{"id":"a","link":{"other":"00000000000000000000000000000000"}}'),
        (
            Event(id="a", act=Link(other=bytes(range(16)), era=parse("2026-01-01T00:00:00.000001Z"))),
            '{"id":"a","link":{"other":"000102030405060708090a0b0c0d0e0f","era":"2026-01-01T00:00:00.000001Z"}}',
        ),
        (
            Event(id="a", act=Shared(noes=(No(kind=NoKind.RESTRICTED, atom=Atom("p", "*", "email", "*")),))),
            '{"id":"a","shared":{"noes":[{"kind":"restricted","purpose":"p","channel":"email"}]}}',
        ),
        (Event(id="a", act=Erasure()), '{"id":"a","erasure":{}}'),
        (Event(id="a", act=Erasure(categories=("user",))), '{"id":"a","erasure":{"categories":["user"]}}'),
    ],
)
def test_an_event_and_its_json(event: Event, text: str) -> None:
    """Both ways; the bytes are kept in logs, so they must not change."""
    assert text == event_to_json(event).decode()
    assert event == event_from_json(text)


@settings(deadline=None)
@given(events())
def test_any_event_comes_back(event: Event) -> None:
    """With and without its subject."""
    assert event == event_from_json(event_to_json(event))
    assert ("s", event) == line_from_json(line_to_json("s", event))


def test_a_line_has_a_subject() -> None:
    """The only difference to an event."""
    line = '\n {"subject": "p1", ' + FULL_JSON[1:] + " \n"

    assert ("p1", FULL) == line_from_json(line) == line_from_json(line.encode())


def test_a_time_zone_is_understood() -> None:
    """Any offset; what is kept is the instant."""
    event = event_from_json('{"id":"a","occurred_at":"2026-01-01T02:00:00+02:00","erasure":{}}')

    assert parse("2026-01-01T00:00:00Z") == event.occurred_at


@pytest.mark.parametrize(
    ("text", "field", "why"),
    [
        ("", "event", "not JSON"),
        ("{", "event", "not JSON"),
        ("nonsense", "event", "not JSON"),
        ('{"id":"a","erasure":{}} {}', "event", "not JSON"),
        (b'{"id":"\xff","erasure":{}}', "event", "not JSON"),
        ("[]", "event", "expected `object`, got `array`"),
        ("null", "event", "expected `object`"),
        ("{}", "event", "missing required field `id`"),
        ('{"id":"a"}', "event", "has 0 of `submission`"),
        ('{"id":"a","erasure":{},"traits":{}}', "event", "has 2 of `submission`"),
        ('{"id":"a","erasure":{},"links":{}}', "event", "unknown field `links`"),
        ('{"id":"a","link":{"other_subject":"p"}}', "event.link", "unknown field `other_subject`"),
        ('{"id":"a","link":{"other":"0A"}}', "event.link.other", "matching regex"),
        ('{"id":"a","shared":{"noes":[{"kind":"given"}]}}', "event.shared.noes[0].kind", "given"),
        ('{"id":"a","erasure":{},"subject":"p"}', "event", "unknown field `subject`"),
        ('{"id":"a","erasure":null}', "event.erasure", "got `null`"),
        ('{"id":1,"erasure":{}}', "event.id", "expected `str`"),
        ('{"id":"a","actor":"robot","erasure":{}}', "event.actor", "invalid enum value 'robot'"),
        ('{"id":"a","occurred_at":"2026-01-01T00:00:00","erasure":{}}', "event.occurred_at", "timezone"),
        ('{"id":"a","occurred_at":"2026-01-01","erasure":{}}', "event.occurred_at", "RFC3339"),
        ('{"id":"a","occurred_at":1,"erasure":{}}', "event.occurred_at", "expected `datetime`"),
        ('{"id":"a","occurred_at":"9999-12-31T23:59:59-01:00","erasure":{}}', "event.occurred_at", "years 1 to 9999"),
        ('{"id":"a","occurred_at":"0001-01-01T00:00:00+01:00","erasure":{}}', "event.occurred_at", "years 1 to 9999"),
        ('{"id":"a","submission":{}}', "event.submission", "missing required field `choices`"),
        ('{"id":"a","submission":{"choices":[{}]}}', "event.submission.choices[0]", "missing required field `kind`"),
        (
            '{"id":"a","submission":{"choices":[{"kind":"given"}]}}',
            "event.submission.choices[0]",
            "missing required field `scope`",
        ),
        (
            '{"id":"a","submission":{"choices":[{"kind":"given","scope":{"purpose":["x"]}}]}}',
            "event.submission.choices[0].scope",
            "unknown field `purpose`",
        ),
        (
            '{"id":"a","submission":{"choices":[{"kind":"given","scope":{"purposes":"x"}}]}}',
            "event.submission.choices[0].scope.purposes",
            "expected `array`",
        ),
        (
            '{"id":"a","submission":{"choices":[{"kind":"no","scope":{}}]}}',
            "event.submission.choices[0].kind",
            "invalid enum value",
        ),
        (
            '{"id":"a","submission":{"choices":[{"kind":"given","scope":{},"notice":"home@0"}]}}',
            "event.submission.choices[0].notice",
            "regex",
        ),
        (
            '{"id":"a","submission":{"choices":[{"kind":"given","scope":{},"expires_at":"9999-12-31T23:59:59-01:00"}]}}',
            "event.submission.choices[0].expires_at",
            "years 1 to 9999",
        ),
        ('{"id":"a","traits":{"of_age_at":"soon"}}', "event.traits.of_age_at", "RFC3339"),
        ('{"id":"a","traits":{"age":3}}', "event.traits", "unknown field `age`"),
    ],
)
def test_what_is_wrong_and_where(text: bytes | str, field: str, why: str) -> None:
    """Every mistake is refused and named by its path."""
    with pytest.raises(RequestError) as caught:
        event_from_json(text)

    assert field == caught.value.field
    assert why in caught.value.detail


def test_a_line_without_a_proper_subject() -> None:
    """It has a path of its own, beside the event."""
    with pytest.raises(RequestError) as missing:
        line_from_json(FULL_JSON)
    with pytest.raises(RequestError) as wrong:
        line_from_json('{"subject":7,' + FULL_JSON[1:])

    assert "missing required field `subject`" in missing.value.detail
    assert "subject" == wrong.value.field


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"subject":"a","subject":"b",' + FULL_JSON[1:], "subject"),
        ('{"subject":"a",' + FULL_JSON[1:-1] + ',"i\\u0064":"e2"}', "id"),
        ('{"subject":"a",' + FULL_JSON[1:].replace('"kind":"given"', '"kind":"withdrawn","kind":"given"'), "kind"),
        (b'{"subject":"a","id":"a","erasure":{"categories":["x"],"categories":[]}}', "categories"),
    ],
)
def test_a_key_that_is_repeated_is_refused(text: bytes | str, key: str) -> None:
    """Whoever checked the file may have read the other value."""
    with pytest.raises(RequestError) as caught:
        line_from_json(text)

    assert f"has `{key}` twice in one object" == caught.value.detail


def test_messages_are_fit_for_a_terminal() -> None:
    """Escape codes in the input do not reach it, nor does a page of text."""
    with pytest.raises(RequestError) as caught:
        event_from_json('{"id":"a","\\u001b[2J' + "x" * 1_000 + '":1}')

    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) <= 200


def test_a_line_names_an_id_and_the_log_its_pseudonym() -> None:
    """Neither is taken for the other, and what only a log says is in no line."""
    line = '{"id":"a","subject":"ada","link":{"other_subject":"tv"}}'
    event = Event(id="a", act=LinkTo(other_subject="tv"))

    assert ("ada", event) == line_from_json(line)
    assert ("ada", event) == line_from_json(line_to_json("ada", event))
    with pytest.raises(TypeError):
        event_to_json(event)
    for act in (Link(other=bytes(16)), Shared(noes=())):
        with pytest.raises(TypeError):
            line_to_json("ada", Event(id="a", act=act))
    for text in ('"link":{"other":"00000000000000000000000000000000"}', '"shared":{"noes":[]}'):
        with pytest.raises(RequestError):
            line_from_json(f'{{"id":"a","subject":"ada",{text}}}')


def test_whether_the_other_was_erased_is_no_part_of_what_was_sent() -> None:
    """A link that is sent again is the same link."""
    one, later = (Event(id="a", act=Link(other=bytes(16), era=era)) for era in (0, 7))

    assert digest(one) == digest(later) != digest(Event(id="a", act=Link(other=bytes(range(16)))))


def test_the_digest_of_an_event() -> None:
    """It is kept in logs, so it must not change."""
    assert "b74ba9b8c24d311e7d61f6c49a5ee438" == digest(FULL).hex()


@pytest.mark.parametrize(
    "other",
    [
        replace(FULL, id="e2"),
        replace(FULL, occurred_at=None),
        replace(FULL, actor=Actor.SUBJECT),
        replace(FULL, method=""),
        replace(FULL, language="de"),
        replace(FULL, act=Erasure()),
        replace(FULL, act=Submission(choices=(GRANT, GRANT))),
        replace(FULL, act=Submission(choices=(replace(GRANT, explicit=False),))),
        replace(FULL, act=Submission(choices=(replace(GRANT, notice=None),))),
        replace(FULL, act=Submission(choices=(replace(GRANT, notice=NoticeRef(key="home@2", version=2)),))),
    ],
)
def test_another_body_has_another_digest(other: Event) -> None:
    """Whatever differs."""
    assert digest(FULL) != digest(other)
