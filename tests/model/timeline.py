"""What an event says, and since when: effective times at append, and the atoms of scopes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from sidecar.model.catalog import Catalog, Notice
from sidecar.model.event import Choice, Erasure, Event, Lifting, NoticeRef, Restriction, Submission, Traits
from sidecar.model.instant import SECOND, Instant
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import Actor, ChoiceKind
from tests.model.regions import AT_OR_BELOW


class Rejected(Exception):  # noqa: N818  (an outcome, not an error of the model)
    """The design calls this event an error."""


class Told(NamedTuple):
    """An event and its effective times: of what opens (grants, liftings, traits) and of what closes (the rest)."""

    event: Event
    opens_at: Instant | None
    closes_at: Instant | None


def said(catalog: Catalog, submission: Submission) -> list[tuple[Choice, Atom]]:
    """Each choice with each atom of its scope; raises `Rejected`."""
    everything = [(choice, atom) for choice in submission.choices for atom in atoms_of(catalog, choice)]
    noes = {atom for choice, atom in everything if choice.kind is not ChoiceKind.GIVEN}
    # Choices of one submission are one event: of equal atoms the no, also if they are equal only as written, before a
    # grant's unsaid channels and recipients are filled in.
    return [
        (choice, atom)
        for choice, atom in everything
        if choice.kind is not ChoiceKind.GIVEN or not noes & {atom, _as_written(choice, atom)}
    ]


def _as_written(grant: Choice, atom: Atom) -> Atom:
    if not grant.scope.channels:
        atom = atom._replace(channel="*")
    if not grant.scope.recipients:
        atom = atom._replace(recipient="*")
    return atom


def _opens(catalog: Catalog, event: Event) -> bool:
    if isinstance(event.act, Submission):
        return any(choice.kind is ChoiceKind.GIVEN for choice, _ in said(catalog, event.act))
    return isinstance(event.act, Lifting | Traits)


def _closes(event: Event) -> bool:
    if isinstance(event.act, Submission):
        return any(choice.kind is not ChoiceKind.GIVEN for choice in event.act.choices)
    return isinstance(event.act, Restriction | Erasure)


def tell(
    catalog: Catalog, before: Sequence[Told], event: Event, *, accepted_at: Instant, importing: bool = False
) -> Told:
    """Give *event* its effective times when it is appended after *before*; raises `Rejected`."""
    if isinstance(event.act, Lifting) and event.actor is not Actor.OPERATOR:
        raise Rejected("lifting a restriction is an operator's act")

    # With a claim, a grant that lies more than 300 s ahead is an error; but a no is never rejected for its date, so
    # neither is a submission with one.
    opens, closes = _opens(catalog, event), _closes(event)
    ahead = event.occurred_at is not None and event.occurred_at > accepted_at + 300 * SECOND
    if ahead and opens and not closes:
        raise Rejected("a grant from the future")

    # In an import the time that a line claims counts as the accepting time (one that lies ahead: the clock's).
    if importing:
        if event.occurred_at is None:
            raise Rejected("a line of an import says when")
        accepted_at = min(event.occurred_at, accepted_at)

    # An act that claims no time happened now: when accepted, and at least 1 us after everything in the record.
    everything = [at for told in before for at in (told.opens_at, told.closes_at) if at is not None]
    now = max([accepted_at] + [at + 1 for at in everything])

    opens_at = closes_at = None
    if opens:
        opens_at = now
        if event.occurred_at is not None:
            # With a claim, a grant takes the earlier of claimed and accepted.
            opens_at = min(event.occurred_at, accepted_at)
    if closes:
        # A no takes the accepting time, never before anything in the record, and its date never matters.
        closes_at = now
    return Told(event, opens_at, closes_at)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One atom of one act."""

    kind: str  # a ChoiceKind, "restricted" or "lifted"
    atom: Atom
    at: Instant
    event_id: str
    actor: Actor
    explicit: bool = False
    expires_at: Instant | None = None
    notice: NoticeRef | None = None
    repeats: tuple[Instant, ...] = ()  # when earlier events said the same


