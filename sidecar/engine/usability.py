"""What is said of a person of whom several fields are wanted together; remembered by profile."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sidecar.bounded import Generations
from sidecar.consent.profile import Profile
from sidecar.model.decision import FieldResult, Question
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import PRECEDENCE, Effect, Mask, Reason

_QUESTIONS: Final = 16
_PROFILES: Final = 16_384


class Usability(NamedTuple):
    """Whether all fields of a person may be used: the same for everybody with the same profile."""

    obligations: tuple[tuple[str, Mask], ...] = ()  # how which field must be masked, in the order asked
    reason: Reason = Reason.ALLOWED  # else the first in order of precedence of those for which a field is denied
    unknown_name: str = ""
    held: bool = False  # denied because it is held for everyone

    def is_for(self, able: frozenset[Mask]) -> bool:
        """Whether who masks in the ways of *able* may use them."""
        return self.reason is Reason.ALLOWED and all(mask in able for _, mask in self.obligations)


def usability_of(results: Sequence[FieldResult]) -> Usability:
    """What *results*, one for each field of one person, come to: a field that is denied denies all."""
    denied = [result for result in results if result.effect is Effect.DENY]
    if not denied:
        return Usability(tuple((result.field, result.mask) for result in results if result.mask is not None))
    first = min(denied, key=lambda result: (PRECEDENCE[result.reason], not result.held))
    return Usability(reason=first.reason, unknown_name=first.unknown_name, held=first.held)


class Season:
    """The usabilities for one set of questions while neither a notice nor a hold changes them; bounded.

    Threads: as ``Generations``.
    """

    __slots__ = ("_everyone", "_since", "_until", "known")

    def __init__(self, everyone: Profile, since: Instant, until: Instant | None) -> None:
        self._everyone = everyone
        self._since = since
        self._until = until
        self.known: Final[Generations[Profile, Usability]] = Generations(_PROFILES)

    def covers(self, everyone: Profile, now: Instant) -> bool:
        """Whether what is known holds at *now*, when the record of everyone has that profile."""
        over = self._until is not None and self._until <= now
        return everyone == self._everyone and self._since <= now and not over


class Seasons:
    """Of the questions asked lately about many people, the latest season; bounded.

    Safe for several threads: a season is replaced as a whole, and two that begin the same one agree.
    """

    def __init__(self) -> None:
        self._seasons: Generations[tuple[Question, ...], Season] = Generations(_QUESTIONS)

    def at(self, asked: tuple[Question, ...], everyone: Profile, now: Instant, *, until: Instant | None) -> Season:
        """That of *asked* at *now*; one that begins now ends at *until*."""
        season = self._seasons.get(asked)
        if season is None or not season.covers(everyone, now):
            season = Season(everyone, now, until)
            self._seasons.put(asked, season)
        return season

    def retire(self) -> Iterator[None]:
        """Forget everything, a little at each step, once others are in use."""
        for season in self._seasons.values():
            yield from season.known.retire()
        yield from self._seasons.retire()
