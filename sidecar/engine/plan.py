"""What is remembered of questions, whoever they are about; and of what came of them, for whoever is alike.

A *plan* is everything about a question that does not depend on whose data it is, an *outcome* everything about its
answer that does not depend on the clock (ADR-0033).
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from sidecar.bounded import Generations
from sidecar.consent.memo import Known, Season
from sidecar.consent.profile import Profile
from sidecar.engine.outcome import Ground, Outcome
from sidecar.model.decision import FieldResult, Question, Request

PLANS: Final = 8_192
"""Plans remembered per bundle; callers choose their keys."""


class Plan:
    """A question about nobody in particular. A slotted class, compared by identity: it is part of a key."""

    __slots__ = ("asked", "request")

    def __init__(self, request: Request, asked: Sequence[Question | FieldResult]) -> None:
        self.request: Final = request
        self.asked: Final = asked


_Alike = Profile | tuple[Profile, ...]
"""Of one person, or of several in their order."""


class Plans:
    """The plans of one bundle, and their outcomes; *capacity* is the fields of all outcomes together, roughly.

    Safe for any number of threads (see ``Generations``): what two make of the same is the same.

    A question gets a plan the second time that it comes (``met_before``): who never asks the same again cannot make the
    others be forgotten. A profile's outcome is that of all who have the same facts, as long as these are remembered.
    """

    __slots__ = ("_ground", "_met", "by_facts", "by_key", "by_profile")

    def __init__(self, *, capacity: int, plans: int = PLANS) -> None:
        self.by_key: Final[Generations[Hashable, Plan]] = Generations(plans)
        self._met: Generations[int, bool] = Generations(plans)
        self._ground: Ground | None = None
        self.by_profile: Final[Generations[tuple[Plan, _Alike], Outcome]] = Generations(capacity, _fields)
        self.by_facts: Final[Generations[tuple[Plan, tuple[Known, ...]], Outcome]] = Generations(capacity, _fields)

    def met_before(self, key: Hashable) -> bool:
        """Whether this was asked about *key* before, as long as that is remembered; some other key may count as it."""
        before = self._met.get(hash(key)) is not None
        if not before:
            self._met.put(hash(key), True)  # noqa: FBT003 - a set of them
        return before

    def ground(self, season: Season, everyone: Profile) -> Ground:
        """The one ground of both, as long as neither changes."""
        ground = self._ground
        if ground is None or ground.season is not season or ground.everyone is not everyone:
            ground = self._ground = Ground(season, everyone)
        return ground

    def retire(self) -> Iterator[None]:
        """Forget everything, a little at each step, once another bundle is in use."""
        for held in (self.by_key, self._met, self.by_profile, self.by_facts):
            yield from held.retire()


def _fields(outcome: Outcome) -> int:
    return len(outcome.results)
