"""What about a person would have to be otherwise for the answer to be the other one: every smallest change."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from sidecar.authoring.suite.stated import facts_for
from sidecar.authoring.suite.suite import Stated
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Purpose
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import AgeBand, ConsentState, Effect

_FLAGS: Final = (False, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Facts that, changed together and nothing else, give the other *effect*; none of them can be left out."""

    facts: tuple[tuple[str, tuple[bool | str, ...]], ...]  # by name the values that do; several only for one alone
    effect: Effect


def changes_of(question: Question, facts: Facts, snapshot: Snapshot) -> tuple[Change, ...]:
    """Every smallest change of *facts* that turns a deny of *question* into an allow, or an allow into a deny."""
    denied = _denied(question, facts, snapshot)
    found: list[tuple[dict[str, bool | str], Effect]] = []
    purpose = snapshot.catalog.purposes[question.purpose]
    candidates = {tuple(_differences(facts, other)): other for other in _reachable(purpose, facts)}
    for differences in sorted(candidates, key=len):
        change = dict(differences)
        if not change or any(smaller.items() <= change.items() for smaller, _ in found):
            continue
        verdict = snapshot.verdicts.verdict(question, candidates[differences], 0)
        if (verdict.effect is Effect.DENY) is not denied:
            found.append((change, verdict.effect))
    return tuple(_merged(found))


def _denied(question: Question, facts: Facts, snapshot: Snapshot) -> bool:
    return snapshot.verdicts.verdict(question, facts, 0).effect is Effect.DENY


def _reachable(purpose: Purpose, facts: Facts) -> Iterator[Facts]:
    """Facts that some person can have, asked about *purpose*, with the basis of *facts*."""
    for consent, explicit, guardian, objected, restricted, erased, age in product(
        ConsentState, _FLAGS, _FLAGS, _FLAGS, _FLAGS, _FLAGS, AgeBand
    ):
        stated = Stated(
            consent=consent,
            explicit=explicit,
            by_guardian=guardian,
            objected=objected,
            restricted=restricted,
            erased=erased,
            age=age,
            basis=facts.basis,
        )
        yield facts_for(stated, purpose)


def _differences(facts: Facts, other: Facts) -> Iterator[tuple[str, bool | str]]:
    for name, before, after in zip(Facts._fields, facts, other, strict=True):
        if before != after:
            yield name, after if isinstance(after, bool) else str(after)


def _merged(found: list[tuple[dict[str, bool | str], Effect]]) -> Iterator[Change]:
    """Changes of one and the same fact together, the others as they are."""
    alone: dict[tuple[str, Effect], list[bool | str]] = {}
    for change, effect in found:
        if len(change) == 1:
            ((name, value),) = change.items()
            alone.setdefault((name, effect), []).append(value)
    for (name, effect), values in alone.items():
        yield Change(facts=((name, tuple(values)),), effect=effect)
    for change, effect in found:
        if len(change) > 1:
            yield Change(facts=tuple((name, (value,)) for name, value in change.items()), effect=effect)
