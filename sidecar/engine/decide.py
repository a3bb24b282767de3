"""The decision: from a request, one bundle and one view of consent to an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from sidecar.consent.limits import EVERYONE
from sidecar.consent.profile import EMPTY_PROFILE, UNKNOWN_STANDING, Standing
from sidecar.consent.revision import Revision
from sidecar.consent.view.cache import ConsentCache
from sidecar.engine.hold import on_hold
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.together import together
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
    consent_lost: bool = False  # nothing is heard of the log, and never will be: no age is young enough

    def stale(self, purpose: Purpose) -> Reason | None:
        """Why *purpose* may not be served from this view; ``None`` if it may."""
        if _too_old(self.policy_age_ms, self.max_policy_age_ms, purpose):
            return Reason.STALE_POLICY
        if self.consent_lost and not _serves_last_known(self.consent_age_ms, purpose):
            return Reason.STALE_CONSENT
        if _too_old(self.consent_age_ms, self.max_consent_age_ms, purpose):
            return Reason.STALE_CONSENT
        return None

    @property
    def fresh(self) -> bool:
        """Whether both are within their bounds."""
        return not self.consent_lost and not (
            _older(self.policy_age_ms, self.max_policy_age_ms) or _older(self.consent_age_ms, self.max_consent_age_ms)
        )


def _older(age_ms: int, bound_ms: int | None) -> bool:
    return bound_ms is not None and age_ms > bound_ms


def _serves_last_known(age_ms: int, purpose: Purpose) -> bool:
    return purpose.failure_mode is FailureMode.SERVE_LAST_KNOWN and age_ms <= purpose.serve_last_known_seconds * 1000


def _too_old(age_ms: int, bound_ms: int | None, purpose: Purpose) -> bool:
    grace = purpose.serve_last_known_seconds if purpose.failure_mode is FailureMode.SERVE_LAST_KNOWN else 0.0
    return bound_ms is not None and age_ms > bound_ms + grace * 1000


_FRESH: Final = Freshness()


class _View(NamedTuple):
    """What is asked, and what a cache has of the people it is asked about."""

    asked: Sequence[Question | FieldResult]
    standings: Sequence[Standing | None]  # of the subject, then of each co-subject; None: it cannot be used
    revision: Revision | None  # as of which; None: of no log
    unmet: Reason | None = None  # why none can
    pending: Pending | None = None  # what has to be done first
    everyone: Standing = UNKNOWN_STANDING  # says what is held


class DecisionPoint:
    """Decides requests against a cache of consent; holds no state of its own, safe for any number of threads.

    *cache* is read as its one writer leaves it: the revision first, then the subject's slot, once.
    """

    def __init__(self, cache: ConsentCache) -> None:
        self._cache = cache
        self._everyone = cache.pseudonym(EVERYONE)

    def decide(
        self, request: Request, snapshot: Snapshot, *, now: Instant, freshness: Freshness, may_wait: bool = True
    ) -> Answer | Pending:
        """The answer to *request* at *now*.

        With co-subjects a field is allowed only if it is for all, each once; those who do not allow some field are
        counted, unless nobody was asked because a name is unknown or a source is stale. What is held for everyone is
        denied, whatever the policies say.

        Returns ``Pending`` instead, if *may_wait*, when somebody's slot must be resolved again or the view has not
        yet applied the revision asked for; without *may_wait* both are denies. Never waits.

        Raises ``RequestError`` if ``at_least_as_fresh`` is no revision, ``OverloadedError`` if the service asks too
        many new questions (ADR-0016).
        """
        seen = self._cache.revision()
        asked = questions(request, snapshot.catalog)
        view = self._view(request, asked, seen, now)
        if view.pending is not None and may_wait and not freshness.consent_lost:  # else nothing will come
            return view.pending
        return _answer(request, snapshot, view, now=now, freshness=freshness)

    def _view(self, request: Request, asked: Sequence[Question | FieldResult], seen: Revision, now: Instant) -> _View:
        wanted = Revision.parse(request.at_least_as_fresh) if request.at_least_as_fresh else None
        if not any(isinstance(item, Question) for item in asked):
            return _View(asked, (), seen)
        if wanted is not None and wanted.log_id != seen.log_id:
            return _View(asked, (), seen, Reason.STALE_CONSENT)
        if wanted is not None and wanted.position > seen.position:
            return _View(asked, (), seen, Reason.STALE_CONSENT, Pending(position=wanted.position))
        everyone = self._current(self._everyone, now)
        if everyone is None:
            return _View(asked, (), seen, Reason.CONSENT_UNAVAILABLE, Pending(pseudonym=self._everyone))
        standings: list[Standing | None] = []
        pending = None
        for subject in (request.subject, *request.co_subjects):
            pseudonym = self._cache.pseudonym(subject)
            standing = self._current(pseudonym, now)
            if standing is None:
                pending = pending or Pending(pseudonym=pseudonym)
            standings.append(standing)
        return _View(asked, standings, seen, None, pending, everyone)

    def _current(self, pseudonym: bytes, now: Instant) -> Standing | None:
        """The subject's standing; ``None`` if it must be refreshed first."""
        standing = self._cache.lookup(pseudonym)
        if standing is None or (standing.changes_at is not None and standing.changes_at <= now):
            return None
        return standing


