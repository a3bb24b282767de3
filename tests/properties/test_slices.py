"""Slices say what Cedar says of all policies at once: whatever they are, whoever asks, and however they err.

The oracle is one call of cedarpy with every policy and the whole schema. Bundles are random, and so small that nothing
would be gained by slicing them: the constants that say so are put out of force.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from random import Random
from typing import Final

import cedarpy
import pytest

from sidecar.model.catalog import Catalog
from sidecar.model.decision import AttributeValue, Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Action, Channel, ConsentState
from sidecar.policy.cedar import slices
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies, blamed, request_of
from sidecar.policy.cedar.policy import Policy, parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.cedar.vocabulary import schema_text
from sidecar.policy.cedar.world import entities_json
from sidecar.policy.evaluation import Evaluation
from sidecar.policy.problems import Problems
from sidecar.policy.verdict import reach_verdict
from tests.random_bundles import Asker, random_bundle
from tests.random_policies import random_policy

BLOCKS: Final = 8
BUNDLES: Final = 14  # in a block
QUESTIONS: Final = 14  # about a bundle
ERRING: Final = (
    "context.attributes.count > 1",  # it may not have been sent
    'context.attributes.region == "eu"',
    'context.attributes.tags.contains("x")',
    "context.attributes.flag",
    "context.attributes.count + 9223372036854775807 > 0",
    "context.nothing == 1",
    "context.purpose.nothing",
    "context.explicit > 1",
    "context.purpose in context.explicit",
    "context.explicit == context.attributes.flag",
    "context.attributes.tags has x",
    "[1].containsAll(1)",
    "[1].contains(context.attributes.count)",
)
"""Conditions that no bundle may have, since they err for some questions, or for all."""
CERTAIN: Final = (
    "context.explicit",
    "context.purpose.direct_marketing",
    'context.consent == Consent::"given"',
    "context.explicit == context.objected",
    "principal == principal",
    "1 == 2",
    '"a" != "b"',
    "context.purpose is Purpose",
    "context.purpose is Purpose in context.purpose",
    "context.attributes has count",
    "context has attributes.region",
    "context has purpose",
    "context.purpose in [context.purpose]",
    "[1, 2].contains(1)",
    "[context.purpose].containsAll([context.purpose])",
    "[context.purpose].containsAny([1])",
    "(true && !context.erased)",
    "(false || context.erased)",
    "resource has nothing",
    "(if context.explicit then true else context.erased)",
    "context.attributes == context.attributes",
    '[{}, {region: "eu"}, {flag: true}].contains(context.attributes)',
)
"""Conditions that can be told to be true or false without asking anything that may err, or nearly so."""


@pytest.fixture(autouse=True)
def _always_sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WORTH", 0.3), ("MOST_POLICIES", 4), ("_COPIES", 1), ("_DEAR", 1_000), ("_MOST_KINDS", 5)):
        monkeypatch.setattr(slices, name, value)


class Author:
    """Writes policies that name much, in an order that makes some of them err."""

    def __init__(self, catalog: Catalog, dice: Random) -> None:
        self._dice = dice
        self._errs = dice.randrange(2) == 0
        self._keys = {
            "principal": ("Service", tuple(catalog.services)),
            "action": ("Action", tuple(map(str, Action))),
            "resource": ("Field", tuple(catalog.fields)),
            "context.purpose": ("Purpose", tuple(catalog.purposes)),
            "context.recipient": ("Recipient", tuple(catalog.recipients)),
            "context.channel": ("Channel", ("none", *map(str, Channel))),
        }
        self._above = {"resource": ("DataCategory", tuple(catalog.categories))}

    def policy(self, id_: str) -> str:
        """The text of a policy named *id_*."""
        dice = self._dice
        effect = dice.choice(("permit", "forbid"))
        head = ", ".join(self._head(variable) for variable in ("principal", "action", "resource"))
        clauses = "".join(
            f"\n{dice.choice(('when', 'unless'))} {{ {self._condition(dice.randint(0, 3))} }}"
            for _ in range(dice.choice((0, 1, 1, 2)))
        )
        return f'@id("{id_}")\n{effect} ({head}){clauses};\n'

    def _head(self, variable: str) -> str:
        if self._dice.randrange(3):
            return variable
        if variable == "action":
            return self._dice.choice((f"action == {self._literal('action')}", f"action in {self._literals('action')}"))
        type_ = self._keys[variable][0]
        sign = self._dice.choice(("==", "in", f"is {type_} in"))
        return f"{variable} {sign} {self._literal(variable, above=sign != '==')}"

    def _condition(self, depth: int) -> str:
        if depth == 0:
            if self._dice.randrange(3):
                return self._test()
            return self._dice.choice(ERRING if self._errs and self._dice.randrange(4) == 0 else CERTAIN)
        one, other = self._condition(depth - 1), self._condition(depth - 1)
        return self._dice.choice((f"({one} && {other})",) * 3 + (f"({one} || {other})",) * 2 + (f"!({one})",))

    def _test(self) -> str:
        variable = self._dice.choice(tuple(self._keys))
        type_ = self._keys[variable][0]
        return self._dice.choice(
            (
                f"{variable} == {self._literal(variable)}",
                f"{self._literal(variable)} == {variable}",
                f"{variable} != {self._literal(variable)}",
                f"{variable} in {self._literal(variable, above=True)}",
                f"{variable} in {self._literals(variable, above=True)}",
                f"{self._literals(variable)}.contains({variable})",
                f"{variable} is {type_} in {self._literal(variable, above=True)}",
                f"[{variable}, {self._literal(variable)}].contains({variable})",
                f"{variable} in [{self._literal(variable, above=True)}, {variable}]",
                f"{variable} is Purpose in {self._literal(variable, above=True)}",
                f"({variable} == {self._literal(variable)} || {variable} == {self._literal(variable)})",
                f"({variable} != {self._literal(variable)} && {variable} != {self._literal(variable)})",
            )
        )

    def _literal(self, variable: str, *, above: bool = False) -> str:
        type_, keys = self._keys[variable]
        if above and variable in self._above and self._dice.randrange(3):
            type_, keys = self._above[variable]
        return f'{type_}::"{self._dice.choice((*keys, "nothing"))}"'

    def _literals(self, variable: str, *, above: bool = False) -> str:
        literals = (self._literal(variable, above=above) for _ in range(self._dice.randint(1, 3)))
        return f"[{', '.join(literals)}]"


class Oracle:
    """All policies at once."""

    def __init__(self, policies: Sequence[Policy], catalog: Catalog) -> None:
        forms = {policy.id: policy.json for policy in policies}
        document = {"templates": {}, "staticPolicies": forms, "templateLinks": []}
        self._policies = cedarpy.PolicySet.from_json_str(json.dumps(document))
        self._schema = cedarpy.Schema.from_str(schema_text(catalog.attributes))
        self._entities = cedarpy.Entities.from_json_str(entities_json(catalog), self._schema)

    def said(self, question: Question, facts: Facts) -> tuple[bool, tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Whether it is allowed, by which policies, and which err."""
        result = cedarpy.is_authorized(request_of(question, facts), self._policies, self._entities, self._schema)
        if result.diagnostics.errors:
            return False, (), tuple(sorted(map(blamed, result.diagnostics.errors)))
        return result.allowed, tuple(sorted(result.diagnostics.reasons)), ()


