"""Facts from the raw events of a person; each sentence of the design beside its clause."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sidecar.model.catalog import Catalog, Purpose
from sidecar.model.decision import Question
from sidecar.model.event import Erasure, Traits
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.scope import Atom
from sidecar.model.vocabulary import Actor, AgeBand, Basis, ChoiceKind, ConsentState, Survival
from tests.model.regions import AT_OR_BELOW, Box, Universe, common, inside, is_empty, strictly_inside
from tests.model.timeline import Row, Told, rows

BY_PRECEDENCE = (
    ConsentState.WITHDRAWN,
    ConsentState.REFUSED,
    ConsentState.SUPERSEDED,
    ConsentState.EXPIRED,
    ConsentState.UNKNOWN,
)
NEVER = float("inf")


def facts(catalog: Catalog, told: Sequence[Told], question: Question, now: Instant) -> Facts:
    """What *told* says about *question* at *now*; *told* may be in any order and hold the same event twice."""
    # A field in several categories is asked once per category.
    purpose = catalog.purposes[question.purpose]
    basis = _basis(purpose, told)
    said = remaining(catalog, told)
    readings = [
        _Reading(catalog=catalog, told=told, said=said, asked=_asked(question, category), basis=basis, now=now)
        for category in catalog.fields[question.field].categories
    ]
    return Facts(
        # Its state is the first, in this order, that any category has; `given` only if all are.
        consent=next((bad for bad in BY_PRECEDENCE if any(r.state() is bad for r in readings)), ConsentState.GIVEN),
        # `explicit` and `by_guardian` must hold for each, `objected` and `restricted` for any.
        explicit=all(r.explicit() for r in readings),
        by_guardian=all(r.by_guardian() for r in readings),
        objected=any(r.objected() for r in readings),
        restricted=any(r.restricted() for r in readings),
        erased=_erased(said, told, purpose),
        age=_age(told, now),
        basis=basis,
    )


def said_no_at(catalog: Catalog, told: Sequence[Told], question: Question, now: Instant) -> Instant | None:
    """When the person last said the no that stands in the way, in any category; ``None`` if no consent was refused."""
    purpose = catalog.purposes[question.purpose]
    basis = _basis(purpose, told)
    said = remaining(catalog, told)
    times = [
        no.at
        for category in catalog.fields[question.field].categories
        for no in _Reading(
            catalog=catalog, told=told, said=said, asked=_asked(question, category), basis=basis, now=now
        ).standing_noes()
    ]
    return max(times, default=None)


def _asked(question: Question, category: str) -> Atom:
    # A purpose without declared channels asks channel `*`.
    return Atom(question.purpose, category, question.channel or "*", question.recipient)


# --- Erasure -------------------------------------------------------------------------------------------------------


def _horizon(told: Sequence[Told]) -> float:
    """A horizon, carried in every later record: the time of the last erasure of everything."""
    times = [t.closes_at for t in told if isinstance(t.event.act, Erasure) and not t.event.act.categories]
    return max((at for at in times if at is not None), default=-NEVER)


def remaining(catalog: Catalog, told: Sequence[Told]) -> list[Row]:
    """The rows that count."""
    horizon = _horizon(told)
    # Grants, refusals, withdrawals, restrictions (and liftings) at or before the horizon are void, whenever they
    # arrive; objections stay.
    valid = [row for row in rows(catalog, told) if row.kind is ChoiceKind.OBJECTED or row.at > horizon]
    # Of each key, only the latest choice is kept.
    return [row for row in valid if not any(_replaces(other, row) for other in valid)]


def _replaces(other: Row, row: Row) -> bool:
    # Per (kind, atom), and for grants also per (explicit, actor, notice version) ...
    if _key(other) != _key(row):
        return False
    # ... only the latest; at equal times the one that expires sooner; then the greater event id, so that order of
    # arrival does not matter.
    return _rank(other) > _rank(row)


def _key(row: Row) -> tuple[object, ...]:
    if row.kind is ChoiceKind.GIVEN:
        return row.kind, row.atom, row.explicit, row.actor, row.notice
    return row.kind, row.atom


def _rank(row: Row) -> tuple[float, float, str]:
    return row.at, -(NEVER if row.expires_at is None else row.expires_at), row.event_id


def _erased(said: Sequence[Row], told: Sequence[Told], purpose: Purpose) -> bool:
    # A horizon, and no grant by the person or guardian after it; denies every purpose that does not survive erasure.
    horizon = _horizon(told)
    again = any(
        row.kind is ChoiceKind.GIVEN and row.at > horizon and row.actor in (Actor.SUBJECT, Actor.GUARDIAN)
        for row in said
    )
    return horizon > -NEVER and not again and Survival.ERASURE not in purpose.survives


# --- Traits --------------------------------------------------------------------------------------------------------


def _trait(told: Sequence[Told], name: str) -> Instant | str | None:
    # Last writer wins per trait; at equal times the greater value. Traits at or before the horizon are void.
    written = [
        (t.opens_at, getattr(t.event.act, name))
        for t in told
        if isinstance(t.event.act, Traits)
        and getattr(t.event.act, name) is not None
        and t.opens_at is not None
        and t.opens_at > _horizon(told)
    ]
    return max(written, default=(0, None))[1]


def _age(told: Sequence[Told], now: Instant) -> AgeBand:
    digital, of_age = _trait(told, "digital_consent_at"), _trait(told, "of_age_at")
    # At or past the second: adult; else at or past the first: teen; else child if either is known; else unknown.
    if isinstance(of_age, int) and now >= of_age:
        return AgeBand.ADULT
    if isinstance(digital, int) and now >= digital:
        return AgeBand.TEEN
    return AgeBand.UNKNOWN if digital is None and of_age is None else AgeBand.CHILD


def _basis(purpose: Purpose, told: Sequence[Told]) -> Basis:
    jurisdiction = _trait(told, "jurisdiction")
    places = [] if jurisdiction is None else [str(jurisdiction), str(jurisdiction).split("-")[0]]
    # Its basis where the person is: of the very place, else of its country, else the general one.
    bases = [purpose.basis_by_jurisdiction[place] for place in places if place in purpose.basis_by_jurisdiction]
    basis = [*bases, purpose.basis][0]
    assert basis is not None
    return basis


# --- One category --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Reading:
    catalog: Catalog
    told: Sequence[Told]
    said: Sequence[Row]
    asked: Atom
    basis: Basis
    now: Instant

    @cached_property
    def _rows(self) -> list[Row]:
        """All that counts, but grants that an erasure of some categories voids for this question."""
        return [row for row in self.said if not self._voided(row)]

    def _voided(self, row: Row) -> bool:
        # Erasure of some categories voids earlier grants for questions at, above or below them.
        at_or_below = AT_OR_BELOW[1]
        return row.kind is ChoiceKind.GIVEN and any(
            isinstance(t.event.act, Erasure)
            and t.closes_at is not None
            and row.at <= t.closes_at
            and any(
                at_or_below(self.asked.category, erased) or at_or_below(erased, self.asked.category)
                for erased in t.event.act.categories
            )
            for t in self.told
        )

    @cached_property
    def _universe(self) -> Universe:
        return Universe.of(self.catalog, [self.asked, *(row.atom for row in self._rows)])

    def _box(self, row: Row) -> Box:
        return self._universe.box(row.atom)

    @cached_property
    def _question(self) -> Box:
        return self._universe.box(self.asked)

    @cached_property
    def _grants(self) -> list[Row]:
        return [row for row in self._rows if row.kind is ChoiceKind.GIVEN]

    def _touching(self, *kinds: str) -> list[Row]:
        """A no touches the question if in every dimension its value is `*`, or equal to, above or below the asked."""
        found = [row for row in self._rows if row.kind in kinds]
        found = [reading for row in found for reading in self._read(row)]
        return [row for row in found if not is_empty(common(self._box(row), self._question))]

    def _read(self, row: Row) -> list[Row]:
        # An objection atom with channel `*` on a direct-marketing purpose that is not tied to exactly one channel is
        # read as the same atom for every purpose so flagged; categories and recipients stay.
        purpose = self.catalog.purposes.get(row.atom.purpose)
        if (
            row.kind is ChoiceKind.OBJECTED
            and row.atom.channel == "*"
            and purpose is not None
            and purpose.direct_marketing
            and len(purpose.channels) != 1
        ):
            flagged = [key for key, other in self.catalog.purposes.items() if other.direct_marketing]
            return [replace(row, atom=row.atom._replace(purpose=key)) for key in flagged]
        return [row]

    def _later(self, row: Row, other: Row) -> bool:
        # Choices of one submission are one event: inside it the narrower wins. But a no of a late-arriving submission
        # that replaces the same no made since the submission's claimed time stands for that one too: the submission's
        # own grants do not lift it (ADR-0010).
        if row.event_id == other.event_id:
            made_since = row.kind is ChoiceKind.GIVEN and any(row.at <= at for at in other.repeats)
            return strictly_inside(self._box(row), self._box(other)) and not made_since
        return row.at > other.at

    def _covers(self, grant: Row, region: Box) -> bool:
        # A grant covers a region if every value there equals or lies below the grant's.
        return inside(region, self._box(grant))

    def _narrow(self, row: Row, other: Row) -> bool:
        # At least as narrow in every dimension.
        return inside(self._box(row), self._box(other))

    def _expired(self, grant: Row) -> bool:
        return grant.expires_at is not None and grant.expires_at <= self.now

    def _superseded(self, grant: Row) -> bool:
        # A later version of its notice that requires a new answer is valid.
        return grant.notice is not None and any(
            notice.key == grant.notice.key
            and notice.version > grant.notice.version
            and notice.reconsent
            and notice.valid_from <= self.now
            for notice in self.catalog.notices.values()
        )

    def _live(self, grant: Row, region: Box) -> bool:
        # A grant is live for a region while not expired, not superseded by its notice, and no later grant at least as
        # narrow that touches that region has expired (ADR-0010: else a vaguer question would get the better answer).
        return (
            not self._expired(grant)
            and not self._superseded(grant)
            and not any(
                self._later(other, grant)
                and self._narrow(other, grant)
                and not is_empty(common(self._box(other), region))
                and self._expired(other)
                for other in self._grants
            )
        )

    def _lifted(self, no: Row) -> bool:
        # A no is lifted by a grant that is later, at least as narrow in every dimension, covers the region that the no
        # and the question share, and is live for that region.
        shared = common(self._box(no), self._question)
        return any(
            self._later(grant, no)
            and self._narrow(grant, no)
            and self._covers(grant, shared)
            and self._live(grant, shared)
            for grant in self._grants
        )

    def _unlifted(self, *kinds: str) -> list[Row]:
        return [no for no in self._touching(*kinds) if not self._lifted(no)]

    @cached_property
    def _covering(self) -> list[Row]:
        return [grant for grant in self._grants if self._covers(grant, self._question)]

    @cached_property
    def _live_covering(self) -> list[Row]:
        return [grant for grant in self._covering if self._live(grant, self._question)]

    def standing_noes(self) -> list[Row]:
        """The refusals and withdrawals that touch the question and are not lifted."""
        return self._unlifted(ChoiceKind.REFUSED, ChoiceKind.WITHDRAWN)

    def state(self) -> ConsentState:
        """Whether consent is given, or why not."""
        noes = self.standing_noes()
        # Given iff some grant that covers the question is live for it, and every refusal or withdrawal that touches it
        # is lifted.
        if self._live_covering and not noes:
            return ConsentState.GIVEN
        # Otherwise the latest unlifted no; of several latest, by precedence.
        latest = {no.kind for no in noes if not any(self._later(other, no) for other in noes)}
        if ChoiceKind.WITHDRAWN in latest:
            return ConsentState.WITHDRAWN
        if ChoiceKind.REFUSED in latest:
            return ConsentState.REFUSED
        # Else superseded, expired, unknown.
        if any(self._superseded(grant) for grant in self._covering):
            return ConsentState.SUPERSEDED
        return ConsentState.EXPIRED if self._covering else ConsentState.UNKNOWN

    def explicit(self) -> bool:
        """Whether some live covering grant is explicit."""
        return any(grant.explicit for grant in self._live_covering)

    def by_guardian(self) -> bool:
        """Whether some live covering grant is a guardian's."""
        return any(grant.actor is Actor.GUARDIAN for grant in self._live_covering)

    def objected(self) -> bool:
        """Whether an objection, or a no to a legitimate interest, stands."""
        # An unlifted objection touches the question, or the purpose rests on legitimate interests and an unlifted
        # refusal or withdrawal touches it.
        return bool(
            self._unlifted(ChoiceKind.OBJECTED) or (self.basis is Basis.LEGITIMATE_INTERESTS and self.standing_noes())
        )

    def restricted(self) -> bool:
        """Whether a restriction stands."""
        # Purposes that survive restriction are exempt.
        if Survival.RESTRICTION in self.catalog.purposes[self.asked.purpose].survives:
            return False
        return any(not self._ended(restriction) for restriction in self._touching("restricted"))

    def _ended(self, restriction: Row) -> bool:
        # Lifted by an operator's lifting of restrictions at or below its scope, or followed by a live covering grant.
        return any(
            row.kind == "lifted" and self._later(row, restriction) and self._narrow(restriction, row)
            for row in self._rows
        ) or any(self._later(grant, restriction) for grant in self._live_covering)
