"""The decision: from a request, one bundle and one view of consent to an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sidecar.consent.limits import EVERYONE
from sidecar.consent.profile import Standing, current
from sidecar.consent.revision import Revision
from sidecar.consent.view.cache import ConsentCache
from sidecar.engine.judge import NOBODY, People, judge
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.validity import cache_for_ms, next_change, reusable_ms
from sidecar.model.catalog import Purpose
from sidecar.model.decision import Answer, FieldResult, Pending, Question, Request
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import PRECEDENCE, FailureMode, Reason


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
    people: People
    revision: Revision | None  # as of which; None: of no log
    unmet: Reason | None = None  # why nobody's standing can be used
    pending: Pending | None = None  # what has to be done first


class DecisionPoint:
    """Decides requests against a cache of consent; holds no state of its own, safe for any number of threads.

    *cache* is read as its one writer leaves it: the revision first, then the subject's slot, once.
    """

    def __init__(self, cache: ConsentCache) -> None:
        self._cache = cache
        self.everyone: Final = cache.pseudonym(EVERYONE)
        """Whose record says what is held."""

    def decide(  # noqa: PLR0913 - what an answer depends on
        self,
        request: Request,
        snapshot: Snapshot,
        *,
        now: Instant,
        freshness: Freshness,
        may_wait: bool = True,
        may_ask: bool = True,
    ) -> Answer | Pending:
        """The answer to *request* at *now*.

        With co-subjects a field is allowed only if it is for all, each once; those who do not allow some field are
        counted, unless nobody was asked because a name is unknown or a source is stale. What is held for everyone is
        denied, whatever the policies say.

        Returns ``Pending`` instead, if *may_wait*, when somebody's slot must be resolved again or the view has not
        yet applied the revision asked for; without *may_wait* both are denies. So it does, unless it *may_ask* policies
        what they were not asked before, which takes a thousand times as long as the rest. Never waits.

        Raises ``RequestError`` if ``at_least_as_fresh`` is no revision, ``OverloadedError`` if the service asks too
        many new questions (ADR-0016).
        """
        seen = self._cache.revision()
        asked = questions(request, snapshot.catalog)
        view = self._view(request, asked, seen, now)
        if view.pending is not None and may_wait and not freshness.consent_lost:  # else nothing will come
            return view.pending
        unserved = _Unserved(snapshot, freshness, view.unmet)
        if not may_ask and not _decided_before(view, snapshot, unserved, now):
            return Pending(policies=True)
        return _answer(request, snapshot, view, now=now, freshness=freshness)

    def _view(self, request: Request, asked: Sequence[Question | FieldResult], seen: Revision, now: Instant) -> _View:
        wanted = Revision.parse(request.at_least_as_fresh) if request.at_least_as_fresh else None
        if not any(isinstance(item, Question) for item in asked):
            return _View(asked, NOBODY, seen)
        if wanted is not None and wanted.log_id != seen.log_id:
            return _View(asked, NOBODY, seen, Reason.STALE_CONSENT)
        if wanted is not None and wanted.position > seen.position:
            return _View(asked, NOBODY, seen, Reason.STALE_CONSENT, Pending(position=wanted.position))
        everyone = current(self._cache.lookup(self.everyone), now)
        if everyone is None:
            return _View(asked, NOBODY, seen, Reason.CONSENT_UNAVAILABLE, Pending(pseudonym=self.everyone))
        standings: list[Standing | None] = []
        pending = None
        for subject in (request.subject, *request.co_subjects):
            pseudonym = self._cache.pseudonym(subject)
            standing = current(self._cache.lookup(pseudonym), now)
            if standing is None:
                pending = pending or Pending(pseudonym=pseudonym)
            standings.append(standing)
        return _View(asked, People(standings, everyone.profile), seen, None, pending)


def decide_standing(
    request: Request, standing: Standing, snapshot: Snapshot, *, now: Instant, others: Sequence[Standing] = ()
) -> Answer:
    """The answer to *request* about a person of this *standing* at *now*, with nothing stale; without a log.

    *others* are the standings of its co-subjects.
    """
    view = _View(questions(request, snapshot.catalog), People((standing, *others)), None)
    return _answer(request, snapshot, view, now=now, freshness=_FRESH)


def decide_under_holds(
    request: Request, standing: Standing, everyone: Standing, snapshot: Snapshot, *, now: Instant
) -> Sequence[FieldResult]:
    """The results as above, while what *everyone* has is held; without co-subjects."""
    view = _View(questions(request, snapshot.catalog), People((standing,), everyone.profile), None)
    return _answer(request, snapshot, view, now=now, freshness=_FRESH).results


@dataclass(frozen=True, slots=True)
class _Unserved:
    """Why questions are not put to the policies."""

    snapshot: Snapshot
    freshness: Freshness
    unmet: Reason | None

    def __call__(self, item: Question) -> Reason | None:
        """Why *item* is not: the first in precedence; no failure mode overrides what is unmet."""
        stale = self.freshness.stale(self.snapshot.catalog.purposes[item.purpose])
        reasons = [reason for reason in (stale, self.unmet) if reason is not None]
        return min(reasons, key=PRECEDENCE.__getitem__, default=None)


def _decided_before(view: _View, snapshot: Snapshot, unserved: _Unserved, now: Instant) -> bool:
    """Whether the policies were asked all that they are to be asked."""
    return all(
        snapshot.verdicts.knows(item, snapshot.facts.known(standing.profile, item, now).facts)
        for item in view.asked
        if isinstance(item, Question) and unserved(item) is None
        for standing in view.people.standings
        if standing is not None
    )


def _answer(request: Request, snapshot: Snapshot, view: _View, *, now: Instant, freshness: Freshness) -> Answer:
    """The answer to *request* from *view*."""
    standings = view.people.standings
    unserved = _Unserved(snapshot, freshness, view.unmet)
    results, denied = judge(view.asked, view.people, snapshot, now=now, unserved=unserved)
    changes_at = _clock_changes_at(view, snapshot, now)
    reusable = freshness.fresh and None not in standings
    allowed_ms = reusable_ms(results, request.purpose, snapshot.catalog) if reusable else 0
    return Answer(
        results=results,
        policy_revision=snapshot.bundle.revision,
        consent_revision="" if view.revision is None else str(view.revision),
        consent_age_ms=freshness.consent_age_ms,
        clock_changes_at=changes_at,
        cache_for_ms=cache_for_ms(allowed_ms, changes_at, now),
        co_subjects_denied=denied,
    )


def _clock_changes_at(view: _View, snapshot: Snapshot, now: Instant) -> Instant | None:
    """Names do not change with the clock; only what was put to the policies does."""
    if not any(isinstance(item, Question) for item in view.asked):
        return None
    changes = [standing.changes_at for standing in view.people.standings if standing is not None]
    return next_change((snapshot.facts.changes_at(now), *changes), now)
