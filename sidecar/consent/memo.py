"""Facts remembered per bundle: computed once for each profile and question."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from sidecar.bounded import Generations
from sidecar.consent.facts import combine, weigh
from sidecar.consent.profile import Profile
from sidecar.model.catalog import Catalog
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import ConsentState

_NOES: Final = (ConsentState.WITHDRAWN, ConsentState.REFUSED)

_Key = tuple[Profile, str, str, str | None, str]


class Known(NamedTuple):
    """Facts, and the order (in the profile) of the latest no that stands behind a withdrawn or refused consent."""

    facts: Facts
    no_order: int | None


@dataclass(frozen=True, slots=True)
class Season:
    """A stretch of time in which no notice supersedes another, and the facts known in it."""

    since: Instant
    until: Instant | None
    floor: Mapping[str, int]
    known: Generations[_Key, Known]


class FactsMemo:
    """Facts of profiles under one catalog; bounded.

    Safe for several threads: a season is replaced as a whole, and two threads that compute the same facts agree.
    """

    def __init__(self, catalog: Catalog, *, capacity: int) -> None:
        self._catalog = catalog
        self._capacity = capacity
        self._season = self._begin(0)

    def season(self, now: Instant) -> Season:
        """That of *now*: as long as it is the same object, the same facts hold of a profile."""
        return self._at(now)

    def known(self, profile: Profile, question: Question, now: Instant) -> Known:
        """The facts of *profile* for *question* at *now*; the question's names must be in the catalog."""
        season = self._at(now)
        key = (profile, question.field, question.purpose, question.channel, question.recipient)
        known = season.known.get(key)
        if known is None:
            known = self._compute(profile, question, season.floor)
            season.known.put(key, known)
        return known

    def changes_at(self, now: Instant) -> Instant | None:
        """The next instant after *now* at which a notice supersedes another."""
        return self._at(now).until

    def floor(self, now: Instant) -> Mapping[str, int]:
        """The lowest version of each notice that is not superseded at *now*."""
        return self._at(now).floor

    def retire(self) -> Iterator[None]:
        """Forget everything, a little at each step, once another memo is in use."""
        return self._season.known.retire()

    def _at(self, now: Instant) -> Season:
        season = self._season
        if now < season.since or (season.until is not None and season.until <= now):
            season = self._season = self._begin(now)
        return season

    def _begin(self, now: Instant) -> Season:
        return Season(
            now, self._catalog.next_superseding(now), self._catalog.superseding(now), Generations(self._capacity)
        )

    def _compute(self, profile: Profile, question: Question, floor: Mapping[str, int]) -> Known:
        parts = weigh(profile, question, self._catalog, floor)
        noes = [
            profile.entries[part.decided_by].order
            for part in parts
            if part.consent in _NOES and part.decided_by is not None
        ]
        return Known(combine(profile, question, self._catalog, parts), max(noes, default=None))
