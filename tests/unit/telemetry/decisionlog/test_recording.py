import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from msgspec import DecodeError

from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import AttributeValue, FieldResult, Others, Request
from sidecar.model.facts import Facts
from sidecar.model.instant import show, to_datetime
from sidecar.model.vocabulary import ConsentState, Effect, Mask, Reason
from sidecar.telemetry.decisionlog.line import Call, Line, decode, encode
from sidecar.telemetry.decisionlog.recording import Answered, Recorder
from tests.unit.telemetry.decisionlog.answers import (
    ALLOWED,
    FACTS,
    NOW,
    PREMIUM,
    answered,
    pseudonym_of,
    request,
    small,
    snapshot,
)
from tests.unit.telemetry.decisionlog.drawn import requests, results

SCHEMA = json.loads((Path(__file__).parents[4] / "docs/schemas/decision.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
ATTRIBUTES: dict[str, AttributeValue] = {"premium": True, "count": 1, "region": "eu", "tags": frozenset({"b", "a"})}


@cache
def reading_all() -> Snapshot:
    """A bundle in which any attribute may be read."""
    any_of = '@id("any")\nforbid (principal, action, resource) when { context.attributes == context.attributes };\n'
    return snapshot({"any.cedar": any_of})


def lines(one: Answered) -> list[Line]:
    """The lines about *one*, written and read again."""
    return [decode(encode(line)) for line in Recorder().lines(one)]


def plain(one: Answered) -> list[dict[str, object]]:
    """The lines about *one* as JSON, each valid under the schema."""
    found = [json.loads(encode(line)) for line in Recorder().lines(one)]
    for line in found:
        VALIDATOR.validate(line)
    return found


def test_of_several_people_only_the_subject_has_a_pseudonym() -> None:
    """Of the others the line has how many they are, and what was seen of them, sorted: not which is whose."""
    refused = FACTS._replace(consent=ConsentState.REFUSED)
    asked = replace(request(), co_subjects=("p2", "p3"))
    result = replace(ALLOWED, effect=Effect.DENY, others=Others(facts=(FACTS, refused), deny=True))
    (line,) = plain(answered(result, asked=asked))

    assert (2, ["given", "refused"], True) == (
        line["co_subjects"],
        [other["consent"] for other in line["others"]],  # type: ignore[attr-defined]
        line["by_others"],
    )
    assert not {pseudonym_of(other).hex() for other in asked.co_subjects} & {str(value) for value in line.values()}


def test_a_line_from_before_there_were_co_subjects_is_about_one_person() -> None:
    """Logs that were kept can still be read."""
    old = plain(answered())[0]
    for key in ("co_subjects", "others", "by_others", "held"):
        del old[key]
    line = decode(json.dumps(old).encode())

    assert (0, (), False, False) == (line.co_subjects, line.others, line.by_others, line.held)


def test_an_allowed_field() -> None:
    """Every key of a line, with what it was asked, answered, and drawn from."""
    (line,) = plain(answered(decision_id="9f-2a"))

    footing = line.pop("footing")
    assert isinstance(footing, dict)
    assert ["user.contact.email"] == footing["categories"]
    assert "email" == footing["channel"]  # the only one that the purpose has
    assert {
        "id": "9f-2a.0",
        "time": "2026-06-01T12:00:00.000001Z",
        "call": "check",
        "caller": None,
        "service": "newsletter",
        "action": "use",
        "field": "customer.email",
        "purpose": "marketing.email",
        "channel": None,
        "recipient": None,
        "attributes": {},
        "withheld": {},
        "facts": {
            "consent": "given",
            "explicit": True,
            "by_guardian": False,
            "objected": False,
            "restricted": False,
            "erased": False,
            "age": "adult",
            "basis": "consent",
        },
        "effect": "allow",
        "reason": "ALLOWED",
        "determining": ["consented"],
        "mask": None,
        "unknown_name": "",
        "policy_revision": small().bundle.revision,
        "consent_revision": "log:7",
        "consent_age_ms": 3,
        "latency_us": 123,
        "pseudonym": pseudonym_of("p1").hex(),
        "co_subjects": 0,
        "others": [],
        "by_others": False,
        "held": False,
    } == line


def test_each_field_has_its_line() -> None:
    """In their order, told apart by the end of their ids."""
    unknown = FieldResult(field="x", effect=Effect.DENY, reason=Reason.UNKNOWN_FIELD, unknown_name="x")

    assert [("d-1.0", "customer.email"), ("d-1.1", "x")] == [
        (line.id, line.field) for line in lines(answered(ALLOWED, unknown))
    ]


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_PURPOSE, Reason.NOT_DECLARED, Reason.STALE_CONSENT])
def test_what_policies_were_not_asked_has_no_facts(reason: Reason) -> None:
    """Names that nobody knows included."""
    denied = FieldResult(field="customer.email", effect=Effect.DENY, reason=reason)
    (line,) = plain(answered(denied, asked=request(purpose="unheard.of")))

    assert (None, None) == (line["facts"], line["footing"])
    assert ("unheard.of", reason.value) == (line["purpose"], line["reason"])


