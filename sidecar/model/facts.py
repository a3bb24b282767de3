"""What a record says about one question at one instant; all that policies see of a person."""

from typing import NamedTuple

from sidecar.model.vocabulary import AgeBand, Basis, ConsentState


class Facts(NamedTuple):
    """One of finitely many states; equal facts give equal answers."""

    consent: ConsentState
    explicit: bool
    by_guardian: bool
    objected: bool
    restricted: bool
    erased: bool
    age: AgeBand
    basis: Basis

    def with_best_consent(self) -> "Facts":
        """The same, as if consent were given, explicit, by a guardian."""
        return self._replace(consent=ConsentState.GIVEN, explicit=True, by_guardian=True)
