"""What is remembered is what policies say: the verdict table, held against direct evaluation over random bundles.

Every question is also asked with one thing changed at a time, so that whatever a footprint lacked would be answered
from the wrong row; over whole bundles, and over one policy alone, which observes less.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Action, AgeBand, Basis, Channel, ConsentState
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.footprint import FACTS, Footprint
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.table import VerdictTable
from sidecar.policy.verdict import reach_verdict
from tests.random_bundles import Asker, random_bundle

BLOCKS = 12
BUNDLES = 26  # in a block
WALKS = (1, 2)  # over a whole bundle; over one of its policies alone

Asked = tuple[Question, Facts]
Change = tuple[str, Callable[[Asked], Asked]]
"""A dimension, and what puts another value there."""


def seeds(block: int) -> range:
    """The bundles of a block."""
    return range(block * BUNDLES, (block + 1) * BUNDLES)


def alone(draft: Draft, dice: Random) -> Policies:
    """One of the policies."""
    return Policies(compile_policies([dice.choice(draft.policies)], draft.catalog))


def changes(asker: Asker, dice: Random) -> list[Change]:
    """For each dimension a change to another value that the catalog knows."""
    catalog = asker.catalog
    values: dict[str, tuple[object, ...]] = {
        "service": tuple(catalog.services),
        "action": tuple(Action),
        "field": tuple(catalog.fields),
        "purpose": tuple(catalog.purposes),
        "channel": (None, *Channel),
        "recipient": tuple(catalog.recipients),
    }
    facts: dict[str, tuple[object, ...]] = {
        **dict.fromkeys(FACTS, (False, True)),
        "consent": tuple(ConsentState),
        "age": tuple(AgeBand),
        "basis": tuple(Basis),
    }
    return [
        *((name, partial(_with_name, name, dice.choice(values[name]))) for name in values),
        *((name, partial(_with_fact, name, dice.choice(facts[name]))) for name in facts),
        *((name, partial(_with_value, asker, name)) for name in sorted(catalog.attributes)),
        *((f"has {name}", partial(_with_presence, asker, name)) for name in sorted(catalog.attributes)),
    ]


def _with_name(name: str, value: object, asked: Asked) -> Asked:
    return replace(asked[0], **{name: value}), asked[1]  # type: ignore[arg-type]  # any dimension


def _with_fact(name: str, value: object, asked: Asked) -> Asked:
    return asked[0], asked[1]._replace(**{name: value})  # type: ignore[arg-type]  # any dimension


def _with_value(asker: Asker, name: str, asked: Asked) -> Asked:
    """With another value of an attribute, if it is there."""
    sent = {one: (type_, value) for one, type_, value in asked[0].attributes}
    if name in sent:
        sent[name] = (sent[name][0], asker.value(sent[name][0]))
    return replace(asked[0], attributes=tuple((one, *sent[one]) for one in sorted(sent))), asked[1]


def _with_presence(asker: Asker, name: str, asked: Asked) -> Asked:
    """With an attribute that was not there, or without one that was."""
    sent = {one: (type_, value) for one, type_, value in asked[0].attributes}
    type_ = asker.catalog.attributes[name]
    if sent.pop(name, None) is None:
        sent[name] = (type_, asker.value(type_))
    return replace(asked[0], attributes=tuple((one, *sent[one]) for one in sorted(sent))), asked[1]


def walk(asker: Asker, dice: Random) -> Iterator[Asked]:
    """Questions, each after the first like one before but for one thing; the first again at the end."""
    first = asked = asker.ask()
    yield first
    for _, change in changes(asker, dice):
        yield change(first)
    for _, change in dice.sample(changes(asker, dice), 8):
        asked = change(asked)
        yield asked
    yield first


def observes(footprint: Footprint, dimension: str) -> bool:
    """Whether a change of *dimension* may change a verdict."""
    if dimension.startswith("has "):
        return dimension.removeprefix("has ") in footprint.values | footprint.presence
    return dimension in footprint.dimensions | footprint.values


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_remembered_verdict_is_what_the_policies_say(block: int) -> None:
    """Whatever was asked before: effect, reason, determining policies, mask, and the consent to ask for.

    Broken on purpose, one at a time; each of these made this test fail:

    - of the head: service, action, field; `is ... in` taken for `is`
    - of the clauses: `unless`, all but the first
    - of paths: a fact or name of `context`; `principal`, `action`, `resource` in a body; the value of an attribute;
      a value taken for mere presence; `context.attributes` as a whole; `context` as a whole, its dimensions and its
      attributes
    - of `has`: the presence of an attribute; what it is asked of, if that is not a path
    - of `is`: `is ... in` with a certain type taken for certain
    - of the walk: the condition, `then` and `else` of an `if`; the left and right sides of operators; what `!` negates;
      what `like` looks at; elements of sets; values of records
    - the counterfactual: all of it; `consent` dropped, either of the other two, both
    - of the union of policies: dimensions, values, presence of all but the last
    - of the key: the name of an attribute, its value, its presence, presence without any value; a dimension of the
      question, a fact

    These did not, since questions are typed and name only what is known: the type of an attribute's value in the key,
    the check that names exist; `tests/unit/policy/test_table.py` sees them. Nor did
    taking all names behind `has` for such as are always there, since the loader refuses others;
    `tests/unit/policy/test_footprint.py` sees that.
    """
    asked = 0
    for seed in seeds(block):
        dice = Random(f"table {seed}")
        draft = random_bundle(seed).draft
        asker = Asker(draft, dice)
        for policies, walks in zip((draft.bundle().policies, alone(draft, dice)), WALKS, strict=True):
            table = VerdictTable(policies, capacity=1_000)
            for _ in range(walks):
                for question, facts in walk(asker, dice):
                    expected = reach_verdict(question, facts, policies.evaluate)
                    asked += 1

                    assert expected == table.verdict(question, facts, 0), (seed, question, facts)
                    assert expected.erring == ()
            assert table.hits > 0

    assert asked >= 20_000 / BLOCKS


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_is_not_observed_changes_nothing(block: int) -> None:
    """Two questions that agree in what the footprint has get the same verdict, however they differ otherwise."""
    for seed in seeds(block):
        dice = Random(f"unobserved {seed}")
        draft = random_bundle(seed).draft
        asker = Asker(draft, dice)
        policies = alone(draft, dice)
        for _ in range(2):
            one = other = asker.ask()
            for dimension, change in changes(asker, dice):
                if not observes(policies.footprint, dimension):
                    other = change(other)

            assert reach_verdict(*one, policies.evaluate) == reach_verdict(*other, policies.evaluate), (
                seed,
                one,
                other,
            )
