"""What a profile says about what a box is about, as a whole and in part."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from sidecar.consent.facts import Weighing, basis_of
from sidecar.consent.profile import Profile, ProfileEntry
from sidecar.consent.record import Kind
from sidecar.model.catalog import Catalog
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom, at_or_below, recipient_at_or_below
from sidecar.model.vocabulary import THIRD_PARTY, Basis

_NOES = (Kind.REFUSED, Kind.WITHDRAWN)


class Control(StrEnum):
    """What a box does."""

    CONSENT = "consent"
    """It is ticked while there is consent."""

    OBJECTION = "objection"
    """It is ticked until the person objects."""

    ALWAYS = "always"
    """It is ticked, and what is done needs no choice of the person."""


class BoxWeighing(Weighing):
    """One box against one profile; for one thread."""

    def __init__(self, profile: Profile, atom: Atom, catalog: Catalog, now: Instant) -> None:
        super().__init__(profile, atom, catalog, catalog.superseding(now))
        self.basis = basis_of(self._purpose, profile)
        self._voided_through = max(
            (order for category, order in profile.erased_categories if at_or_below(atom.category, category)), default=-1
        )
        self.third_party = recipient_at_or_below(atom.recipient, THIRD_PARTY)

    @property
    def control(self) -> Control:
        """What a box about this does for this person."""
        if self.basis is Basis.CONSENT:
            return Control.CONSENT
        if self.basis is Basis.LEGAL_OBLIGATION:
            return Control.ALWAYS
        if self.third_party:  # nothing goes to anybody whom the person did not name
            return Control.CONSENT
        return Control.OBJECTION if self.objection_counts else Control.ALWAYS

    @property
    def objection_counts(self) -> bool:
        """Whether an objection stops it: marketing, what rests on legitimate interests, sharing with third parties."""
        return self._legitimate or self._purpose.direct_marketing or self.third_party

    def in_the_way(self) -> tuple[Atom, ...]:
        """For each no and objection that stands, what it and the box share: a yes to all of these lifts them."""
        regions = (self._shared(atom, self._asked) for place, atom in self._noes_as_read() if self._stands(place, atom))
        return tuple(dict.fromkeys(region for region in regions if region is not None))

    def partly_given(self) -> bool:
        """Whether there may be consent to something in the box, where there is none to the whole; never wrongly no."""
        regions = (self._shared(grant.atom, self._asked) for grant in self._hopeful())
        return any(region is not None and not self._shut(region) for region in regions)

    def partly_unobjected(self) -> bool:
        """Whether something in the box may be free of objections, where the whole is not; never wrongly no."""
        return not self._shut(self._asked)

    def _hopeful(self) -> Iterator[ProfileEntry]:
        """Grants that may be live for something in the box, even if an erasure voided them for a part of it."""
        for grant in self._entries:
            voided = grant.kind is not Kind.GIVEN or grant.order <= self._voided_through
            if not voided and not grant.expired and not self._superseded(grant):
                yield grant

    def _noes_as_read(self) -> Iterator[tuple[int, Atom]]:
        """Every no that keeps the box from being ticked, and what it is about."""
        if self._legitimate or self.control is Control.CONSENT:
            yield from ((place, self._entries[place].atom) for place in self._places(*_NOES))
        if self.objection_counts:
            for place in self._places(Kind.OBJECTED):
                yield from ((place, atom) for atom in self._objection(place))

    def _shut(self, region: Atom) -> bool:
        """Whether some no is about all of *region*, and nothing could have lifted it anywhere there."""
        return any(
            self._within(region, atom) and not any(self._lifters(self._entries[place], atom, region))
            for place, atom in self._noes_as_read()
        )

    def _lifters(self, no: ProfileEntry, atom: Atom, region: Atom) -> Iterable[ProfileEntry]:
        return (
            grant
            for grant in self._hopeful()
            if self._later(grant, no, atom)
            and self._within(grant.atom, atom)
            and self._shared(grant.atom, region) is not None
        )
