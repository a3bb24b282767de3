"""One bundle with all that is remembered about its answers; a request sees one from start to end."""

from collections.abc import Iterator
from typing import Final

from sidecar.consent.memo import FactsMemo
from sidecar.engine.plan import Plans
from sidecar.engine.usability import Usabilities
from sidecar.policy.budget import MissBudget
from sidecar.policy.bundle import Bundle
from sidecar.policy.table import VerdictTable

CAPACITY: Final = 65_536
"""Verdicts, facts, and fields of outcomes, remembered per bundle."""


class Snapshot:
    """A bundle, its verdict table, its memo of facts and its plans; replaced as a whole when the bundle is.

    Without a *budget* any number of new questions may be asked.
    """

    def __init__(self, bundle: Bundle, *, capacity: int = CAPACITY, budget: MissBudget | None = None) -> None:
        self.bundle = bundle
        self.budget = budget
        self._capacity = capacity
        self.catalog = bundle.catalog
        self.verdicts = VerdictTable(bundle.policies, capacity=capacity, budget=budget)
        self.facts = FactsMemo(bundle.catalog, capacity=capacity)
        self.audiences = Usabilities()
        self.plans = Plans(capacity=capacity)

    def successor(self, bundle: Bundle) -> "Snapshot":
        """What replaces this when *bundle* does: as large, nothing remembered yet, budgets as they are spent now."""
        return Snapshot(bundle, capacity=self._capacity, budget=self.budget)

    def retire(self) -> Iterator[None]:
        """Forget what is remembered, a little at each step, once another snapshot is in use.

        Whoever still uses this one gets the same answers as before, only later.
        """
        yield from self.verdicts.retire()
        yield from self.facts.retire()
        yield from self.audiences.retire()
        yield from self.plans.retire()
        yield from self.bundle.policies.retire()
