"""For how long an answer holds, if nobody says anything."""

from collections.abc import Iterable, Sequence

from sidecar.model.catalog import Catalog
from sidecar.model.decision import FieldResult
from sidecar.model.instant import Instant


def next_change(changes: Iterable[Instant | None], now: Instant) -> Instant | None:
    """The first of *changes* after *now*."""
    return min((instant for instant in changes if instant is not None and instant > now), default=None)


def reusable_ms(results: Sequence[FieldResult], purpose: str, catalog: Catalog) -> int:
    """As long as *catalog* allows for *purpose*; not at all if some of it was not put to the policies."""
    if any(result.facts is None for result in results):
        return 0
    return int(catalog.purposes[purpose].cache_for_seconds * 1000)


def cache_for_ms(allowed_ms: int, changes_at: Instant | None, now: Instant) -> int:
    """So many of *allowed_ms* as are left before the next change by the clock."""
    return allowed_ms if changes_at is None else min(allowed_ms, (changes_at - now) // 1000)