def decide_standing(
    request: Request, standing: Standing, snapshot: Snapshot, *, now: Instant, others: Sequence[Standing] = ()
) -> Answer:
    """The answer to *request* about a person of this *standing* at *now*, with nothing stale; without a log.

    *others* are the standings of its co-subjects.
    """
    view = _View(questions(request, snapshot.catalog), (standing, *others), None)
    return _answer(request, snapshot, view, now=now, freshness=_FRESH)


def decide_under_holds(
    request: Request, standing: Standing, everyone: Standing, snapshot: Snapshot, *, now: Instant
) -> Sequence[FieldResult]:
    """The results as above, while what *everyone* has is held; without co-subjects."""
    view = _View(questions(request, snapshot.catalog), (standing,), None, everyone=everyone)
    return _answer(request, snapshot, view, now=now, freshness=_FRESH).results


def _answer(request: Request, snapshot: Snapshot, view: _View, *, now: Instant, freshness: Freshness) -> Answer:
    """The answer to *request* from *view*."""
    results: list[FieldResult] = []
    denying: set[int] = set()
    for item in view.asked:
        unserved = _unserved(item, snapshot, freshness, view.unmet)
        if isinstance(item, FieldResult) or unserved is not None:
            results.append(_unasked(item, unserved))
            continue
        result = _decide(item, snapshot, view.standings[0], now=now)
        if len(view.standings) > 1:
            others = [_decide(item, snapshot, standing, now=now) for standing in view.standings[1:]]
            denying.update(place for place, other in enumerate(others) if other.effect is Effect.DENY)
            result = together(result, others)
        if view.everyone.profile is not EMPTY_PROFILE and _held(item, snapshot, view.everyone, now):
            result = on_hold(result)
        results.append(result)
    changes_at = _clock_changes_at(view, snapshot, now)
    reusable = freshness.fresh and None not in view.standings
    return Answer(
        results=tuple(results),
        policy_revision=snapshot.bundle.revision,
        consent_revision="" if view.revision is None else str(view.revision),
        consent_age_ms=freshness.consent_age_ms,
        clock_changes_at=changes_at,
        cache_for_ms=_cache_for_ms(results, request, snapshot, changes_at, now) if reusable else 0,
        co_subjects_denied=len(denying),
    )


def _unserved(
    item: Question | FieldResult, snapshot: Snapshot, freshness: Freshness, unmet: Reason | None
) -> Reason | None:
    """Why *item* is not put to the policies: the first in precedence; no failure mode overrides *unmet*."""
    if isinstance(item, FieldResult):
        return None
    stale = freshness.stale(snapshot.catalog.purposes[item.purpose])
    return min((reason for reason in (stale, unmet) if reason is not None), key=PRECEDENCE.__getitem__, default=None)


def _held(item: Question, snapshot: Snapshot, everyone: Standing, now: Instant) -> bool:
    """Whether what is asked is held: restricted in the record of everyone, and does not survive that."""
    return snapshot.facts.known(everyone.profile, item, now).facts.restricted


def _unasked(item: Question | FieldResult, unserved: Reason | None) -> FieldResult:
    """The deny of what is not put to the policies."""
    if isinstance(item, FieldResult):
        return item
    assert unserved is not None
    return FieldResult(field=item.field, effect=Effect.DENY, reason=unserved)


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


def _clock_changes_at(view: _View, snapshot: Snapshot, now: Instant) -> Instant | None:
    """Names do not change with the clock; only what was put to the policies does."""
    if not any(isinstance(item, Question) for item in view.asked):
        return None
    changes = [snapshot.facts.changes_at(now)]
    changes += [standing.changes_at for standing in view.standings if standing is not None]
    return min((instant for instant in changes if instant is not None and instant > now), default=None)


def _cache_for_ms(
    results: Sequence[FieldResult], request: Request, snapshot: Snapshot, changes_at: Instant | None, now: Instant
) -> int:
    """As long as the catalog allows for the purpose, never past the next change by the clock."""
    if any(result.facts is None for result in results):
        return 0
    allowed_ms = int(snapshot.catalog.purposes[request.purpose].cache_for_seconds * 1000)
    return allowed_ms if changes_at is None else min(allowed_ms, (changes_at - now) // 1000)
