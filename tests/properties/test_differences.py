"""What a change changes: every question that is answered otherwise, and no other."""

import json
from collections.abc import Mapping
from random import Random
from typing import Final

import pytest

from sidecar.model.decision import TYPE_NAMES, AttributeValue, Question
from sidecar.model.vocabulary import Basis, Channel, Reason, Survival
from sidecar.policy.analysis import space
from sidecar.policy.analysis.analysis import Analysis
from sidecar.policy.analysis.differences import Change, Difference, compare
from sidecar.policy.analysis.dimensions import FACT_VALUES, Use
from sidecar.policy.analysis.examples import facts_of
from sidecar.policy.analysis.outcomes import UNDECLARED, Outcome, deny
from sidecar.policy.analysis.people import PERSON
from sidecar.policy.bundle import Draft, check_files
from sidecar.policy.cedar.atoms import ATTRIBUTE
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.tabulate import Value
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from sidecar.policy.files import PURPOSES, SERVICES
from sidecar.policy.problems import Problems
from sidecar.policy.verdict import reach_verdict
from tests.random_bundles import RandomBundle, edited, files_of, random_bundle

PAIRS: Final = 40
SAMPLES: Final = 8  # of each use
CONSENT: Final = {"consent", "explicit", "by_guardian"}
LAWS: Final = (None, "DE", "US", "US-CA", "US-NY", "FR")


