"""The line about an audience: who might be used, by pseudonym; of the others how many, and why."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from msgspec import DecodeError

from sidecar.engine.filtering import Filtered, Group
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.usability import Usability
from sidecar.model.decision import Request
from sidecar.model.instant import parse
from sidecar.model.vocabulary import Action, Mask, Reason
from sidecar.policy.bundle import load_bundle
from sidecar.telemetry.decisionlog.audience import Audience, DeniedJson, ObligedJson, UsableJson, decode

SCHEMA = json.loads((Path(__file__).parents[4] / "docs/schemas/audience.schema.json").read_text(encoding="utf-8"))
MASKED = Usability(obligations=(("customer.email", Mask.HASH),))
AUDIENCE = Audience(
    decision_id="d-1",
    caller="",
    request=Request(
        service="newsletter",
        action=Action.USE,
        subject="",
        fields=("customer.email", "customer.name"),
        purpose="marketing.communications.email",
        attributes={"amount_cents": 7, "x": "secret"},
    ),
    able=frozenset({Mask.YEAR, Mask.HASH}),
    filtered=Filtered(
        usable=(Group(Usability(), (0, 3)), Group(MASKED, (1,))),
        denied=(Group(Usability(reason=Reason.RESTRICTED, held=True), (2, 5)),),
        obliged=(Group(Usability(obligations=(("customer.name", Mask.REDACT),)), (4,)),),
        policy_revision="sha256:1",
        consent_revision="0123456789abcdef.7",
        consent_age_ms=3,
        clock_changes_at=None,
        cache_for_ms=0,
    ),
    snapshot=Snapshot(load_bundle(Path(__file__).parents[4] / "policies")),
    now=parse("2026-06-01T12:00:00Z"),
    seconds=0.0123,
)
PSEUDONYMS = [[bytes(16), b"\xff" * 16], [b"\x01" * 16]]


def test_a_line_says_what_was_answered() -> None:
    """And is what its schema says."""
    text = AUDIENCE.line(PSEUDONYMS)
    line = decode(text)
    jsonschema.validate(json.loads(text), SCHEMA)

    assert 1 == text.count(b"\n")
    assert (
        UsableJson(obligations={}, pseudonyms=("00" * 16, "ff" * 16)),
        UsableJson(obligations={"customer.email": Mask.HASH}, pseudonyms=("01" * 16,)),
    ) == line.usable
    assert (DeniedJson(subjects=2, reason=Reason.RESTRICTED, unknown_name="", held=True),) == line.denied
    assert (ObligedJson(subjects=1, obligations={"customer.name": Mask.REDACT}),) == line.obliged
    assert ("d-1", datetime(2026, 6, 1, 12, tzinfo=UTC), "filter", None) == (line.id, line.time, line.call, line.caller)
    assert (6, 12_300, 3) == (line.subjects, line.latency_us, line.consent_age_ms)
    assert (Mask.HASH, Mask.YEAR) == line.able


def test_attributes_that_no_policy_observes_are_withheld() -> None:
    """As in any other line."""
    line = decode(AUDIENCE.line(PSEUDONYMS))

    assert ({"amount_cents": 7}, {"x": "String"}) == (line.attributes, line.withheld)


def test_nobody_is_an_audience_too() -> None:
    """There is a line about it."""
    nobody = AUDIENCE._replace(caller="newsletter", filtered=replace(AUDIENCE.filtered, usable=()))
    line = decode(nobody.line([]))

    assert ((), 3, "newsletter") == (line.usable, line.subjects, line.caller)


def test_another_line_is_none_about_an_audience() -> None:
    """Whatever keys it shares."""
    text = AUDIENCE.line(PSEUDONYMS).replace(b'"call":"filter"', b'"call":"check"')
    with pytest.raises(DecodeError):
        decode(text)
