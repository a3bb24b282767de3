"""What the process answers from: the bundle in use and the view of consent."""

from collections.abc import Callable
from dataclasses import dataclass

from sidecar.config import Freshness as Bounds
from sidecar.consent.cache import ConsentCache
from sidecar.consent.ledger import Ledger
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.snapshot import Snapshot
from sidecar.model.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """A bundle in use."""

    snapshot: Snapshot
    loaded_at: Instant
    checked_at: Instant  # when its source was last looked at


class World:
    """One bundle, one view of consent, one clock. Safe for any number of threads; a request reads *policies* once."""

    def __init__(
        self,
        *,
        policies: Policies,
        cache: ConsentCache,
        ledger: Ledger,
        clock: Callable[[], Instant],
        bounds: Bounds,
    ) -> None:
        self.policies = policies
        self.cache = cache
        self.ledger = ledger
        self.point = DecisionPoint(cache)
        self.clock = clock
        self._max_consent_age_ms = _milliseconds(bounds.max_consent_age_seconds)
        self._max_policy_age_ms = _milliseconds(bounds.max_policy_age_seconds)

    def freshness(self, now: Instant) -> Freshness:
        """How old both sources are at *now*, and may be."""
        return Freshness(
            consent_age_ms=self.cache.age_ms(now),
            max_consent_age_ms=self._max_consent_age_ms,
            policy_age_ms=max(0, (now - self.policies.checked_at) // 1_000),
            max_policy_age_ms=self._max_policy_age_ms,
        )


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1_000)
