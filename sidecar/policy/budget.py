"""How many new questions each service may ask: one that floods its attributes spends its own time, not the others'."""

from collections.abc import Mapping
from typing import Final

from sidecar.errors import OverloadedError
from sidecar.model.instant import SECOND, Instant


class MissBudget:
    """A bucket of tokens for each service: one for each question that policies must be asked, *burst* at most.

    Kept, for a service, is the instant at which its bucket will be full again. Services are those of a catalog, so
    there are few. Outlives a bundle: a reload gives nobody a new bucket.

    Threads: may be shared while the interpreter lock is there; two at once may spend one token together.
    """

    __slots__ = ("_burst", "_full_at", "_interval", "_refused")

    def __init__(self, *, per_second: float, burst: int) -> None:
        self._interval: Final = max(1, round(SECOND / per_second))
        self._burst: Final = burst * self._interval
        self._full_at: dict[str, Instant] = {}
        self._refused: dict[str, int] = {}

    def spend(self, service: str, now: Instant) -> None:
        """Take a token of *service*; raises ``OverloadedError``, and counts it, if it has none left."""
        full_at = self._full_at.get(service, now)
        # A bucket is never emptier than empty: who would have to wait longer saw the clock put back.
        if full_at < now or full_at > now + self._burst:
            full_at = now
        if full_at + self._interval > now + self._burst:
            self._refused[service] = self._refused.get(service, 0) + 1
            raise OverloadedError(
                f"`{service}` asks too many new questions at once; ask again later, and with attributes that vary less"
            )
        self._full_at[service] = full_at + self._interval

    @property
    def refused(self) -> Mapping[str, int]:
        """How many questions of each service, that had any, were refused."""
        return dict(self._refused)
