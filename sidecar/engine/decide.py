"""The decision: from a request, one bundle and one view of consent to an answer."""

from dataclasses import dataclass, replace

from sidecar.consent.profile import UNKNOWN_STANDING, Standing
from sidecar.consent.revision import Revision
from sidecar.consent.view.cache import ConsentCache
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.model.catalog import Purpose
from sidecar.model.decision import Answer, ConsentToAsk, FieldResult, Pending, Question, Request, Verdict
from sidecar.model.facts import Facts
from sidecar.model.instant import SECOND, Instant
from sidecar.model.vocabulary import PRECEDENCE, Effect, FailureMode, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old the two sources of an answer are, and may be; milliseconds; a bound of ``None`` is no bound."""

    consent_age_ms: int = 0
    max_consent_age_ms: int | None = None
    policy_age_ms: int = 0
    max_policy_age_ms: int | None = None

    def stale(self, purpose: Purpose) -> Reason | None:
        """Why *purpose* may not be served from this view; ``None`` if it may."""
        if _too_old(self.policy_age_ms, self.max_policy_age_ms, purpose):
            return Reason.STALE_POLICY
        if _too_old(self.consent_age_ms, self.max_consent_age_ms, purpose):
            return Reason.STALE_CONSENT
        return None

    @property
    def fresh(self) -> bool:
        """Whether both are within their bounds."""
        return not (
            _older(self.policy_age_ms, self.max_policy_age_ms) or _older(self.consent_age_ms, self.max_consent_age_ms)
        )


def _older(age_ms: int, bound_ms: int | None) -> bool:
    return bound_ms is not None and age_ms > bound_ms


def _too_old(age_ms: int, bound_ms: int | None, purpose: Purpose) -> bool:
    grace = purpose.serve_last_known_seconds if purpose.failure_mode is FailureMode.SERVE_LAST_KNOWN else 0.0
    return bound_ms is not None and age_ms > bound_ms + grace * 1000


class DecisionPoint:
    """Decides requests against a cache of consent; holds no state of its own, safe for any number of threads.

    *cache* is read as its one writer leaves it: the revision first, then the subject's slot, once.
    """

    def __init__(self, cache: ConsentCache) -> None:
        self._cache = cache

    def decide(
        self, request: Request, snapshot: Snapshot, *, now: Instant, freshness: Freshness, may_wait: bool = True
    ) -> Answer | Pending:
        """The answer to *request* at *now*.

        Returns ``Pending`` instead, if *may_wait*, when the subject's slot must be resolved again or the view has not
        yet applied the revision asked for; without *may_wait* both are denies. Never waits.

        Raises ``RequestError`` if ``at_least_as_fresh`` is no revision, ``OverloadedError`` if the service asks too
        many new questions (ADR-0016).
        """
        seen = self._cache.revision()
        wanted = Revision.parse(request.at_least_as_fresh) if request.at_least_as_fresh else None
        asked = questions(request, snapshot.catalog)
        standing, unmet, pending = UNKNOWN_STANDING, None, None
        if any(isinstance(item, Question) for item in asked):
            if wanted is not None and wanted.log_id != seen.log_id:
                unmet = Reason.STALE_CONSENT
            elif wanted is not None and wanted.position > seen.position:
                unmet, pending = Reason.STALE_CONSENT, Pending(position=wanted.position)
            else:
                pseudonym = self._cache.pseudonym(request.subject)
                held = self._cache.lookup(pseudonym)
                if held is None or (held.changes_at is not None and held.changes_at <= now):
                    unmet, pending = Reason.CONSENT_UNAVAILABLE, Pending(pseudonym=pseudonym)
                else:
                    standing = held
        if pending is not None and may_wait:
            return pending
        results = tuple(
            _decide(item, snapshot, standing, now=now, unmet=_unserved(item, snapshot, freshness, unmet))
            for item in asked
        )
        changes_at = _clock_changes_at(asked, snapshot, standing, now)
        return Answer(
            results=results,
            policy_revision=snapshot.bundle.revision,
            consent_revision=str(seen),
            consent_age_ms=freshness.consent_age_ms,
            clock_changes_at=changes_at,
            cache_for_ms=_cache_for_ms(results, request, snapshot, changes_at, now) if freshness.fresh else 0,
        )


def decide_standing(request: Request, standing: Standing, snapshot: Snapshot, *, now: Instant) -> Answer:
    """The answer to *request* about a person of this *standing* at *now*, with nothing stale; without a log."""
    asked = questions(request, snapshot.catalog)
    results = tuple(_decide(item, snapshot, standing, now=now, unmet=None) for item in asked)
    changes_at = _clock_changes_at(asked, snapshot, standing, now)
    return Answer(
        results=results,
        policy_revision=snapshot.bundle.revision,
        consent_revision="",
        consent_age_ms=0,
        clock_changes_at=changes_at,
        cache_for_ms=_cache_for_ms(results, request, snapshot, changes_at, now),
    )


def _unserved(
    item: Question | FieldResult, snapshot: Snapshot, freshness: Freshness, unmet: Reason | None
) -> Reason | None:
    """Why *item* is not put to the policies: the first in precedence; no failure mode overrides *unmet*."""
    if isinstance(item, FieldResult):
        return None
    stale = freshness.stale(snapshot.catalog.purposes[item.purpose])
    return min((reason for reason in (stale, unmet) if reason is not None), key=PRECEDENCE.__getitem__, default=None)


def _decide(
    item: Question | FieldResult, snapshot: Snapshot, standing: Standing, *, now: Instant, unmet: Reason | None
) -> FieldResult:
    if isinstance(item, FieldResult):
        return item
    if unmet is not None:
        return FieldResult(field=item.field, effect=Effect.DENY, reason=unmet)
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
    purpose = snapshot.catalog.purposes[question.purpose]
    not_before = now
    if verdict.reason in (Reason.CONSENT_WITHDRAWN, Reason.CONSENT_REFUSED) and no_since is not None:
        not_before = max(now, no_since + round(purpose.reask_after_seconds * SECOND))
    return replace(result, ask=_consent_to_ask(question, verdict, snapshot), ask_not_before=not_before)


def _consent_to_ask(question: Question, verdict: Verdict, snapshot: Snapshot) -> ConsentToAsk:
    return ConsentToAsk(
        purpose=question.purpose,
        categories=snapshot.catalog.fields[question.field].categories,
        channel=question.channel,
        recipient=question.recipient,
        explicit=verdict.needs_explicit,
        by_guardian=verdict.needs_guardian,
    )


def _clock_changes_at(
    asked: tuple[Question | FieldResult, ...], snapshot: Snapshot, standing: Standing, now: Instant
) -> Instant | None:
    """Names do not change with the clock; only what was put to the policies does."""
    if not any(isinstance(item, Question) for item in asked):
        return None
    changes = (standing.changes_at, snapshot.facts.changes_at(now))
    return min((instant for instant in changes if instant is not None and instant > now), default=None)


def _cache_for_ms(
    results: tuple[FieldResult, ...], request: Request, snapshot: Snapshot, changes_at: Instant | None, now: Instant
) -> int:
    """As long as the catalog allows for the purpose, never past the next change by the clock."""
    if any(result.facts is None for result in results):
        return 0
    allowed_ms = int(snapshot.catalog.purposes[request.purpose].cache_for_seconds * 1000)
    return allowed_ms if changes_at is None else min(allowed_ms, (changes_at - now) // 1000)
