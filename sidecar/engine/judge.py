"""From what is asked, and what is known of people, to a result for each field."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sidecar.consent.profile import EMPTY_PROFILE, Profile, Standing
from sidecar.engine.hold import on_hold
from sidecar.engine.outcome import ask_not_before
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.together import together
from sidecar.model.catalog import Purpose
from sidecar.model.decision import ConsentToAsk, FieldResult, Question, Verdict
from sidecar.model.facts import Facts
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import Effect, Reason


class Judged(NamedTuple):
    """Results in the order of what was asked, and how many co-subjects do not allow some field."""

    results: tuple[FieldResult, ...]
    co_subjects_denied: int


class People(NamedTuple):
    """Whose data it is, as of one view of consent."""

    standings: Sequence[Standing | None]  # of the subject, then of each co-subject; None: it cannot be used
    everyone: Profile = EMPTY_PROFILE  # says what is held


NOBODY: Final = People(())
"""Where nobody's standing can be used, or need be."""


def judge(
    asked: Sequence[Question | FieldResult],
    people: People,
    snapshot: Snapshot,
    *,
    now: Instant,
    unserved: Callable[[Question], Reason | None] = lambda _: None,
) -> Judged:
    """What policies, people and holds say to *asked*; *unserved* says why something is not put to them at all."""
    results: list[FieldResult] = []
    denying: set[int] = set()
    for item in asked:
        if isinstance(item, FieldResult):
            results.append(item)
            continue
        reason = unserved(item)
        if reason is not None:
            results.append(FieldResult(field=item.field, effect=Effect.DENY, reason=reason))
            continue
        result = _decide(item, snapshot, people.standings[0], now=now)
        if len(people.standings) > 1:
            others = [_decide(item, snapshot, standing, now=now) for standing in people.standings[1:]]
            denying.update(place for place, other in enumerate(others) if other.effect is Effect.DENY)
            result = together(result, others)
        if people.everyone is not EMPTY_PROFILE and _held(item, snapshot, people.everyone, now):
            result = on_hold(result)
        results.append(result)
    return Judged(tuple(results), len(denying))


def _held(item: Question, snapshot: Snapshot, everyone: Profile, now: Instant) -> bool:
    """Whether what is asked is held: restricted in the record of everyone, and does not survive that."""
    return snapshot.facts.known(everyone, item, now).facts.restricted


def _decide(item: Question, snapshot: Snapshot, standing: Standing | None, *, now: Instant) -> FieldResult:
    if standing is None:
        return FieldResult(field=item.field, effect=Effect.DENY, reason=Reason.CONSENT_UNAVAILABLE)
    facts, no_order = snapshot.facts.known(standing.profile, item, now)
    no_since = None if no_order is None else standing.times[no_order]
    return decide_question(item, facts, snapshot, now=now, no_since=no_since)


def decide_question(
    question: Question, facts: Facts, snapshot: Snapshot, *, now: Instant, no_since: Instant | None = None
) -> FieldResult:
    """The answer to *question* about a person of whom *facts* hold, whose no, if they said one, stands *no_since*."""
    verdict = snapshot.verdicts.verdict(question, facts, now)
    result = FieldResult(
        field=question.field,
        effect=verdict.effect,
        reason=verdict.reason,
        determining=verdict.determining,
        mask=verdict.mask,
        facts=facts,
    )
    if not verdict.lacks_consent:
        return result
    after = reask_after(verdict.reason, snapshot.catalog.purposes[question.purpose])
    not_before = now if after is None or no_since is None else ask_not_before(no_since, after, now)
    return replace(result, ask=_consent_to_ask(question, verdict, snapshot), ask_not_before=not_before)


def reask_after(reason: Reason, purpose: Purpose) -> Instant | None:
    """How long after a no to ask again for a consent that lacks for *reason*, microseconds; ``None``: at once."""
    if reason not in (Reason.CONSENT_WITHDRAWN, Reason.CONSENT_REFUSED):
        return None
    return round(purpose.reask_after_seconds * SECOND)


def _consent_to_ask(question: Question, verdict: Verdict, snapshot: Snapshot) -> ConsentToAsk:
    return ConsentToAsk(
        purpose=question.purpose,
        categories=snapshot.catalog.fields[question.field].categories,
        channel=question.channel,
        recipient=question.recipient,
        explicit=verdict.needs_explicit,
        by_guardian=verdict.needs_guardian,
    )
