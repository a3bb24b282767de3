"""Analysed answers: the same as Cedar's, for every bundle and every question."""

from random import Random

import pytest

from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.outcomes import Outcome
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.verdict import reach_verdict
from tests.model.analysed import Analysed
from tests.random_bundles import questions_of, random_bundle

BUNDLES = 400
QUESTIONS = 60
PARTS = 8
CONSENT = {"consent", "explicit", "by_guardian"}


@pytest.mark.parametrize("part", range(PARTS))
def test_the_analysis_answers_as_cedar_does(part: int) -> None:
    """Which policies determine an answer, and the answer: the same from diagrams as from Cedar, asked directly."""
    for seed in range(part, BUNDLES, PARTS):
        draft = random_bundle(seed).draft
        analysis = analyse(draft, budget=2_000)  # what is beyond it is free, and then asked of Cedar by the test
        analysed = Analysed(analysis)
        # Why not is asked for other consent: what a free condition is then, no diagram knows.
        told = not any(CONSENT & atom.reads for atom in analysis.free[0])
        policies = Policies(compile_policies(draft.policies, draft.catalog))
        for question, facts in questions_of(draft, Random(seed), QUESTIONS):
            direct = policies.evaluate(question, facts)
            evaluation = analysed.evaluation(question, facts)
            verdict = reach_verdict(question, facts, policies.evaluate)

            assert [id_ for id_, _ in direct.erring] == [id_ for id_, _ in evaluation.erring], (seed, question, facts)
            assert direct.erring or direct == evaluation, (seed, question, facts)
            outcome = analysed.outcome(question, facts)
            assert (verdict.effect, verdict.mask) == (outcome.effect, outcome.mask), (seed, question, facts)
            assert not told or Outcome(verdict.effect, verdict.reason, verdict.mask) == outcome, (seed, question, facts)
