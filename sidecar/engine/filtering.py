"""Of many people, those whose data may be used: decided some at a time, so that others are answered in between."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sidecar.bounded import Generations
from sidecar.consent.limits import EVERYONE
from sidecar.consent.profile import Profile, Standing, current
from sidecar.consent.revision import Revision
from sidecar.consent.view.cache import ConsentCache
from sidecar.engine.decide import Freshness, decide_under_holds
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.usability import Usability, usability_of
from sidecar.model.decision import FieldResult, Pending, Question, Request
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import PRECEDENCE, Mask, Reason

if TYPE_CHECKING:
    from sidecar.engine.outcome import Ground


class Group(NamedTuple):
    """Subjects, by their place in the request, of whom the same is said."""

    usability: Usability
    places: tuple[int, ...]  # ascending, never empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """What is said of all subjects of a request; each is in one group."""

    usable: tuple[Group, ...]  # the one without obligations first
    denied: tuple[Group, ...]  # in order of precedence
    obliged: tuple[Group, ...]  # not denied, but the caller cannot do what would have to be done
    policy_revision: str
    consent_revision: str
    consent_age_ms: int
    clock_changes_at: Instant | None
    cache_for_ms: int


class Filtering:
    """The subjects of one request, whose fields are wanted together, on the way into groups.

    Everybody is looked at (``look``); who needs more than memory has is put *aside*, and then decided one by one
    (``decide``). What is said of somebody is what ``DecisionPoint.decide`` would say at the same instant. For one
    thread at a time. Never waits, and only ``decide`` asks policies.

    *request* is for anybody: its subject is not looked at, and it has no co-subjects.
    """

    def __init__(self, cache: ConsentCache, request: Request, snapshot: Snapshot) -> None:
        self._seen = cache.revision()  # before any slot
        self._cache = cache
        self._request = request
        self._snapshot = snapshot
        self._everyone = cache.pseudonym(EVERYONE)
        asked = questions(request, snapshot.catalog)
        self._asked = tuple(item for item in asked if isinstance(item, Question))
        unasked = [item for item in asked if isinstance(item, FieldResult)]
        self._unasked = usability_of(unasked) if unasked else None  # comes before any reason that a person has
        self._wanted = Revision.parse(request.at_least_as_fresh) if request.at_least_as_fresh else None
        self._groups: dict[Usability, list[int]] = {}
        self._ground: Ground | None = None
        self._known: Generations[Profile, Usability]  # on the ground, like the adders
        self._adders: dict[Profile, Callable[[int], None]] = {}
        self._changes_at: Instant | None = None
        self._age_ms = 0
        self._reusable = True
        self.aside: list[int] = []
        """The places of those who are still to be decided one by one."""

    @property
    def awaited(self) -> int | None:
        """The position that the view must have applied before it is worth while to begin; ``None``: begin."""
        wanted, seen = self._wanted, self._seen
        if self._unasked is not None or wanted is None or wanted.log_id != seen.log_id:
            return None
        return wanted.position if wanted.position > seen.position else None

    def look(self, places: Sequence[int], subjects: Iterable[str], *, now: Instant, freshness: Freshness) -> None:
        """Have *subjects*, who have these *places*, in groups or aside."""
        settled = self._settled(freshness)
        if settled is not None:
            self._group(settled).extend(places)
            return
        everyone = current(self._cache.lookup(self._everyone), now)
        if everyone is None:
            self.aside.extend(places)
            return
        self._stand_on(everyone, now)
        pseudonym_of, lookup, adders, aside = self._cache.pseudonym, self._cache.lookup, self._adders, self.aside
        changes: set[Instant | None] = set()
        for place, subject in zip(places, subjects, strict=True):
            standing = current(lookup(pseudonym_of(subject)), now)
            if standing is None:
                aside.append(place)
                continue
            profile = standing.profile
            add = adders.get(profile) or self._adder(profile)
            if add is None:
                aside.append(place)
                continue
            add(place)
            changes.add(standing.changes_at)
        self._note_changes(changes, now)

    def decide(
        self, place: int, subject: str, *, now: Instant, freshness: Freshness, may_wait: bool = True
    ) -> Pending | None:
        """Have *subject*, who has this *place*, in a group, asking policies where memory is not enough.

        Returns ``Pending`` instead, if *may_wait*, when a slot must be resolved again; without *may_wait* who cannot be
        decided is denied. Raises ``OverloadedError`` if the service asks too many new questions (ADR-0016).
        """
        settled = self._settled(freshness)
        if settled is not None:
            self._group(settled).append(place)
            return None
        pseudonyms = (self._everyone, self._cache.pseudonym(subject))
        everyone, standing = (current(self._cache.lookup(pseudonym), now) for pseudonym in pseudonyms)
        if everyone is None or standing is None:
            if may_wait:
                return Pending(pseudonym=pseudonyms[0] if everyone is None else pseudonyms[1])
            self._reusable = False
            self._group(Usability(reason=Reason.CONSENT_UNAVAILABLE)).append(place)
            return None
        known = self._stand_on(everyone, now)
        usability = known.get(standing.profile)
        if usability is None:
            results = decide_under_holds(self._request, standing, everyone, self._snapshot, now=now)
            usability = usability_of(results)
            known.put(standing.profile, usability)
        self._group(usability).append(place)
        self._note_changes({standing.changes_at}, now)
        return None

    def filtered(self, able: frozenset[Mask], *, now: Instant) -> Filtered:
        """The groups, for who masks in the ways of *able*; nobody may be aside any more."""
        groups = [Group(usability, tuple(sorted(places))) for usability, places in self._groups.items() if places]
        groups.sort(key=lambda group: (PRECEDENCE[group.usability.reason], group.usability))
        return Filtered(
            usable=tuple(group for group in groups if group.usability.is_for(able)),
            denied=tuple(group for group in groups if group.usability.reason is not Reason.ALLOWED),
            obliged=tuple(
                group
                for group in groups
                if group.usability.reason is Reason.ALLOWED and not group.usability.is_for(able)
            ),
            policy_revision=self._snapshot.bundle.revision,
            consent_revision=str(self._seen),
            consent_age_ms=self._age_ms,
            clock_changes_at=self._changes_at,
            cache_for_ms=self._cache_for_ms(now) if self._reusable else 0,
        )

    def _settled(self, freshness: Freshness) -> Usability | None:
        """What is said of everybody, whatever their record; ``None`` if that decides."""
        self._age_ms = max(self._age_ms, freshness.consent_age_ms)
        settled = self._unasked
        if settled is None:
            reasons = [freshness.stale(self._snapshot.catalog.purposes[self._request.purpose]), self._unmet()]
            first = min((one for one in reasons if one is not None), key=PRECEDENCE.__getitem__, default=None)
            settled = None if first is None else Usability(reason=first)
        self._reusable = self._reusable and settled is None and freshness.fresh
        return settled

    def _unmet(self) -> Reason | None:
        wanted, seen = self._wanted, self._seen
        met = wanted is None or (wanted.log_id == seen.log_id and wanted.position <= seen.position)
        return None if met else Reason.STALE_CONSENT

    def _stand_on(self, everyone: Standing, now: Instant) -> Generations[Profile, Usability]:
        """What is known on the ground of *now*, from which alone anybody is added from here on."""
        ground = self._snapshot.plans.ground(self._snapshot.facts.season(now), everyone.profile)
        if ground is not self._ground:
            self._ground, self._known = ground, self._snapshot.audiences.on(ground, self._asked)
            self._adders = {}
        return self._known

    def _adder(self, profile: Profile) -> Callable[[int], None] | None:
        """What adds a place to the group of *profile*; ``None`` if policies must be asked first."""
        usability = self._known.get(profile)
        if usability is None:
            return None
        add = self._adders[profile] = self._group(usability).append
        return add

    def _group(self, usability: Usability) -> list[int]:
        return self._groups.setdefault(usability, [])

    def _note_changes(self, changes: Iterable[Instant | None], now: Instant) -> None:
        """Keep the earliest instant at which the clock changes what was said just now."""
        found = (*changes, self._snapshot.facts.changes_at(now), self._changes_at)
        self._changes_at = min((instant for instant in found if instant is not None), default=None)

    def _cache_for_ms(self, now: Instant) -> int:
        """As for an answer about one person; 0 if the clock has overtaken the work."""
        allowed_ms = int(self._snapshot.catalog.purposes[self._request.purpose].cache_for_seconds * 1000)
        if self._changes_at is None:
            return allowed_ms
        return max(0, min(allowed_ms, (self._changes_at - now) // 1000))
