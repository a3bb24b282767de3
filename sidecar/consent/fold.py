"""One event more: its effective time, its entries, and the bounds of a record."""

from dataclasses import dataclass, replace
from typing import Final

from msgspec import structs

from sidecar.consent.bounds import MAX_COMBINATIONS, OPENING, bounded, broadened, has, manageable
from sidecar.consent.lineage import current_choice, current_scope
from sidecar.consent.record import Entry, Kind, Record, Tie, Trait, merge, with_entries
from sidecar.consent.scope import check_names, choice_atoms
from sidecar.errors import RecordFullError, RequestError
from sidecar.model.catalog import Catalog
from sidecar.model.event import (
    MAX_ATOMS_PER_EVENT,
    Act,
    Choice,
    Erasure,
    Event,
    Lifting,
    Link,
    LinkTo,
    Restriction,
    Shared,
    Submission,
    Traits,
)
from sidecar.model.instant import SECOND, Instant
from sidecar.model.scope import EVERYTHING, Atom, Scope
from sidecar.model.vocabulary import ANY, Actor, ChoiceKind

_KINDS: Final = {kind: Kind(kind.value) for kind in ChoiceKind}

MAX_AHEAD: Final = 300 * SECOND
"""How far ahead of the accepting clock a claimed time may be, in microseconds."""


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
    return Folded(record=bounded(merge(record, delta), delta, at=now), effective_at=delta.latest_at)


def _standing_for(record: Record, delta: Record, *, opens_at: Instant) -> Record:
    """*delta* with the noes that replace one made since *opens_at* standing for that one too.

    A grant that arrives late, together with the same no again, must not lift what was said in between.
    """
    if not (has(delta, opening=False) and any(entry.kind is Kind.GIVEN for entry in delta.entries)):
        return delta
    since = {(entry.kind, entry.atom) for entry in record.entries if entry.at >= opens_at}
    return with_entries(
        delta,
        (
            structs.replace(entry, broadened=True)
            if entry.kind not in OPENING and (entry.kind, entry.atom) in since
            else entry
            for entry in delta.entries
        ),
    )


def _only_opens(act: Act, delta: Record) -> bool:
    """Whether it can be refused for its date: a no cannot, nor what comes with it, which then counts from now."""
    return isinstance(act, Traits) or (has(delta, opening=True) and not has(delta, opening=False))


def _delta(event: Event, catalog: Catalog, *, opens_at: Instant, closes_at: Instant) -> Record:
    """The record of *event* alone."""
    act = event.act
    renames = catalog.renames
    if isinstance(act, Submission):
        entries = _submission_entries(event, act, catalog, opens_at=opens_at, closes_at=closes_at)
        return Record(entries=entries, latest_at=max(entry.at for entry in entries))
    if isinstance(act, Restriction):
        scope = current_scope(act.scope, renames)
        check_names(scope, catalog, path="event.restriction.scope")
        return _restriction(event, scope, at=closes_at)
    if isinstance(act, Lifting):
        scope = current_scope(act.scope, renames)
        check_names(scope, catalog, path="event.lifting.scope")
        return _lifting(event, scope, at=opens_at)
    if isinstance(act, Traits):
        return _traits(act, at=opens_at)
    if isinstance(act, Erasure):
        return _erasure(act, catalog, at=closes_at)
    return _linking(event, act, at=closes_at)


def _erasure(act: Erasure, catalog: Catalog, *, at: Instant) -> Record:
    scope = current_scope(Scope(categories=act.categories), catalog.renames)
    check_names(scope, catalog, path="erasure")
    erased = tuple((category, at) for category in scope.categories)
    return Record(horizon=None if erased else at, erased_categories=erased, latest_at=at)


