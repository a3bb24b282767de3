"""What a run of suites has seen of a bundle: policies that decided, and consent states that were asked about."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sidecar.authoring.suite.outcome import Outcome
from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import ConsentState
from sidecar.policy.bundle import Draft
from sidecar.policy.files import GUARDRAILS
from sidecar.policy.problems import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCoverage:
    """How many answers one policy determined."""

    id: str
    title: str
    effect: str  # "permit" or "forbid"
    place: Place
    decided: int

    @property
    def counts(self) -> bool:
        """Whether it is meant to decide; a guardrail is not, in a sound bundle."""
        return self.place.file != GUARDRAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Policies in the order of the files; *asked* counts rows by purpose and consent state, for purposes in use."""

    policies: tuple[PolicyCoverage, ...]
    asked: Mapping[str, Mapping[ConsentState, int]]

    @property
    def counted(self) -> tuple[PolicyCoverage, ...]:
        """The policies that are meant to decide."""
        return tuple(policy for policy in self.policies if policy.counts)

    @property
    def unseen(self) -> tuple[PolicyCoverage, ...]:
        """Those of them that no test has seen deciding."""
        return tuple(policy for policy in self.counted if not policy.decided)

    @property
    def states(self) -> tuple[int, int]:
        """How many combinations of purpose and consent state were asked about, and of how many."""
        counts = [count for states in self.asked.values() for count in states.values()]
        return sum(map(bool, counts)), len(counts)

    @property
    def policy_percent(self) -> float:
        """Policies seen deciding, of those that are meant to; 100 if there are none."""
        return _percent(len(self.counted) - len(self.unseen), len(self.counted))

    @property
    def state_percent(self) -> float:
        """Combinations of purpose and consent state that were asked about; 100 if there are none."""
        return _percent(*self.states)


def coverage_of(outcome: Outcome, draft: Draft) -> Coverage:
    """What the rows of *outcome*, failed ones too, have seen of *draft*."""
    results = [row for case in outcome.cases for row in case.rows if row.result.facts is not None]
    decided = Counter(id_ for row in results for id_ in row.result.determining)
    asked = Counter((row.row.ask.purpose, row.result.facts.consent) for row in results if row.result.facts)
    return Coverage(
        policies=tuple(
            PolicyCoverage(
                id=policy.id,
                title=policy.title,
                effect=policy.tree.effect,
                place=policy.place,
                decided=decided[policy.id],
            )
            for policy in draft.policies
        ),
        asked={purpose: {state: asked[purpose, state] for state in ConsentState} for purpose in _used(draft.catalog)},
    )


def _used(catalog: Catalog) -> Collection[str]:
    return sorted({use.purpose for service in catalog.services.values() for use in service.may_use})


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0
