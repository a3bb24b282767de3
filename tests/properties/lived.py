"""A life as both sides see it: the slow model's list of events, and the real record."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgspec import structs

from sidecar.consent.facts import facts_of
from sidecar.consent.fold import fold
from sidecar.consent.profile import resolve
from sidecar.consent.record import EMPTY, Record, with_entries
from sidecar.model.catalog import Catalog
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import ConsentState
from tests.model.timeline import Rejected, Told, rows, tell
from tests.strategies import Step


@dataclass(frozen=True)
class Lived:
    """What was accepted of a life."""

    told: tuple[Told, ...]
    record: Record
    parts: tuple[Record, ...]  # the record of each event by itself, with all that was fixed when it was appended


def live(catalog: Catalog, life: Iterable[Step]) -> Lived:
    """Append the events of *life* one after the other; those that are refused change nothing."""
    told: list[Told] = []
    parts: list[Record] = []
    record = EMPTY
    for step in life:
        try:
            one = tell(catalog, told, step.event, accepted_at=step.accepted_at, importing=step.importing)
        except Rejected:
            continue
        told.append(one)
        record = fold(
            record, step.event, accepted_at=step.accepted_at, catalog=catalog, importing=step.importing
        ).record
        parts.append(_as_appended(alone(catalog, one), record))
    return Lived(tuple(told), record, tuple(parts))


def alone(catalog: Catalog, told: Told) -> Record:
    """The record of one event that kept its effective times, as when it is replayed."""
    accepted_at = told.opens_at if told.closes_at is None else told.closes_at
    assert accepted_at is not None
    event = replace(told.event, occurred_at=told.opens_at)
    return fold(EMPTY, event, accepted_at=accepted_at, catalog=catalog).record


def _as_appended(part: Record, record: Record) -> Record:
    appended = {(entry.event_id, entry.kind, entry.atom): entry.broadened for entry in record.entries}
    entries = (
        structs.replace(entry, broadened=appended.get((entry.event_id, entry.kind, entry.atom), False))
        for entry in part.entries
    )
    return with_entries(part, entries)


def real_facts(catalog: Catalog, record: Record, question: Question, now: Instant) -> Facts:
    """What the real code says, by way of the profile."""
    return facts_of(resolve(record, now).profile, question, catalog, catalog.superseding(now))


def opened(before: Facts, after: Facts) -> list[str]:
    """Which facts of *after* could open a door that *before* keeps shut."""
    return [
        name
        for name, opens in {
            "consent": after.consent is ConsentState.GIVEN and before.consent is not ConsentState.GIVEN,
            "explicit": after.explicit and not before.explicit,
            "by_guardian": after.by_guardian and not before.by_guardian,
            "objected": before.objected and not after.objected,
            "restricted": before.restricted and not after.restricted,
            "erased": before.erased and not after.erased,
            "age": before.age is not after.age,
            "basis": before.basis is not after.basis,
        }.items()
        if opens
    ]


def show(catalog: Catalog, told: Iterable[Told], start: Instant) -> str:
    """What was said, a line an atom, for the message of a failing test."""
    lines = [
        f"{row.kind} {' '.join(map(str, row.atom))} at {row.at - start} by {row.actor} in {row.event_id}"
        + (" explicit" if row.explicit else "")
        + ("" if row.expires_at is None else f" until {row.expires_at - start}")
        + ("" if row.notice is None else f" under {row.notice}")
        for row in rows(catalog, told)
    ]
    others = [
        f"{one.event.act} opens {one.opens_at} closes {one.closes_at}" for one in told if not rows(catalog, [one])
    ]
    return "\n".join(["", *lines, *others])
