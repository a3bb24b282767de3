"""500 policies, 200 services, 500 fields, 56 purposes; ``benchmarks/bench_scale.py`` measures how long they take."""

from pathlib import Path

import pytest

from benchmarks.bench_scale import NOW, requests_about
from sidecar.authoring.comparison import compare_bundles
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.engine.decide import decide_standing
from sidecar.engine.snapshot import Snapshot
from sidecar.policy.analysis.guardrails import prove_guardrails
from sidecar.policy.bundle import Draft, read_draft
from tests.scale_bundle import scale_texts, write_scale_bundle


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Draft:
    """The large bundle."""
    return read_draft(write_scale_bundle(tmp_path_factory.mktemp("large")))


def test_it_is_as_large_as_it_says(large: Draft) -> None:
    """And the same every time."""
    catalog = large.catalog

    assert 500 == len(large.policies)
    assert [200, 500, 56] == [len(catalog.services), len(catalog.fields), len(catalog.purposes)]
    assert scale_texts() == scale_texts()


def test_what_was_asked_before_asks_no_policy(large: Draft) -> None:
    """So the number of policies cannot slow it."""
    snapshot = Snapshot(large.bundle())
    requests = requests_about(large.catalog, 400)
    for _ in range(2):
        missed = snapshot.verdicts.misses
        for request in requests:
            decide_standing(request, UNKNOWN_STANDING, snapshot, now=NOW)

    assert missed == snapshot.verdicts.misses > 0


def test_a_change_of_it_is_compared_and_its_guardrails_are_proved(large: Draft, tmp_path: Path) -> None:
    """Each example that is reported was put to Cedar, or the comparison would have failed."""
    folder = write_scale_bundle(tmp_path)
    path = folder / "policies-03.cedar"
    path.write_text(path.read_text("utf-8").replace("unless { context.explicit }", "unless { true }"), "utf-8")
    comparison = compare_bundles(large, read_draft(folder))

    proof = prove_guardrails(large)

    assert comparison.widens
    assert all(answer.uses and answer.when and answer.combinations > 0 for answer in comparison.answers)
    assert all(violation.allowed_by for violation in proof.violations)
    assert not proof.inexact