def test_masks_callers_and_operators_questions() -> None:
    """A mask, a caller whom the listener knows, an explanation, a recipient and a channel."""
    masked = replace(ALLOWED, effect=Effect.ALLOW_WITH_OBLIGATIONS, mask=Mask.HASH)
    asked = request(recipient="grocer", channel="email")
    (line,) = plain(answered(masked, asked=asked)._replace(call=Call.EXPLAIN, caller="fraud"))

    assert ("hash", "explain", "fraud") == (line["mask"], line["call"], line["caller"])
    assert ("share", "grocer", "email") == (line["action"], line["recipient"], line["channel"])


def test_only_values_that_a_policy_observes_are_kept() -> None:
    """Of the others, of which presence counts at most, and of those that the schema lacks: names and types."""
    under = snapshot({"premium.cedar": PREMIUM})
    (line,) = plain(answered(asked=request(attributes={**ATTRIBUTES, "name": "Mia", "unset": None}), under=under))

    assert {"premium": True, "unset": None} == line["attributes"]
    assert {"count": "Long", "region": "String", "tags": "Set<String>", "name": "String"} == line["withheld"]


def test_all_declared_attributes_are_kept_where_a_policy_may_read_any() -> None:
    """A policy that looks at the whole record; what the schema does not have is withheld all the same."""
    asked = request(attributes={**ATTRIBUTES, "name": "Mia"})
    (line,) = plain(answered(asked=asked, under=reading_all()))

    assert {"premium": True, "count": 1, "region": "eu", "tags": ["a", "b"]} == line["attributes"]
    assert {"name": "String"} == line["withheld"]


def test_the_subject_is_nowhere_in_a_line() -> None:
    """Its pseudonym is."""
    one = answered(asked=replace(request(), subject="mia@example.org"))

    assert b"mia" not in b"".join(map(encode, Recorder().lines(one)))


def test_each_bundle_has_its_own_footing() -> None:
    """Answers of two bundles that come one after the other, as around a reload."""
    moved = snapshot(
        {
            "catalog/fields.yaml": "customer.email: {title: x, categories: [user.health]}\n"
            "customer.diet: {title: y, categories: [user.health]}\n"
        }
    )
    recorder = Recorder()
    found = [recorder.lines(one)[0].footing for one in (answered(), answered(under=moved), answered())]

    assert [("user.contact.email",), ("user.health",), ("user.contact.email",)] == [
        footing.categories for footing in found if footing is not None
    ]


def test_what_is_no_line_cannot_be_read() -> None:
    """A word outside a vocabulary is no less an error than a missing key."""
    (line,) = plain(answered())
    for broken in ({**line, "effect": "perhaps"}, {key: line[key] for key in line if key != "facts"}):
        with pytest.raises(DecodeError):
            decode(json.dumps(broken).encode())


def test_keys_of_later_versions_are_ignored() -> None:
    """A log outlives the program that wrote it."""
    (line,) = plain(answered())

    assert lines(answered()) == [decode(json.dumps({**line, "added": 1}).encode())]


@settings(max_examples=200, deadline=None)
@given(result=results, asked=requests)
def test_what_was_written_gives_the_decision_back(result: FieldResult, asked: Request) -> None:
    """Question and answer, whatever the names and values; of attributes all that policies read, typed."""
    under = reading_all()
    (line,) = lines(answered(result, asked=asked, under=under))
    attributes = {
        name: frozenset(value) if isinstance(value, tuple) else value for name, value in line.attributes.items()
    }

    assert (asked.service, asked.action, asked.purpose, asked.channel, asked.recipient) == (
        line.service,
        line.action,
        line.purpose,
        line.channel,
        line.recipient,
    )
    for name, value in asked.attributes.items():
        if name in under.catalog.attributes or value is None:
            assert (type(value), value) == (type(attributes[name]), attributes[name])
        else:
            assert name in line.withheld
    assert set(asked.attributes) == set(line.attributes) | set(line.withheld)
    assert line.facts is not None
    assert result == FieldResult(
        field=line.field,
        effect=line.effect,
        reason=line.reason,
        determining=line.determining,
        mask=line.mask,
        unknown_name=line.unknown_name,
        facts=Facts(**{name: getattr(line.facts, name) for name in Facts._fields}),
    )
    assert to_datetime(NOW) == line.time
    assert show(NOW) == json.loads(encode(line))["time"]
