from pathlib import Path

import pytest

from sidecar.authoring.suite.coverage import Coverage, coverage_of
from sidecar.authoring.suite.outcome import Outcome
from sidecar.authoring.suite.runner import run_suites
from sidecar.model.vocabulary import ConsentState
from sidecar.policy.bundle import read_draft
from tests.unit.authoring.suite.suites import SUBJECTS, draft

ASK = "service: newsletter, field: customer.email, purpose: marketing.email"


def _coverage(folder: Path, *subjects: str) -> Coverage:
    tests = "".join(f"- {{name: {name}, ask: {{{ASK}, subject: {name}}}, want: deny}}\n" for name in subjects)
    read = draft(folder, f"{SUBJECTS}tests:\n{tests}")
    return coverage_of(run_suites(read), read)


def test_a_policy_is_covered_once_it_decided(tmp_path: Path) -> None:
    """What determined some answer is covered, whether or not that was wanted; guardrails do not count."""
    coverage = _coverage(tmp_path, "bea")

    assert [("consented", 1), ("operations", 0), ("objection", 0)] == [(p.id, p.decided) for p in coverage.counted]
    assert ["operations", "objection"] == [policy.id for policy in coverage.unseen]
    assert pytest.approx(100 / 3) == coverage.policy_percent
    assert "special-needs-explicit" in {policy.id for policy in coverage.policies}


def test_states_are_counted_for_purposes_in_use(tmp_path: Path) -> None:
    """Each question that gets to the policies counts for its purpose and consent state."""
    coverage = _coverage(tmp_path, "ada", "bea", "clear", "stranger")

    assert ["essential.fraud", "marketing.email"] == list(coverage.asked)
    email = coverage.asked["marketing.email"]
    assert {ConsentState.WITHDRAWN: 1, ConsentState.GIVEN: 2, ConsentState.UNKNOWN: 1} == {
        state: count for state, count in email.items() if count
    }
    assert (3, 12) == coverage.states
    assert 25.0 == coverage.state_percent


def test_what_is_refused_before_the_policies_covers_nothing(tmp_path: Path) -> None:
    """A question that is not declared is no question to the policies."""
    read = draft(
        tmp_path, f"{SUBJECTS}tests: [{{name: a, ask: {{{ASK}, subject: bea, action: retain}}, want: deny}}]\n"
    )

    assert (0, 12) == coverage_of(run_suites(read), read).states


def test_of_nothing_all_is_covered() -> None:
    """A bundle that has nothing to cover is covered."""
    empty = Coverage(policies=(), asked={})

    assert (100.0, 100.0) == (empty.policy_percent, empty.state_percent)


def test_the_demo_bundle_is_covered_by_its_own_tests() -> None:
    """Every policy that is meant to decide has decided, every consent state was asked about for every purpose."""
    read = read_draft(Path("policies"))
    coverage = coverage_of(run_suites(read), read)

    assert () == coverage.unseen
    assert 100.0 == coverage.state_percent
    assert 0.0 == coverage_of(Outcome(), read).policy_percent
