"""What is said of a person of whom several fields are wanted together; remembered by profile."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sidecar.bounded import Generations
from sidecar.consent.profile import Profile
from sidecar.engine.outcome import Ground
from sidecar.model.decision import FieldResult, Question
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


class Usabilities:
    """Of the questions asked lately about many people, what is known on the latest ground; bounded.

    Safe for several threads: what is known on a ground is replaced as a whole, and two that begin the same agree.
    """

    def __init__(self) -> None:
        self._known: Generations[tuple[Question, ...], tuple[Ground, Generations[Profile, Usability]]] = Generations(
            _QUESTIONS
        )

    def on(self, ground: Ground, asked: tuple[Question, ...]) -> Generations[Profile, Usability]:
        """What is known of *asked*, by profile, as long as *ground* is that of now."""
        found = self._known.get(asked)
        if found is None or found[0] is not ground:
            found = (ground, Generations(_PROFILES))
            self._known.put(asked, found)
        return found[1]

    def retire(self) -> Iterator[None]:
        """Forget everything, a little at each step, once others are in use."""
        for _, known in self._known.values():
            yield from known.retire()
        yield from self._known.retire()
