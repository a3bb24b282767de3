"""How a box stands: what a person sees of it, and since when, by which choice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sidecar.consent.choices.offer import Box, Offer
from sidecar.consent.choices.weighing import BoxWeighing, Control
from sidecar.consent.facts import CategoryFacts
from sidecar.consent.profile import Profile, trace
from sidecar.consent.record import Entry, Record
from sidecar.model.catalog import Catalog
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Basis, ConsentState, Survival


class BoxState(StrEnum):
    """How a box came to stand as it does."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    NOT_OBJECTED = "not_objected"
    ALWAYS = "always"
    OBJECTED = "objected"
    ERASED = "erased"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBox:
    """A box for one person at one instant.

    A ticked box means that all it is about is agreed to, or free of objections; an empty one that nothing of it is,
    unless it is *partly* so: then it is neither, and only ticking or unticking it makes it one.
    """

    box: Box
    control: Control
    basis: Basis
    state: BoxState
    ticked: bool
    partly: bool  # never together with *ticked*
    explicit: bool
    decided_by: Entry | None  # the choice behind *state*; None: nobody decided anything

    @property
    def matters(self) -> bool:
        """Whether there is a reason to show it: somebody may use it, or the person said something about it."""
        return bool(self.box.uses) or self.decided_by is not None or self.partly


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A record at an instant."""

    profile: Profile
    sources: tuple[Entry, ...]  # the entry behind each of the profile
    now: Instant

    @classmethod
    def of(cls, record: Record, now: Instant) -> "Person":
        """The person of *record* at *now*."""
        standing, sources = trace(record, now)
        return cls(profile=standing.profile, sources=sources, now=now)

    def weighing(self, atom: Atom, catalog: Catalog) -> BoxWeighing:
        """What the record says about *atom*, whose purpose must be in *catalog*."""
        return BoxWeighing(self.profile, atom, catalog, self.now)

    def entry(self, place: int | None) -> Entry | None:
        """The choice at *place* of the profile."""
        return None if place is None else self.sources[place]


def shown_boxes(offer: Offer, person: Person, catalog: Catalog, everyone: Person) -> Mapping[str, ShownBox]:
    """Every box of *offer* that there is a reason to show, by key, in its order.

    What is held is restricted in the record of *everyone*.
    """
    every = (shown_box(box, person, catalog) for box in offer.boxes.values())
    return {shown.box.key: _unless_held(shown, everyone, catalog) for shown in every if shown.matters}


def _unless_held(shown: ShownBox, everyone: Person, catalog: Catalog) -> ShownBox:
    if not everyone.sources or shown.state in (BoxState.OBJECTED, BoxState.ERASED):
        return shown
    if everyone.weighing(shown.box.atom, catalog).result().restricted_by is None:
        return shown
    return replace(shown, state=BoxState.RESTRICTED, decided_by=None)


def shown_box(box: Box, person: Person, catalog: Catalog) -> ShownBox:
    """How *box*, whose purpose must be in *catalog*, stands for *person*."""
    weighing = person.weighing(box.atom, catalog)
    facts = weighing.result()
    control = weighing.control
    objected = weighing.objection_counts and facts.objected_by is not None
    match control:
        case Control.CONSENT:
            ticked = facts.consent is ConsentState.GIVEN and not objected
            partly = not ticked and weighing.partly_given()
        case Control.OBJECTION:
            ticked = not objected
            partly = objected and weighing.partly_unobjected()
        case _:
            ticked, partly = True, False
    if objected:
        state, decided_by = BoxState.OBJECTED, facts.objected_by
    else:
        state, decided_by = _stopped(facts, box, person, catalog) or _standing(control, facts)
    return ShownBox(
        box=box,
        control=control,
        basis=weighing.basis,
        state=state,
        ticked=ticked,
        partly=partly,
        explicit=control is Control.CONSENT and ticked and facts.explicit_by is not None,
        decided_by=person.entry(decided_by),
    )


def _stopped(facts: CategoryFacts, box: Box, person: Person, catalog: Catalog) -> tuple[BoxState, int | None] | None:
    """What stops the use whatever was agreed to, and by which choice, in the order in which a check tells it."""
    if person.profile.erased and Survival.ERASURE not in catalog.purposes[box.atom.purpose].survives:
        return BoxState.ERASED, None
    if facts.restricted_by is not None:
        return BoxState.RESTRICTED, facts.restricted_by
    return None


def _standing(control: Control, facts: CategoryFacts) -> tuple[BoxState, int | None]:
    match control:
        case Control.CONSENT:
            return BoxState(facts.consent.value), facts.decided_by
        case Control.OBJECTION:
            return BoxState.NOT_OBJECTED, facts.decided_by
        case _:
            return BoxState.ALWAYS, None
