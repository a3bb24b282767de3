"""From a profile and a question to facts.

The rules, for one data category (a field in several is asked once per category):

- Consent is *given* if some grant that covers the question is live for it, and every refusal or withdrawal that touches
  it is lifted.
- A no is *lifted* by a grant that is later, at least as narrow in every dimension, covers the region that the no and
  the question share, and is live for that region.
- A grant is *live for a region* while not expired, not superseded by its notice, not voided by an erasure of a related
  category, and no later grant at least as narrow that touches that region has expired.
- Of two choices of one submission the strictly narrower counts as the later.

What a catalog has renamed is read under its present name; see ``sidecar/consent/lineage.py``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.consent.lineage import Lineage
from sidecar.consent.profile import Profile, ProfileEntry
from sidecar.consent.record import Kind
from sidecar.model.catalog import Catalog, Purpose
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.scope import Atom, at_or_below
from sidecar.model.vocabulary import ANY, Basis, ConsentState, Survival

_NOES: Final = (Kind.WITHDRAWN, Kind.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryFacts:
    """What a profile says about one category; the numbers are places in ``profile.entries``, ``None`` for no entry."""

    category: str
    consent: ConsentState
    decided_by: int | None  # the live grant, or the no that stands, or the grant that is over
    explicit_by: int | None
    guardian_by: int | None
    objected_by: int | None
    restricted_by: int | None


def facts_of(profile: Profile, question: Question, catalog: Catalog, floor: Mapping[str, int]) -> Facts:
    """The facts for *question*, whose names must all be in *catalog*.

    *floor* is ``catalog.superseding(now)``: grants under a lower version of a notice are superseded.
    """
    return combine(profile, question, catalog, weigh(profile, question, catalog, floor))


def weigh(
    profile: Profile, question: Question, catalog: Catalog, floor: Mapping[str, int]
) -> tuple[CategoryFacts, ...]:
    """What *profile* says about each category of the asked field, in the field's order."""
    return tuple(
        Weighing(profile, _asked(question, category), catalog, floor).result()
        for category in catalog.fields[question.field].categories
    )


def combine(profile: Profile, question: Question, catalog: Catalog, parts: Iterable[CategoryFacts]) -> Facts:
    """The facts for the whole field: ``given`` only if all are, otherwise the first state that any has."""
    parts = tuple(parts)
    purpose = catalog.purposes[question.purpose]
    states = {part.consent for part in parts}
    return Facts(
        consent=next(state for state in ConsentState if state in states),
        explicit=all(part.explicit_by is not None for part in parts),
        by_guardian=all(part.guardian_by is not None for part in parts),
        objected=any(part.objected_by is not None for part in parts),
        restricted=any(part.restricted_by is not None for part in parts),
        erased=profile.erased and Survival.ERASURE not in purpose.survives,
        age=profile.age,
        basis=basis_of(purpose, profile),
    )


def _asked(question: Question, category: str) -> Atom:
    return Atom(question.purpose, category, question.channel or ANY, question.recipient)


def basis_of(purpose: Purpose, profile: Profile) -> Basis:
    """What *purpose* rests on for the person of *profile*."""
    return purpose.basis_in(profile.jurisdiction) or Basis.CONSENT  # the strictest, where none is declared


def objection_as_read(atom: Atom, catalog: Catalog) -> Iterable[Atom]:
    """What an objection to *atom* is about.

    An objection to direct marketing without a channel is one to all direct marketing, profiling included.
    """
    purpose = catalog.purposes.get(atom.purpose)
    if atom.channel != ANY or purpose is None or not purpose.direct_marketing or len(purpose.channels) == 1:
        return (atom,)
    return (atom._replace(purpose=key) for key in catalog.direct_marketing())