def written(catalog: Catalog, dice: Random, count: int) -> tuple[Policy, ...]:
    """*count* policies that parse; what the loader would say of them does not matter."""
    author = Author(catalog, dice)
    found: list[Policy] = []
    while len(found) < count:
        id_ = f"p{len(found)}"
        text = random_policy(dice, catalog, id_) if dice.randrange(4) == 0 else author.policy(id_)
        policy = parse_policy(split(text, "x.cedar")[0], Problems())
        if policy is not None:
            found.append(policy)
    return tuple(found)


def asked(asker: Asker, dice: Random) -> Iterator[tuple[Question, Facts]]:
    """Questions, any that name what the catalog has, with any facts; some of them malformed."""
    catalog = asker.catalog
    for _ in range(QUESTIONS):
        question, facts = asker.ask()
        sent: tuple[tuple[str, str, AttributeValue], ...] = question.attributes
        if dice.randrange(8) == 0:
            sent = (*sent, dice.choice((("unheard", "Bool", True), ("count", "Long", "many"))))
        question = replace(
            question,
            service=dice.choice(tuple(catalog.services)),
            action=dice.choice(tuple(Action)),
            field=dice.choice(tuple(catalog.fields)),
            purpose=dice.choice(tuple(catalog.purposes)),
            channel=dice.choice((None, *Channel)),
            recipient=dice.choice(tuple(catalog.recipients)),
            attributes=sent,
        )
        yield question, facts


