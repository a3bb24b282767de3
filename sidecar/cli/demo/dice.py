"""Chance that falls the same way every time."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from sidecar.model.instant import DAY, SECOND, Instant

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Dice:
    """Throws that depend on *seed* and on what they are about, and on nothing else: no version, no order."""

    seed: str

    def chance(self, about: str, percent: int) -> bool:
        """Whether a thing happens that does so in *percent* of 100 cases."""
        return self._throw(about) % 100 < percent

    def pick(self, about: str, *choices: _T) -> _T:
        """One of *choices*, all as likely."""
        return choices[self._throw(about) % len(choices)]

    def between(self, about: str, first: Instant, last: Instant) -> Instant:
        """A whole second from *first* on, before *last*."""
        seconds = max(1, (last - first) // SECOND)
        return first + self._throw(about) % seconds * SECOND

    def after(self, about: str, start: Instant, last: Instant, *, days: int) -> Instant:
        """A whole second in the *days* after *start*, before *last*."""
        return self.between(about, start + SECOND, min(last, start + days * DAY))

    def _throw(self, about: str) -> int:
        return int.from_bytes(blake2b(f"{self.seed}/{about}".encode(), digest_size=8).digest())
