"""One event more: its effective time, its entries, and the bounds of a record."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from sidecar.consent.record import Entry, Kind, Record, Trait, merge, with_entries
from sidecar.consent.scope import check_names, choice_atoms
from sidecar.errors import RecordFullError, RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import (
    MAX_ATOMS_PER_EVENT,
    Act,
    Erasure,
    Event,
    Lifting,
    Restriction,
    Submission,
    Traits,
)
from sidecar.model.instant import SECOND, Instant
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import ANY, Actor

MAX_AHEAD: Final = 300 * SECOND
"""How far ahead of the accepting clock a claimed time may be, in microseconds."""

MAX_OPENING: Final = 448
"""Grants and liftings that a record may hold; the other places are kept for noes."""

MAX_ENTRIES: Final = 512
"""Entries that a record may hold in all."""

_OPENING = frozenset({Kind.GIVEN, Kind.LIFTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A record after an event, and since when the event counts (its noes, if it has any)."""

    record: Record
    effective_at: Instant


def fold(record: Record, event: Event, *, accepted_at: Instant, catalog: Catalog, importing: bool = False) -> Folded:
    """*record* after *event*, accepted at *accepted_at*; pure.

    An act without ``occurred_at`` happened now: it counts from the accepting time, and at least 1 us after everything
    in the record. With it, what opens (grants, liftings, traits) counts from the earlier of claimed and accepted; what
    closes (noes, restrictions, erasures) counts as if it happened now, and is never refused for its date. When
    *importing*, ``occurred_at`` is required and is the accepting time, unless it lies ahead; ``seen`` is left alone.

    Raises ``RequestError`` naming a field of the event, ``RecordFullError`` for a grant that no longer fits.
    """
    claimed_ahead = 0 if event.occurred_at is None else event.occurred_at - accepted_at
    if importing:
        if event.occurred_at is None:
            raise RequestError("event.occurred_at", "an imported event must say when it happened")
        accepted_at = min(event.occurred_at, accepted_at)
    now = max(accepted_at, record.latest_at + 1)
    opens_at = now if event.occurred_at is None else min(event.occurred_at, accepted_at)
    delta = _standing_for(record, _delta(event, catalog, opens_at=opens_at, closes_at=now), opens_at=opens_at)
    if claimed_ahead > MAX_AHEAD and _only_opens(event.act, delta):
        raise RequestError("event.occurred_at", "it lies more than 300 s in the future")
    return Folded(record=_bounded(merge(record, delta), delta, at=now), effective_at=delta.latest_at)


def _standing_for(record: Record, delta: Record, *, opens_at: Instant) -> Record:
    """*delta* with the noes that replace one made since *opens_at* standing for that one too.

    A grant that arrives late, together with the same no again, must not lift what was said in between.
    """
    if not any(entry.kind is Kind.GIVEN for entry in delta.entries):
        return delta
    since = {(entry.kind, entry.atom) for entry in record.entries if entry.at >= opens_at}
    return with_entries(
        delta,
        (
            replace(entry, broadened=True)
            if entry.kind not in _OPENING and (entry.kind, entry.atom) in since
            else entry
            for entry in delta.entries
        ),
    )


def _only_opens(act: Act, delta: Record) -> bool:
    """Whether it can be refused for its date: a no cannot, nor what comes with it, which then counts from now."""
    return isinstance(act, Traits) or (_has(delta, opening=True) and not _has(delta, opening=False))


def _has(record: Record, *, opening: bool) -> bool:
    return any((entry.kind in _OPENING) is opening for entry in record.entries)


def _delta(event: Event, catalog: Catalog, *, opens_at: Instant, closes_at: Instant) -> Record:
    """The record of *event* alone."""
    match event.act:
        case Submission():
            entries = _submission_entries(event, event.act, catalog, opens_at=opens_at, closes_at=closes_at)
            return Record(entries=entries, latest_at=max(entry.at for entry in entries))
        case Restriction(scope=scope):
            path = "event.restriction.scope"
            check_names(scope, catalog, path=path)
            return _scoped(event, Kind.RESTRICTED, scope, path, at=closes_at)
        case Lifting(scope=scope):
            if event.actor is not Actor.OPERATOR:
                raise RequestError("event.actor", "only an operator lifts a restriction")
            path = "event.lifting.scope"
            check_names(scope, catalog, path=path)
            return _scoped(event, Kind.LIFTED, scope, path, at=opens_at)
        case Traits():
            return _traits(event.act, at=opens_at)
        case Erasure(categories=()):
            return Record(horizon=closes_at, latest_at=closes_at)
        case Erasure(categories=categories):
            check_names(Scope(categories=categories), catalog, path="erasure")
            return Record(erased_categories=tuple((c, closes_at) for c in categories), latest_at=closes_at)