def consents(facts: Facts) -> Iterator[Facts]:
    """*facts* with every other consent that a verdict may ask about."""
    for state, explicit, guardian in product((ConsentState.GIVEN, ConsentState.UNKNOWN), (False, True), (False, True)):
        yield facts._replace(consent=state, explicit=explicit, by_guardian=guardian)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_slices_say_what_all_policies_at_once_say(block: int) -> None:
    """Allowed or not, by which policies, with which errors; also when asked again with another consent."""
    seen: Counter[str] = Counter()
    for seed in range(block * BUNDLES, (block + 1) * BUNDLES):
        dice = Random(f"slices {seed}")
        draft = random_bundle(seed).draft
        catalog = draft.catalog
        chosen = written(catalog, dice, dice.randint(0, 30))
        compiled = compile_policies(chosen, catalog)
        policies, oracle = Policies(compiled), Oracle(chosen, catalog)
        seen["slices"] += len(compiled.slices)
        asker, inquiry = Asker(draft, dice), policies.inquiry()
        for question, facts in asked(asker, dice):
            for about in (facts, *consents(facts)):
                expected = oracle.said(question, about)
                evaluation = inquiry.evaluate(question, about)

                assert expected == (evaluation.allowed, evaluation.determining, evaluation.erring), (seed, question)
                assert inquiry.allows(question, about) == expected[0]
                assert policies.inquiry().allows(question, about) == expected[0]
                seen["erring" if expected[2] else "allowed" if expected[0] else "denied"] += 1
                seen["settled"] += evaluation.settled
                assert not (evaluation.settled and any(inquiry.allows(question, other) for other in consents(about)))

    assert seen["slices"] > 5 * BUNDLES, seen
    assert min(seen["erring"], seen["allowed"], seen["denied"], seen["settled"]) > 20, seen


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_verdict_does_not_depend_on_how_it_is_found(block: int) -> None:
    """By inquiry, which leaves out what it need not ask, or by evaluating all policies each time."""
    for seed in range(block * BUNDLES, (block + 1) * BUNDLES):
        dice = Random(f"inquiry {seed}")
        draft = random_bundle(seed).draft
        chosen = written(draft.catalog, dice, dice.randint(0, 30))
        policies, oracle = Policies(compile_policies(chosen, draft.catalog)), Oracle(chosen, draft.catalog)
        asker = Asker(draft, dice)

        def evaluate(
            question: Question, facts: Facts, policies: Policies = policies, oracle: Oracle = oracle
        ) -> Evaluation:
            allowed, determining, erring = oracle.said(question, facts)
            said = policies.evaluate(question, facts)
            return replace(said, allowed=allowed, determining=determining, erring=erring, settled=False)

        for question, facts in asked(asker, dice):
            inquiry = policies.inquiry()
            expected = reach_verdict(question, facts, evaluate)

            assert expected == reach_verdict(question, facts, inquiry.evaluate, inquiry.allows), (seed, question)
