"""Cedar's short-circuit evaluation, with errors, by diagrams; and decisions of policies that err."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from cedarpy import pst

from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.function import Three, evaluate
from sidecar.policy.analysis.space import Space
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.atoms import And, Atom, Formula, If, Not, Or
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.tabulate import Truth
from sidecar.policy.verdict import reach_verdict
from tests.model.analysed import Analysed
from tests.random_bundles import questions_of, random_bundle
from tests.unit.policy.analysis.test_atoms import parsed

F, T, E = Truth
P, Q, R = (Atom(pst.Var(name="principal"), frozenset({name}), exact=True) for name in "pqr")


def _expected(formula: Formula, values: dict[Atom, Truth]) -> Truth:
    """Cedar's rules: from left to right, and an error only where it is reached."""
    match formula:
        case Atom():
            return values[formula]
        case Not(part):
            return {T: F, F: T, E: E}[_expected(part, values)]
        case And(left, right):
            first = _expected(left, values)
            return _expected(right, values) if first is T else first
        case Or(left, right):
            first = _expected(left, values)
            return _expected(right, values) if first is F else first
        case If(condition, then, otherwise):
            first = _expected(condition, values)
            return first if first is E else _expected(then if first is T else otherwise, values)


@pytest.mark.parametrize(
    "formula",
    [
        P,
        Not(P),
        And(P, Q),
        Or(P, Q),
        If(P, Q, R),
        Not(And(P, Or(Q, Not(R)))),
        If(Not(P), And(Q, R), Or(R, Q)),
        Or(And(P, Q), R),
        And(Or(P, Q), If(Q, R, P)),
    ],
)
def test_errors_are_where_evaluation_reaches_them(formula: Formula) -> None:
    """For every value of every part: true, false or an error, as Cedar has it, and never two of them."""
    space = Space()
    variables = {atom: space.add(next(iter(atom.reads)), 3) for atom in (P, Q, R)}
    result = evaluate(
        formula, {atom: Three(one.codes[T], one.codes[F], one.codes[E]) for atom, one in variables.items()}
    )

    for values in product(Truth, repeat=3):
        at = space.all(variables[atom].codes[value] for atom, value in zip((P, Q, R), values, strict=True))
        expected = _expected(formula, dict(zip((P, Q, R), values, strict=True)))
        found = [
            truth
            for truth, where in ((T, result.true), (F, result.false), (E, result.error))
            if (at & where).satisfiable()
        ]
        assert [expected] == found, values


ERRING = (
    "context.attributes.flag",
    "!context.attributes.flag",
    "context.explicit && context.attributes.flag",
    "context.explicit || context.attributes.flag",
    "context.attributes.flag && context.explicit",
    "context.attributes.flag || true",
    "if context.attributes.flag then true else true",
    "if context.explicit then context.attributes.flag else context.objected",
    "if context.explicit then context.objected else context.attributes.flag",
    'context.consent == Consent::"given" || !(context.objected && context.attributes.flag)',
)
"""Each reads an attribute without having looked whether it was sent, which the loader refuses."""


def _drafts() -> Iterator[Draft]:
    for seed in range(40):
        draft = random_bundle(seed).draft
        dice = Random(seed)
        catalog = replace(draft.catalog, attributes={**draft.catalog.attributes, "flag": "Bool"})
        erring = tuple(
            parsed(f'@id("e{number}") {effect} (principal, action, resource) when {{ {dice.choice(ERRING)} }};')
            for number, effect in enumerate(dice.choices(("permit", "forbid"), k=2))
        )
        if draft.catalog.attributes.get("flag", "Bool") == "Bool":
            yield replace(draft, catalog=catalog, policies=(*draft.policies, *erring))


def test_policies_that_err_are_answered_as_cedar_does() -> None:
    """An error anywhere is a deny for that reason; which policies err, the analysis knows as well."""
    reasons = set()
    for draft in _drafts():
        analysis = analyse(draft, budget=2_000)
        analysed = Analysed(analysis)
        policies = Policies(compile_policies(draft.policies, draft.catalog))
        told = not analysis.free[0]
        for question, facts in questions_of(draft, Random(0), 40):
            direct, evaluation = policies.evaluate(question, facts), analysed.evaluation(question, facts)
            verdict, outcome = reach_verdict(question, facts, policies.evaluate), analysed.outcome(question, facts)
            reasons.add(verdict.reason)

            assert {id_ for id_, _ in direct.erring} == {id_ for id_, _ in evaluation.erring}
            assert direct.erring or direct == evaluation
            assert not told or (verdict.effect, verdict.reason, verdict.mask) == tuple(outcome)

    assert len(reasons) >= 6