def _submission_entries(
    event: Event, submission: Submission, catalog: Catalog, *, opens_at: Instant, closes_at: Instant
) -> tuple[Entry, ...]:
    """Its choices as entries; of equal atoms the no stays, and noes that are too many are broadened."""
    grants: list[tuple[Entry, Atom]] = []
    noes: list[Entry] = []
    if not submission.choices:
        raise RequestError("event.submission.choices", "a submission has at least one choice")
    for index, choice in enumerate(submission.choices):
        path = f"event.submission.choices[{index}]"
        kind = Kind(choice.kind.value)
        if kind is not Kind.GIVEN and (choice.explicit or choice.expires_at is not None):
            raise RequestError(path, "only a grant is explicit or expires")
        entry = Entry(
            kind=kind,
            atom=Atom(ANY, ANY, ANY, ANY),
            at=opens_at if kind is Kind.GIVEN else closes_at,
            event_id=event.id,
            actor=event.actor,
            explicit=choice.explicit,
            expires_at=choice.expires_at,
            notice=choice.notice,
            method=event.method,
        )
        entries = [replace(entry, atom=atom) for atom in choice_atoms(choice, catalog, path=path)]
        if kind is Kind.GIVEN:
            grants.extend((grant, _as_written(grant.atom, choice.scope)) for grant in entries)
        else:
            noes.extend(entries)
    refused = {no.atom for no in noes}
    kept = [grant for grant, written in grants if refused.isdisjoint((grant.atom, written))]
    if len(kept) > MAX_ATOMS_PER_EVENT:
        raise RecordFullError("event.submission", f"grants {len(kept)} things, at most {MAX_ATOMS_PER_EVENT} fit")
    room = MAX_ATOMS_PER_EVENT - len(kept)
    return (*kept, *_broadened(noes, room=room, at=closes_at))


def _as_written(atom: Atom, scope: Scope) -> Atom:
    """*atom* without the defaults of a grant, to be compared with a no that leaves the same unsaid."""
    channel = atom.channel if scope.channels else ANY
    return atom._replace(channel=channel, recipient=atom.recipient if scope.recipients else ANY)


def _scoped(event: Event, kind: Kind, scope: Scope, path: str, *, at: Instant) -> Record:
    atoms = scope.atoms()
    entries: Iterable[Entry] = (
        Entry(kind=kind, atom=atom, at=at, event_id=event.id, actor=event.actor, method=event.method) for atom in atoms
    )
    if kind in _OPENING and len(atoms) > MAX_ATOMS_PER_EVENT:
        raise RecordFullError(path, f"names {len(atoms)} things, at most {MAX_ATOMS_PER_EVENT} fit")
    if kind not in _OPENING:
        entries = _broadened(tuple(entries), room=MAX_ATOMS_PER_EVENT, at=at)
    return Record(entries=tuple(entries), latest_at=at)


def _traits(traits: Traits, *, at: Instant) -> Record:
    values = {
        "digital_consent_at": traits.digital_consent_at,
        "jurisdiction": traits.jurisdiction,
        "of_age_at": traits.of_age_at,
    }
    known = tuple((name, Trait(at=at, value=value)) for name, value in values.items() if value is not None)
    if not known:
        raise RequestError("event.traits", "names no trait")
    return Record(traits=known, latest_at=at)


def _bounded(record: Record, delta: Record, *, at: Instant) -> Record:
    """*record* within its bounds: a grant that does not fit is refused, noes become broader, none is lost."""
    opening = [entry for entry in record.entries if entry.kind in _OPENING]
    fits = len(record.entries) <= MAX_ENTRIES
    if _has(delta, opening=True) and (len(opening) > MAX_OPENING or not (fits or _has(delta, opening=False))):
        raise RecordFullError("event", "the record holds too many choices for another grant; withdraw or erase first")
    if fits:
        return record
    closing = [entry for entry in record.entries if entry.kind not in _OPENING]
    return with_entries(record, (*opening, *_broadened(closing, room=MAX_ENTRIES - MAX_OPENING, at=at)))


_BROADER: Final[tuple[Callable[[Atom], Atom], ...]] = (
    lambda atom: atom._replace(recipient=ANY),
    lambda atom: atom._replace(recipient=ANY, channel=ANY),
    lambda atom: atom._replace(recipient=ANY, channel=ANY, category=ANY),
    lambda _: Atom(ANY, ANY, ANY, ANY),
)


def _broadened(noes: Iterable[Entry], *, room: int, at: Instant) -> tuple[Entry, ...]:
    """*noes* as they are if they fit into *room*, else as broader ones: at most one per kind in the end.

    A broadened no counts from *at*, which must not be before any grant of the record: it must not be lifted by a grant
    that was too broad to lift what it stands for.
    """
    kept = tuple(noes)
    for broader in _BROADER:
        if len(kept) <= room:
            break
        latest: dict[tuple[Kind, Atom], Entry] = {}
        for no in sorted(kept, key=lambda entry: entry.at):
            latest[no.kind, broader(no.atom)] = no
        kept = tuple(replace(no, atom=atom, at=at, broadened=True) for (_, atom), no in latest.items())
    return kept