def _submission_entries(
    event: Event, submission: Submission, catalog: Catalog, *, opens_at: Instant, closes_at: Instant
) -> tuple[Entry, ...]:
    """Its choices as entries; of equal atoms the no stays, and noes that are too many are broadened."""
    grants: list[tuple[Entry, Scope]] = []
    noes: list[Entry] = []
    if not submission.choices:
        raise RequestError("event.submission.choices", "a submission has at least one choice")
    for index, choice in enumerate(submission.choices):
        path = f"event.submission.choices[{index}]"
        choice = current_choice(choice, catalog.renames)  # noqa: PLW2901 - a form may still have old names
        if choice.kind is ChoiceKind.GIVEN:
            entries = _choice_entries(event, choice, catalog, path=path, at=opens_at)
            grants.extend([(grant, choice.scope) for grant in entries])
        else:
            noes.extend(_choice_entries(event, choice, catalog, path=path, at=closes_at))
    refused = {no.atom for no in noes}
    kept = [
        grant
        for grant, scope in grants
        if not refused or refused.isdisjoint((grant.atom, _as_written(grant.atom, scope)))
    ]
    if not kept:
        return broadened(noes, room=MAX_ATOMS_PER_EVENT, at=closes_at)
    together = len(kept) + len(noes)
    if together > MAX_ATOMS_PER_EVENT:  # broader noes would take the grants back; alone they are always taken
        raise RecordFullError(
            "event.submission",
            f"{together} things, at most {MAX_ATOMS_PER_EVENT} fit with grants among them; send the noes on their own",
        )
    return (*kept, *noes)


def _choice_entries(event: Event, choice: Choice, catalog: Catalog, *, path: str, at: Instant) -> list[Entry]:
    check_names(choice.scope, catalog, path=f"{path}.scope")
    scope, wider = choice.scope, False
    if choice.kind is not ChoiceKind.GIVEN:
        if choice.explicit or choice.expires_at is not None:
            raise RequestError(path, "only a grant is explicit or expires")
        scope, wider = manageable(scope)
    elif scope.size() > MAX_COMBINATIONS:
        raise RecordFullError(f"{path}.scope", f"names {scope.size()} things, far more than fit")
    entry = structs.replace(
        _entry(event, _KINDS[choice.kind], at=at, broadened=wider),
        explicit=choice.explicit,
        expires_at=choice.expires_at,
        notice=choice.notice,
    )
    atoms = choice_atoms(replace(choice, scope=scope) if wider else choice, catalog, path=path)
    return [structs.replace(entry, atom=atom) for atom in atoms]


def _as_written(atom: Atom, scope: Scope) -> Atom:
    """*atom* without the defaults of a grant, to be compared with a no that leaves the same unsaid."""
    channel = atom.channel if scope.channels else ANY
    return atom._replace(channel=channel, recipient=atom.recipient if scope.recipients else ANY)


def _restriction(event: Event, scope: Scope, *, at: Instant) -> Record:
    scope, wider = manageable(scope)
    entry = _entry(event, Kind.RESTRICTED, at=at, broadened=wider)
    entries = broadened((structs.replace(entry, atom=atom) for atom in scope.atoms()), room=MAX_ATOMS_PER_EVENT, at=at)
    return Record(entries=entries, latest_at=at)


def _linking(event: Event, act: LinkTo | Link | Shared, *, at: Instant) -> Record:
    """A link, or what a linked id said, as its record has it: whatever the catalog has become since."""
    if isinstance(act, LinkTo):
        raise RequestError("event.link", "names an id; what is recorded names a pseudonym")
    if isinstance(act, Link):
        return Record(ties=(Tie(other=act.other, at=at, era=act.era),), latest_at=at)
    entries = (structs.replace(_entry(event, Kind(no.kind.value), at=at), atom=no.atom) for no in act.noes)
    return Record(entries=broadened(entries, room=MAX_ATOMS_PER_EVENT, at=at), latest_at=at)


def _lifting(event: Event, scope: Scope, *, at: Instant) -> Record:
    if event.actor is not Actor.OPERATOR:
        raise RequestError("event.actor", "only an operator lifts a restriction")
    if scope.size() > MAX_ATOMS_PER_EVENT:
        raise RecordFullError("event.lifting.scope", f"names {scope.size()} things, at most {MAX_ATOMS_PER_EVENT} fit")
    entry = _entry(event, Kind.LIFTED, at=at)
    return Record(entries=tuple(structs.replace(entry, atom=atom) for atom in scope.atoms()), latest_at=at)


def _entry(event: Event, kind: Kind, *, at: Instant, broadened: bool = False) -> Entry:
    """What all entries of an event have in common; about everything until told about what."""
    return Entry(
        kind=kind,
        atom=EVERYTHING,
        at=at,
        event_id=event.id,
        actor=event.actor,
        method=event.method,
        broadened=broadened,
    )


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
