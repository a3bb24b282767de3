"""Answers to log: from the small bundle, or made up."""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

from sidecar.engine.outcome import Outcome
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import AttributeValue, FieldResult, Request
from sidecar.model.facts import Facts
from sidecar.model.instant import parse
from sidecar.model.vocabulary import Action, AgeBand, Basis, ConsentState, Effect, Reason
from sidecar.policy.bundle import load_bundle
from sidecar.telemetry.decisionlog.line import Call
from sidecar.telemetry.decisionlog.recording import Answered, Occasion
from tests.unit.policy.bundles import write

NOW = parse("2026-06-01T12:00:00.000001Z")
FACTS = Facts(
    consent=ConsentState.GIVEN,
    explicit=True,
    by_guardian=False,
    objected=False,
    restricted=False,
    erased=False,
    age=AgeBand.ADULT,
    basis=Basis.CONSENT,
)
ALLOWED = FieldResult(
    field="customer.email", effect=Effect.ALLOW, reason=Reason.ALLOWED, determining=("consented",), facts=FACTS
)
PREMIUM = """\
@id("premium")
forbid (principal, action, resource)
when { context.attributes has count && context.attributes has premium && context.attributes.premium };
"""


@cache
def small() -> Snapshot:
    """The small bundle."""
    return snapshot({})


def snapshot(changes: Mapping[str, str | bytes | None]) -> Snapshot:
    """The small bundle with *changes*."""
    with TemporaryDirectory() as folder:
        return Snapshot(load_bundle(write(Path(folder), changes)))


def request(*fields: str, attributes: Mapping[str, AttributeValue | None] | None = None, **changes: str) -> Request:
    """A question of the newsletter."""
    base: dict[str, object] = {"service": "newsletter", "purpose": "marketing.email"}
    return Request(
        action=Action.USE if "recipient" not in changes else Action.SHARE,
        subject="p1",
        fields=fields or ("customer.email",),
        attributes=attributes or {},
        **{**base, **changes},  # type: ignore[arg-type]
    )


def pseudonym_of(subject: str) -> bytes:
    """Of a test."""
    return blake2b(subject.encode(), digest_size=16).digest()


def answered(
    *results: FieldResult, asked: Request | None = None, under: Snapshot | None = None, decision_id: str = "d-1"
) -> Answered:
    """An answer to log."""
    given = results or (ALLOWED,)
    question = asked or request(*(result.field for result in given))
    return Answered(
        decision_id=decision_id,
        call=Call.CHECK,
        caller="",
        pseudonym=pseudonym_of(question.subject),
        request=question,
        outcome=Outcome(given, co_subjects=len(question.co_subjects)),
        occasion=Occasion(snapshot=under or small(), now=NOW, consent_revision="log:7", consent_age_ms=3),
        seconds=0.000_123_4,
    )
