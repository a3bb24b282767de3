"""The matrix: every situation is in it, and what it says is what Cedar says."""

import json
from random import Random
from typing import Any

import pytest

from sidecar.authoring.matrix.contents import contents
from sidecar.policy.analysis import space
from sidecar.policy.analysis.analysis import Analysis, analyse
from sidecar.policy.analysis.matrix import Matrix, decision_matrix
from sidecar.policy.analysis.outcomes import Outcome
from sidecar.policy.bundle import read_draft
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.table import VerdictTable
from sidecar.policy.verdict import reach_verdict
from tests.documents import ROOT
from tests.model.page import PageReader, Told
from tests.model.situations import Situation, Situations
from tests.random_bundles import random_bundle
from tests.strategies import START
from tests.unit.authoring.matrix.bundles import OBJECTING, draft_with

BUNDLES = 100
PARTS = 4
SITUATIONS = 3  # of each use under each law
CONSENT = {"consent", "explicit", "by_guardian"}


@pytest.fixture(autouse=True)
def _small_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for small bundles only: to clear room for large ones takes longer than all the rest."""
    monkeypatch.setattr(space, "_NODES", 1 << 18)
    monkeypatch.setattr(space, "_CACHE", 1 << 14)


def _said(matrix: Matrix, number: int, situation: Situation) -> set[Outcome]:
    """What the rows that have *situation* say of the uses of a block."""
    return {
        outcome
        for answer in matrix.blocks[number].answers
        for outcome in answer.outcomes
        for box in answer.boxes
        if all(situation.point[name] in numbers for name, numbers in box.items())
    }


@pytest.mark.parametrize("part", range(PARTS))
def test_rows_and_page_say_what_cedar_says(part: int) -> None:
    """Whatever the bundle: at least one row has a situation, all that have it say the same, and so does the page."""
    for seed in range(part, BUNDLES, PARTS):
        draft = random_bundle(seed).draft
        analysis = analyse(draft, budget=2_000)
        matrix = decision_matrix(analysis)
        page = PageReader(contents(matrix))
        situations, dice = Situations(analysis), Random(seed)
        policies = Policies(compile_policies(draft.policies, draft.catalog))
        told = _tells_why_not(analysis)
        for number, block in enumerate(matrix.blocks):
            basis = block.law.bases[0]
            for use in block.uses:
                for situation in situations.some(use, basis, dice, SITUATIONS):
                    verdict = reach_verdict(situation.question, situation.facts, policies.evaluate)
                    outcome = Outcome(verdict.effect, verdict.reason, verdict.mask)
                    said = _said(matrix, number, situation)
                    shown = page.answer(use, basis, situation.point)

                    assert {outcome.allowed} == {one.allowed for one in said}, (seed, situation)
                    assert not told or {outcome} == said, (seed, situation)
                    assert Told.of(verdict).determining == shown.determining, (seed, situation)
                    assert not told or Told.of(verdict) == shown, (seed, situation)


def _tells_why_not(analysis: Analysis) -> bool:
    """Why not is asked for other consent: what a condition that no table holds is then, no diagram knows."""
    return not any(CONSENT & atom.reads for atom in analysis.free[0])


@pytest.mark.parametrize("part", range(PARTS))
def test_every_situation_of_the_demo_bundle_has_its_answer(part: int) -> None:
    """Each use about everybody, and one of each block with all that may be sent; as many as are counted."""
    draft = read_draft(ROOT / "policies")
    analysis = analyse(draft)
    matrix = decision_matrix(analysis)
    page = PageReader(json.loads(json.dumps(contents(matrix)), object_hook=_numbered))
    situations = Situations(analysis)
    served = VerdictTable(draft.bundle().policies, 100_000)
    for number, block in list(enumerate(matrix.blocks))[part::PARTS]:
        basis = block.law.bases[0]
        points: dict[tuple[int, ...], set[Outcome]] = {}
        for place, use in enumerate(block.uses):
            for situation in situations.every(use, basis, sending=place == 0):
                point = tuple(situation.point.values())
                said = points[point] if point in points else points.setdefault(point, _said(matrix, number, situation))
                verdict = served.verdict(situation.question, situation.facts, START)

                assert {Outcome(verdict.effect, verdict.reason, verdict.mask)} == said, (use, situation)
                assert Told.of(verdict) == page.answer(use, basis, situation.point), (use, situation)
        assert matrix.situations == len(points) == sum(answer.situations for answer in block.answers)


def _numbered(mapping: dict[str, Any]) -> dict[Any, Any]:
    """JSON has no numbers for keys; JavaScript does not mind."""
    return {int(key) if key.isdecimal() else key: value for key, value in mapping.items()}


def test_better_consent_leaves_an_objection_one() -> None:
    """A no to what rests on legitimate interests counts as an objection, also when asked what consent would change."""
    draft = draft_with(OBJECTING)
    analysis = analyse(draft)
    matrix = decision_matrix(analysis)
    page = PageReader(contents(matrix))
    policies = draft.bundle().policies
    for block in matrix.blocks:
        basis = block.law.bases[0]
        for situation in Situations(analysis).every(block.uses[0], basis, sending=False):
            verdict = reach_verdict(situation.question, situation.facts, policies.evaluate)

            assert Told.of(verdict) == page.answer(block.uses[0], basis, situation.point), situation


def test_states_together_are_the_states_apart() -> None:
    """Putting them together moves no situation from one answer to another."""
    for seed in range(40):
        analysis = analyse(random_bundle(seed).draft, budget=2_000)
        apart, together = decision_matrix(analysis), decision_matrix(analysis, states_apart=False)

        assert apart.shades() == together.shades()
        for one, other in zip(apart.blocks, together.blocks, strict=True):
            assert one.uses == other.uses
            counts = {answer.outcomes[0]: answer.situations for answer in one.answers}
            for answer in other.answers:
                assert answer.situations == sum(counts[outcome] for outcome in answer.outcomes)
