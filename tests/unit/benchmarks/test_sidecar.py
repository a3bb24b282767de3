"""The text of ``/metrics``, read."""

from benchmarks.servers.sidecar import parse_metrics

TEXT = """\
# HELP sidecar_calls_total Ended calls by gRPC status.
# TYPE sidecar_calls_total counter
sidecar_calls_total{code="OK",method="Check"} 18007.0
sidecar_calls_total{code="UNAVAILABLE",method="Check"} 1.0
sidecar_ready 1.0
sidecar_consent_load_entries 1e+06
"""


def test_samples_are_read_one_by_one_and_summed() -> None:
    """A series without labels is its own sum."""
    assert {
        "sidecar_calls_total": 18_008.0,
        'sidecar_calls_total{code="OK",method="Check"}': 18_007.0,
        'sidecar_calls_total{code="UNAVAILABLE",method="Check"}': 1.0,
        "sidecar_ready": 1.0,
        "sidecar_consent_load_entries": 1_000_000.0,
    } == parse_metrics(TEXT)