class Weighing:
    """One category of one question against one profile; for one thread."""

    def __init__(self, profile: Profile, asked: Atom, catalog: Catalog, floor: Mapping[str, int]) -> None:
        self._recorded = self._entries = profile.entries
        self._lineage = Lineage(catalog.renames) if catalog.renames.touch_records else None
        self._within: Callable[[Atom, Atom], bool] = Atom.within
        self._shared: Callable[[Atom, Atom], Atom | None] = Atom.shared
        if self._lineage is not None:
            self._entries = tuple(map(self._lineage.entry, profile.entries))
            self._within, self._shared = self._lineage.within, self._lineage.shared
        self._asked = asked
        self._catalog = catalog
        self._floor = floor
        self._purpose = catalog.purposes[asked.purpose]
        self._legitimate = basis_of(self._purpose, profile) is Basis.LEGITIMATE_INTERESTS
        voided_through = max(
            (order for category, order in profile.erased_categories if self._related(category)), default=-1
        )
        self._grants = [
            place
            for place, entry in enumerate(self._entries)
            if entry.kind is Kind.GIVEN and entry.order > voided_through
        ]
        self._expired = [self._entries[place] for place in self._grants if self._entries[place].expired]

    def result(self) -> CategoryFacts:
        """What the profile says about it."""
        covering = [place for place in self._grants if self._asked.within(self._entries[place].atom)]
        live = [place for place in covering if self._live(place, self._asked)]
        noes = [place for place in self._places(*_NOES) if self._stands(place, self._entries[place].atom)]
        consent, decided_by = self._consent(covering, live, noes)
        objected_by = self._latest(
            place
            for place in self._places(Kind.OBJECTED)
            if any(self._stands(place, atom) for atom in self._objection(place))
        )
        if objected_by is None and self._legitimate:
            objected_by = self._latest(noes)  # a no is a no: another basis is not put behind it
        return CategoryFacts(
            category=self._asked.category,
            consent=consent,
            decided_by=decided_by,
            explicit_by=self._latest(p for p in live if self._entries[p].explicit),
            guardian_by=self._latest(p for p in live if self._entries[p].by_guardian),
            objected_by=objected_by,
            restricted_by=self._latest(p for p in self._places(Kind.RESTRICTED) if self._restricts(p, live)),
        )

    def _consent(self, covering: list[int], live: list[int], noes: list[int]) -> tuple[ConsentState, int | None]:
        if noes:
            return self._latest_no(noes)
        if live:
            return ConsentState.GIVEN, self._latest(live)
        superseded = [place for place in covering if self._superseded(self._entries[place])]
        if superseded:
            return ConsentState.SUPERSEDED, self._latest(superseded)
        if covering:
            return ConsentState.EXPIRED, self._latest(covering)
        return ConsentState.UNKNOWN, None

    def _latest_no(self, noes: list[int]) -> tuple[ConsentState, int]:
        """The state after the latest of the noes that stand; of several that are none the later, a withdrawal."""
        entries = self._entries
        last = [
            place
            for place in noes
            if not any(self._later(entries[other], entries[place], entries[place].atom) for other in noes)
        ]
        withdrawn = [place for place in last if entries[place].kind is Kind.WITHDRAWN]
        return (ConsentState.WITHDRAWN, withdrawn[0]) if withdrawn else (ConsentState.REFUSED, last[0])

    def _places(self, *kinds: Kind) -> list[int]:
        return [place for place, entry in enumerate(self._entries) if entry.kind in kinds]

    def _latest(self, places: Iterable[int]) -> int | None:
        return max(places, key=self._order, default=None)

    def _order(self, place: int | None) -> int:
        return -1 if place is None else self._entries[place].order

    def _superseded(self, grant: ProfileEntry) -> bool:
        key, version = grant.notice
        return version < self._floor.get(key, 0)

    def _live(self, place: int, region: Atom) -> bool:
        grant = self._entries[place]
        if grant.expired or self._superseded(grant):
            return False
        return not any(
            self._later(other, grant, grant.atom)
            and self._within(other.atom, grant.atom)
            and self._shared(region, other.atom) is not None
            for other in self._expired
        )

    def _stands(self, place: int, atom: Atom) -> bool:
        """Whether the no at *place*, read as *atom*, touches the question and is not lifted."""
        region = self._shared(atom, self._asked)
        if region is None:
            return False
        return not any(
            self._later(grant, self._entries[place], atom)
            and self._within(grant.atom, atom)
            and region.within(grant.atom)
            and self._live(other, region)
            for other, grant in ((other, self._entries[other]) for other in self._grants)
        )

    def _objection(self, place: int) -> Iterable[Atom]:
        return objection_as_read(self._entries[place].atom, self._catalog)

    def _restricts(self, place: int, live: list[int]) -> bool:
        restriction = self._entries[place]
        if Survival.RESTRICTION in self._purpose.survives or self._shared(restriction.atom, self._asked) is None:
            return False
        lifted = any(
            self._entries[other].order > restriction.order and self._lifts(other, place)
            for other in self._places(Kind.LIFTED)
        )
        return not lifted and not any(self._later(self._entries[p], restriction, restriction.atom) for p in live)

    def _lifts(self, lifting: int, restriction: int) -> bool:
        """Whether the lifting covers the restriction; the numbers are places."""
        one, other = self._recorded[lifting].atom, self._recorded[restriction].atom
        return other.within(one) if self._lineage is None else self._lineage.lifts(one, other)

    def _related(self, category: str) -> bool:
        """Whether *category*, as recorded, is the asked one, or above or below it."""
        asked = self._asked.category
        if self._lineage is not None:
            return self._lineage.related(self._lineage.category(category), asked)
        return at_or_below(category, asked) or at_or_below(asked, category)

    def _later(self, one: ProfileEntry, other: ProfileEntry, atom: Atom) -> bool:
        """Whether *one* counts as later than *other*, which is read as *atom*."""
        if one.event == other.event and not one.broadened and not other.broadened:
            return one.atom != atom and self._within(one.atom, atom)
        return one.order > other.order
