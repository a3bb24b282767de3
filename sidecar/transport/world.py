"""What the process answers from: the bundle in use and the view of consent."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sidecar.config import Freshness as Bounds
from sidecar.consent.holds import things_held
from sidecar.consent.ledger import Ledger
from sidecar.consent.limits import EVERYONE
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.consent.view.cache import ConsentCache
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.snapshot import Snapshot
from sidecar.model.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """A bundle in use."""

    snapshot: Snapshot
    loaded_at: Instant
    checked_at: Instant  # when its source was last found to hold just this, in ticks


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where consent is known from, for people."""

    backend: str  # the kind of log
    mode: str  # of the view
    instance: str  # what this sidecar is called among those of the log


@dataclass(slots=True, kw_only=True)
class World:
    """One bundle, one view of consent, one clock. Safe for any number of threads; a request reads *policies* once."""

    policies: Policies
    cache: ConsentCache
    ledger: Ledger
    clock: Callable[[], Instant]  # tells the time, and may be put right
    ticks: Callable[[], Instant]  # only ever grows, in microseconds; ages are measured by it
    bounds: Bounds
    point: DecisionPoint = field(init=False)
    _known: Freshness = field(init=False)  # as it was last told; most calls come within the same millisecond

    def __post_init__(self) -> None:
        self.point = DecisionPoint(self.cache)
        self._known = Freshness(
            max_consent_age_ms=_milliseconds(self.bounds.max_consent_age_seconds),
            max_policy_age_ms=_milliseconds(self.bounds.max_policy_age_seconds),
        )

    @property
    def held(self) -> int:
        """How many things are held for everyone; 0 if that could not be read."""
        standing = self.cache.lookup(self.cache.pseudonym(EVERYONE)) or UNKNOWN_STANDING
        return things_held(standing.profile, self.policies.snapshot.catalog.renames)

    def freshness(self, policies: Policies | None = None) -> Freshness:
        """How old both sources are, and may be; of *policies* if given, else of those in use."""
        ticks, known = self.ticks(), self._known
        consent_age_ms, lost = self.cache.age_ms(ticks), bool(self.cache.lost)
        policy_age_ms = max(0, ticks - (policies or self.policies).checked_at) // 1_000
        if (
            consent_age_ms == known.consent_age_ms
            and lost is known.consent_lost
            and policy_age_ms == known.policy_age_ms
        ):
            return known
        freshness = self._known = Freshness(
            consent_age_ms=consent_age_ms,
            consent_lost=lost,
            max_consent_age_ms=known.max_consent_age_ms,
            policy_age_ms=policy_age_ms,
            max_policy_age_ms=known.max_policy_age_ms,
        )
        return freshness


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1_000)
