"""What `/metrics` says, and the alerts on it, read by Prometheus' own tool."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import grpc
import pytest
import yaml

from sidecar.api.v1 import authorization_pb2, authorization_pb2_grpc, consent_pb2, consent_pb2_grpc
from sidecar.testing import serving

DOCS = Path(__file__).resolve().parents[2] / "docs"
ALERTS = DOCS / "alerts.yaml"
NAME = re.compile(r"\bsidecar_[a-z_]+")


@pytest.fixture(scope="module")
def metrics() -> Iterator[str]:
    """The metrics of a sidecar that allowed, denied, refused, failed a call and recorded."""
    with serving() as served, served.channel() as channel:
        scope = consent_pb2.Scope(purposes=["marketing.communications.email"], categories=["*"])
        choice = consent_pb2.Choice(kind=consent_pb2.CHOICE_KIND_GIVEN, scope=scope)
        event = consent_pb2.Event(id="1", submission=consent_pb2.Submission(choices=[choice]))
        request = consent_pb2.RecordEventRequest(subject="ada", event=event)
        consent_pb2_grpc.ConsentServiceStub(channel).RecordEvent(request, metadata=served.operator)
        ask = authorization_pb2_grpc.AuthorizationServiceStub(channel).Check
        for subject in ("ada", "grace", ""):
            question = authorization_pb2.CheckRequest(
                service="newsletter",
                subject=subject,
                fields=["customer.email"],
                purpose="marketing.communications.email",
            )
            try:
                ask(question)
            except grpc.RpcError:
                assert "" == subject
        with urlopen(f"http://{served.http}/metrics", timeout=10) as response:
            yield response.read().decode()


def test_prometheus_accepts_the_metrics(metrics: str) -> None:
    """`promtool check metrics` neither fails nor has anything to remark."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], check=False, input=metrics, capture_output=True, text=True
    )

    assert ("", "") == (checked.stdout, checked.stderr)
    assert 0 == checked.returncode


def test_the_metrics_tell_what_happened(metrics: str) -> None:
    """One allow, one deny for want of consent, one call that was refused, one event."""
    told = set(metrics.splitlines())

    assert {
        'sidecar_decisions_total{effect="allow",reason="ALLOWED"} 1.0',
        'sidecar_decisions_total{effect="deny",reason="CONSENT_UNKNOWN"} 1.0',
        'sidecar_calls_total{code="INVALID_ARGUMENT",method="Check"} 1.0',
        "sidecar_consent_subjects 1.0",
        "sidecar_ready 1.0",
    } <= told


def test_no_metric_tells_of_a_person(metrics: str) -> None:
    """No label has a subject id."""
    assert "ada" not in metrics
    assert "grace" not in metrics


def test_prometheus_accepts_the_alerts() -> None:
    """`promtool check rules` accepts every rule."""
    checked = subprocess.run(["promtool", "check", "rules", ALERTS], check=False, capture_output=True, text=True)

    assert 0 == checked.returncode, checked.stderr


def test_every_alert_is_about_a_metric_that_there_is(metrics: str) -> None:
    """An alert on a name that nothing exports would never fire."""
    exported = {line.split()[2] for line in metrics.splitlines() if line.startswith("# TYPE ")}
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
    watched = {name for rule in rules for name in NAME.findall(rule["expr"])}

    assert watched
    assert set() == watched - exported


def test_the_runbook_has_a_chapter_for_every_alert() -> None:
    """Who is paged finds what to do under the name of the alert."""
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
    chapters = re.findall(r"^### (Sidecar\w+)$", (DOCS / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert [rule["alert"] for rule in rules] == chapters