def rows(catalog: Catalog, told: Iterable[Told]) -> list[Row]:
    """Everything said, one row an atom; an event told twice is one event."""
    by_id = {one.event.id: one for one in told}
    found = [row for one in by_id.values() for row in _rows_of(catalog, one)]
    return [replace(row, repeats=_repeated_by(row, found)) for row in found]


def _repeated_by(row: Row, found: Iterable[Row]) -> tuple[Instant, ...]:
    return tuple(
        other.at
        for other in found
        if other.event_id != row.event_id and (other.kind, other.atom) == (row.kind, row.atom) and other.at < row.at
    )


def _rows_of(catalog: Catalog, told: Told) -> list[Row]:
    event, act = told.event, told.event.act
    if isinstance(act, Submission):
        return [_choice_row(told, choice, atom) for choice, atom in said(catalog, act)]
    if isinstance(act, Restriction):
        assert told.closes_at is not None
        at, kind = told.closes_at, "restricted"
    elif isinstance(act, Lifting):
        assert told.opens_at is not None
        at, kind = told.opens_at, "lifted"
    else:
        return []
    atoms = _all_if_empty(act.scope)
    return [Row(kind=kind, atom=atom, at=at, event_id=event.id, actor=event.actor) for atom in atoms]


def _choice_row(told: Told, choice: Choice, atom: Atom) -> Row:
    # All grants of an event share one effective time, all its noes another.
    at = told.opens_at if choice.kind is ChoiceKind.GIVEN else told.closes_at
    assert at is not None
    return Row(
        kind=choice.kind,
        atom=atom,
        at=at,
        event_id=told.event.id,
        actor=told.event.actor,
        explicit=choice.explicit,
        expires_at=choice.expires_at,
        notice=choice.notice,
    )


def atoms_of(catalog: Catalog, choice: Choice) -> set[Atom]:
    """What a choice is about; raises `Rejected`."""
    # In a no, an empty dimension means all. In a grant it never does.
    atoms = _grant_atoms(catalog, choice.scope) if choice.kind is ChoiceKind.GIVEN else _all_if_empty(choice.scope)
    # A notice is optional; with one, the scope is cut to what that version lists.
    if choice.notice is None:
        return atoms
    # A notice that the bundle lacks, or nothing left after the cut, is an error.
    notice = catalog.notices.get((choice.notice.key, choice.notice.version))
    if notice is None:
        raise Rejected("no such notice")
    cut = {piece for atom in atoms for piece in _cut(atom, notice)}
    if not cut:
        raise Rejected("nothing left")
    return cut


def _all_if_empty(scope: Scope) -> set[Atom]:
    return {
        Atom(*values)
        for values in product(
            scope.purposes or ("*",), scope.categories or ("*",), scope.channels or ("*",), scope.recipients or ("*",)
        )
    }


def _grant_atoms(catalog: Catalog, scope: Scope) -> set[Atom]:
    # Purposes and categories must be named (`*` may be named for categories).
    if not scope.purposes or "*" in scope.purposes or not scope.categories:
        raise Rejected("a grant names purposes and categories")
    # With third parties only by name.
    if "*" in scope.recipients or "third_party" in scope.recipients:
        raise Rejected("a grant names each third party")
    return {
        Atom(purpose, category, channel, recipient)
        for purpose in scope.purposes
        for category in scope.categories
        # No channels means those that its purpose declares, `*` if none.
        for channel in scope.channels or catalog.purposes[purpose].channels or ("*",)
        # No recipients means first_party only.
        for recipient in scope.recipients or ("first_party",)
    }


def _cut(atom: Atom, notice: Notice) -> Iterator[Atom]:
    """What *atom* and each combination of what *notice* lists have in common."""
    for listed in product(notice.purposes, notice.categories, notice.channels or ("*",), notice.recipients):
        pairs = list(zip(atom, listed, AT_OR_BELOW, strict=True))
        if all(at_or_below(mine, its) or at_or_below(its, mine) for mine, its, at_or_below in pairs):
            yield Atom(*(str(mine if at_or_below(mine, its) else its) for mine, its, at_or_below in pairs))
