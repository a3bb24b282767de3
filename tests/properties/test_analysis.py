"""Analysed answers: the same as Cedar's and the verdict table's, for every bundle and every question.

Held against copies of the tree with one clause broken at a time. These tests noticed, in ``cedar/atoms.py``: `&&`,
`||`, `!` or `if` read as something else; a dimension or an attribute left out of what an atom reads; every form of a
head taken for a weaker one, or left out; `unless` taken for `when`; literals and patterns that were not collected. In
the walk that finds what is read (``cedar/footprint.py``): each of its clauses but the fields of `context` used whole,
which a unit test of atoms notices. In ``analysis/function.py``: forbids left out, the order of masks and of reasons,
what is allowed with better consent (explicit or not, by a guardian or not), a reason given where consent was missing,
a permit's or a forbid's place taken twice. In ``analysis/dimensions.py`` and ``tables.py``: a bound without its
neighbours, the neighbours without their bound, the ends of what a number holds, rows of a group not told apart.

Noticed by ``test_differences.py`` alone, since it takes two bundles: what may be sent is not looked at, when answers
are made and when classes are. By the unit tests of ``tests/unit/policy/analysis`` alone, since no bundle that loads
comes to it: where an error comes from and is not reached, presence read as value, texts or combinations beyond their
budget.

Of the rest, `test_differences.py` and unit tests notice: what people there are, what a purpose survives, objections
on legitimate interests, laws told apart (`test_people.py`); every step of the search for witnesses (`test_texts.py`).

Nothing noticed, because nothing changes: rows of a group compared without their later coordinates (they come in the
same order), values that a bundle lacks looked up all the same (nobody declares them), literals that another attribute
is compared with (classes put them together again), permits among those that give a reason to forbid (a forbid's own
comes first).
"""

from random import Random

import pytest

from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.policy.analysis import space
from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.outcomes import Outcome
from sidecar.policy.cedar.compiled import Compiled, compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.evaluation import Evaluation
from sidecar.policy.table import VerdictTable
from sidecar.policy.verdict import reach_verdict
from tests.model.analysed import Analysed
from tests.random_bundles import questions_of, random_bundle
from tests.strategies import START

BUNDLES = 344
QUESTIONS = 60
PARTS = 8
CONSENT = {"consent", "explicit", "by_guardian"}

assert BUNDLES >= 300
assert BUNDLES * QUESTIONS >= 20_000


@pytest.fixture(autouse=True)
def _small_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for small bundles only: to clear room for large ones takes longer than all the rest."""
    monkeypatch.setattr(space, "_NODES", 1 << 18)
    monkeypatch.setattr(space, "_CACHE", 1 << 14)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_analysis_and_the_verdict_table_answer_as_cedar_does(part: int) -> None:
    """Which policies determine an answer, and the answer: the same from diagrams and rows as from Cedar, asked anew."""
    for seed in range(part, BUNDLES, PARTS):
        draft = random_bundle(seed).draft
        analysis = analyse(draft, budget=2_000)  # what is beyond it is free, and then asked of Cedar by the test
        analysed = Analysed(analysis)
        # Why not is asked for other consent: what a free condition is then, no diagram knows.
        told = not any(CONSENT & atom.reads for atom in analysis.free[0])
        policies = _Remembering(compile_policies(draft.policies, draft.catalog))
        table = VerdictTable(policies, capacity=10_000)
        for question, facts in questions_of(draft, Random(seed), QUESTIONS):
            direct = policies.evaluate(question, facts)
            evaluation = analysed.evaluation(question, facts)
            verdict = reach_verdict(question, facts, policies.evaluate)

            assert verdict == table.verdict(question, facts, START), (seed, question, facts)
            assert [id_ for id_, _ in direct.erring] == [id_ for id_, _ in evaluation.erring], (seed, question, facts)
            assert direct.erring or direct == evaluation, (seed, question, facts)
            outcome = analysed.outcome(question, facts)
            assert (verdict.effect, verdict.mask) == (outcome.effect, outcome.mask), (seed, question, facts)
            assert not told or Outcome(verdict.effect, verdict.reason, verdict.mask) == outcome, (seed, question, facts)


class _Remembering(Policies):
    """Policies that are asked each question once, where three ask: Cedar gives the same answer to the same question."""

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(compiled)
        self._said: dict[tuple[Question, Facts], Evaluation] = {}

    def evaluate(self, question: Question, facts: Facts) -> Evaluation:
        said = self._said.get((question, facts))
        if said is None:
            said = self._said[question, facts] = super().evaluate(question, facts)
        return said