@pytest.fixture(autouse=True)
def _small_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for small bundles only."""
    monkeypatch.setattr(space, "_NODES", 1 << 18)
    monkeypatch.setattr(space, "_CACHE", 1 << 14)


def _pair(seed: int) -> tuple[Draft, Draft]:
    """One policy edited; or purposes and uses declared otherwise; or two bundles that share little but names."""
    old = random_bundle(seed)
    if seed % 5 == 0:
        return old.draft, random_bundle(seed + 1_000).draft
    return old.draft, edited(old, seed).draft if seed % 2 else _declared_otherwise(old, Random(seed))


def _declared_otherwise(bundle: RandomBundle, dice: Random) -> Draft:
    """*bundle* with other bases, channels and survivals of its purposes, and without a line of some services."""
    texts = dict(bundle.texts)
    purposes = json.loads(texts[PURPOSES])
    for entry in purposes.values():
        if "basis" in entry and dice.randrange(2):
            changed = {
                "basis": dice.choice(tuple(Basis)),
                "basis_by_jurisdiction": {dice.choice(("DE", "US", "US-CA")): dice.choice(tuple(Basis))},
                "channels": [dice.choice(("email", "sms"))],
                "survives": [dice.choice(tuple(Survival))],
                "direct_marketing": True,
            }
            key = dice.choice(tuple(changed))
            entry[key] = changed[key]
    texts[PURPOSES] = json.dumps(purposes)
    for path in filter(lambda path: path.startswith(SERVICES), bundle.texts):
        service = json.loads(texts[path])
        if len(service["may_use"]) > 1 and dice.randrange(2):
            service["may_use"].pop()
            texts[path] = json.dumps(service)
    return check_files(files_of(texts), Problems(), source="otherwise")


@pytest.mark.parametrize("part", range(4))
def test_a_question_is_answered_otherwise_exactly_if_a_change_has_it(part: int) -> None:
    """For every declared use, under every law, about many people who send many things.

    Where a condition is not tabulated, changes may be too many, never too few; but for those of a reason alone, where
    such a condition looks at consent: what it would be with better consent nobody knows.
    """
    seen = {True: 0, False: 0}
    for seed in range(part, PAIRS, 4):
        dice = Random(seed)
        difference = compare(*_pair(seed))
        free = [atom for side in difference.analysis.free for atom in side]
        reasons = not any(CONSENT & atom.reads for atom in free)
        asked = [_Side(difference.analysis, number) for number in (0, 1)]
        for use in dict.fromkeys(use for side in difference.analysis.sides for use in side.uses):
            for _ in range(SAMPLES):
                law, point = dice.choice(LAWS), _somebody(difference.analysis, dice)
                bases = tuple(side.basis(use, law) for side in asked)
                before, after = (side.outcome(use, point, basis) for side, basis in zip(asked, bases, strict=True))
                found = [change for change in difference.changes if _has(change, difference, use, bases, point)]
                told = [change for change in found if before in change.before and after in change.after]
                same = before == after if reasons else before[::2] == after[::2]  # (effect, mask)
                seen[before != after] += 1

                assert same or (told if reasons else found), (seed, use, law, point, before, after)
                if not difference.inexact:
                    assert len(found) == (before != after), (seed, use, law, point, before, after, found)

    assert min(seen.values()) > 100, seen


@pytest.mark.parametrize("seed", range(1, PAIRS, 7))
def test_nothing_changes_what_stays(seed: int) -> None:
    """A bundle differs in nothing from itself."""
    draft = random_bundle(seed).draft

    assert () == compare(draft, draft).changes


class _Side:
    """One of two bundles, asked directly."""

    def __init__(self, analysis: Analysis, number: int) -> None:
        self._analysis = analysis
        self._side = analysis.sides[number]
        self._catalog = self._side.draft.catalog
        self._declared = frozenset(self._side.uses)
        self._policies = Policies(compile_policies(self._side.draft.policies, self._catalog))

    def basis(self, use: Use, law: str | None) -> Basis:
        purpose = self._catalog.purposes.get(use.purpose)
        return (purpose.basis_in(law) if purpose else None) or Basis.CONSENT

    def outcome(self, use: Use, point: Mapping[str, int], basis: Basis) -> Outcome:
        if use not in self._declared:
            return UNDECLARED
        sent: list[tuple[str, str, AttributeValue]] = []
        for name, number in point.items():
            value = _value(self._analysis, name, number)
            if name.startswith(ATTRIBUTE) and value is not None:
                sent.append((name.removeprefix(ATTRIBUTE), TYPE_NAMES[type(value)], value))
        if any(self._catalog.attributes.get(name) != type_ for name, type_, _ in sent):
            return deny(Reason.UNKNOWN_ATTRIBUTE)
        person: dict[str, Value] = {name: FACT_VALUES[name][point[name]] for name in PERSON}
        facts = facts_of(person, self._catalog.purposes[use.purpose], basis)
        question = Question(
            service=use.service,
            action=use.action,
            field=use.field,
            purpose=use.purpose,
            channel=None if use.channel == NO_CHANNEL else Channel(use.channel),
            recipient=use.recipient,
            attributes=tuple(sorted(sent, key=lambda one: one[0])),
        )
        verdict = reach_verdict(question, facts, self._policies.evaluate)
        return Outcome(verdict.effect, verdict.reason, verdict.mask)


def _somebody(analysis: Analysis, dice: Random) -> dict[str, int]:
    """A person there can be, and places of values that such a one's caller sends."""
    while True:
        point = {name: dice.randrange(len(FACT_VALUES[name])) for name in PERSON}
        consent = FACT_VALUES["consent"][point["consent"]]
        over = consent in ("superseded", "expired", "unknown") and (point["explicit"] or point["by_guardian"])
        if not over and not (point["erased"] and point["by_guardian"]):
            break
    for dimension in analysis.tables.dimensions:
        if dimension.name.startswith(ATTRIBUTE):
            point[dimension.name] = dice.randrange(len(dimension.values)) if dice.randrange(3) else 0
    return point


def _value(analysis: Analysis, name: str, place: int) -> Value:
    return next((one.values[place] for one in analysis.tables.dimensions if one.name == name), None)


def _has(change: Change, difference: Difference, use: Use, bases: tuple[Basis, ...], point: Mapping[str, int]) -> bool:
    """Whether *change* is about this question; what no table holds is taken to come as it needs it."""
    if use not in change.uses or change.law.bases != bases:
        return False
    numbers = {name: place for name, place in point.items() if name in PERSON}
    for dimension in difference.analysis.tables.dimensions:
        if dimension.name in point and dimension.name not in PERSON:
            place = point[dimension.name]
            numbers[dimension.name] = next(n for n, members in enumerate(dimension.classes) if place in members)
    return any(all(numbers.get(name) in (None, *allowed) for name, allowed in box.items()) for box in change.boxes)
