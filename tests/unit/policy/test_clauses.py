from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

import pytest

from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import FIRST_PARTY, Action, AgeBand, Basis, ConsentState
from sidecar.policy.bundle import read_draft
from sidecar.policy.cedar.clauses import Truth, clauses_of, weigh_clauses
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.policy import Policy, parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems

DEMO: Final = read_draft(Path("policies"))
COMPILED: Final = DEMO.compiled()


def _policy(text: str) -> Policy:
    (piece,) = split(f'@id("one") {text}', "p.cedar")
    policy = parse_policy(piece, Problems())
    assert policy is not None
    return policy


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        pytest.param("permit (principal, action, resource);", [], id="nothing"),
        pytest.param(
            'permit (principal == Service::"a", action in [Action::"use", Action::"share"], resource is Field);',
            [
                ("head", ('principal == Service::"a"',)),
                ("head", ('action in [Action::"use", Action::"share"]',)),
                ("head", ("resource is Field",)),
            ],
            id="head",
        ),
        pytest.param(
            "permit (principal, action, resource) when { context.erased && (context.objected || context.explicit) };",
            [("when", ("context.erased",)), ("when", ("context.objected", "context.explicit"))],
            id="conjuncts",
        ),
        pytest.param(
            "permit (principal, action, resource) when { context.erased || context.objected && context.explicit };",
            [("when", ("context.erased", "context.objected && context.explicit"))],
            id="alternatives-bind-less",
        ),
        pytest.param(
            "forbid (principal, action, resource) unless { context.erased || (context.objected && context.explicit) };",
            [("unless", ("context.erased",)), ("unless", ("context.objected", "context.explicit"))],
            id="unless",
        ),
        pytest.param(
            "permit (principal, action, resource) when { context.erased } unless { context.objected } when { true };",
            [("when", ("context.erased",)), ("unless", ("context.objected",)), ("when", ("true",))],
            id="several",
        ),
        pytest.param(
            "permit (principal, action, resource) when { ((context.erased && // why\n   context.objected)) };",
            [("when", ("context.erased",)), ("when", ("context.objected",))],
            id="parentheses-and-comments",
        ),
        pytest.param(
            "permit (principal, action, resource) when { if context.erased then true else context.objected && true };",
            [("when", ("if context.erased then true else context.objected && true",))],
            id="if",
        ),
        pytest.param(
            'permit (principal, action, resource) when { context.attributes has "a b" && "&&" == "||" };',
            [("when", ('context.attributes has "a b"',)), ("when", ('"&&" == "||"',))],
            id="signs-in-strings",
        ),
    ],
)
def test_a_policy_is_cut_at_what_joins_its_conditions(text: str, clauses: list[tuple[str, tuple[str, ...]]]) -> None:
    """Clauses in the order of the text, each with its parts."""
    assert clauses == [(clause.kind, clause.parts) for clause in clauses_of(_policy(text))]


def test_a_clause_knows_its_place() -> None:
    """Line and column of its first token."""
    (_, second) = clauses_of(_policy("permit (principal, action, resource) when { true &&\n  context.erased };"))

    assert ("p.cedar:2:3", "context.erased") == (str(second.place), second.text)


QUESTION: Final = Question(
    service="fridge",
    action=Action.USE,
    field="customer.diet",
    purpose="essential.service",
    channel=None,
    recipient=FIRST_PARTY,
)
NEVER_ASKED: Final = Facts(
    consent=ConsentState.UNKNOWN,
    explicit=False,
    by_guardian=False,
    objected=False,
    restricted=False,
    erased=False,
    age=AgeBand.UNKNOWN,
    basis=Basis.CONTRACT,
)


@pytest.mark.parametrize(
    ("condition", "holds", "parts"),
    [
        pytest.param("when { context.erased }", "false", ["false"], id="when"),
        pytest.param("when { context.erased || !context.erased }", "true", ["false", "true"], id="alternatives"),
        pytest.param("unless { context.erased }", "true", ["false"], id="unless"),
        pytest.param("unless { !context.erased && context.erased }", "true", ["true", "false"], id="unless-all"),
        pytest.param("unless { !context.erased && !context.objected }", "false", ["true", "true"], id="unless-none"),
        pytest.param("when { context.attributes.amount_cents > 1 }", "error", ["error"], id="error"),
        pytest.param(
            "unless { context.attributes has amount_cents && context.attributes.amount_cents > 1 }",
            "true",
            ["false", "error"],
            id="what-is-not-reached",
        ),
    ],
)
def test_a_clause_holds_or_not(condition: str, holds: str, parts: list[str]) -> None:
    """What each part comes to, and what the clause makes of it."""
    policy = _policy(f"permit (principal, action, resource) {condition};")

    ((weighed,),) = weigh_clauses([policy], COMPILED, QUESTION, NEVER_ASKED).values()

    assert (holds, parts) == (weighed.holds, [truth for _, truth in weighed.parts])


def test_the_policies_that_apply_are_those_that_cedar_says() -> None:
    """Over the demo bundle: all clauses of a policy hold exactly if Cedar finds it satisfied."""
    dice, policies = Random(1), Policies(COMPILED)
    catalog = DEMO.catalog
    allowed = denied = 0
    for _ in range(400):
        question = replace(
            QUESTION,
            service=dice.choice(sorted(catalog.services)),
            action=dice.choice(list(Action)),
            field=dice.choice(sorted(catalog.fields)),
            purpose=dice.choice(sorted(catalog.purposes)),
            recipient=dice.choice(sorted(catalog.recipients)),
            attributes=(("amount_cents", "Long", 20_000),) if dice.random() < 0.5 else (),
        )
        flags = ("explicit", "by_guardian", "objected", "restricted", "erased")
        facts = NEVER_ASKED._replace(
            consent=dice.choice(list(ConsentState)),
            age=dice.choice(list(AgeBand)),
            basis=dice.choice(list(Basis)),
            **{flag: dice.random() < 0.3 for flag in flags},
        )

        weighed = weigh_clauses(DEMO.policies, COMPILED, question, facts)
        said = policies.evaluate(question, facts)

        applies = {id_ for id_, clauses in weighed.items() if all(one.holds is Truth.TRUE for one in clauses)}
        forbids = {policy.id for policy in DEMO.policies if policy.tree.effect == "forbid"}
        allowed, denied = allowed + said.allowed, denied + (not said.allowed)
        assert said.allowed is (bool(applies) and not applies & forbids)
        assert tuple(sorted(applies & forbids or applies)) == said.determining
    assert min(allowed, denied) > 10
