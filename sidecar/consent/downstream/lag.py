"""How far consumers are behind: the age of the oldest event that each has not acknowledged."""

from collections.abc import Mapping, Sequence

from sidecar.consent.log import ConsentLog, Follower
from sidecar.consent.view.cache import ConsentCache
from sidecar.model.instant import SECOND, Instant


class Lags:
    """Looks at the log now and then; in between the ages go on by themselves. One thread looks, any number may ask."""

    def __init__(self, log: ConsentLog, cache: ConsentCache, names: Sequence[str]) -> None:
        self._log = log
        self._cache = cache
        self._names = names
        self._oldest: Mapping[str, Instant | None] = {}  # when what is oldest was accepted; None: nothing is left
        self._log_id = ""
        self._clear: dict[str, int] = {}  # up to here nothing is left, by name

    def look(self) -> None:
        """Find out what each has left; raises ``ConsentLogError``, and then what was found before stays."""
        if not self._names:
            return  # of many sidecars on one log most know of no consumer: they leave it alone
        applied = self._cache.applied  # before the entries: what comes later is not taken for acknowledged
        if self._log_id != self._cache.log_id:
            self._log_id, self._clear = self._cache.log_id, {}
        marks = {mark.name: mark.position for mark in self._log.marks(Follower.CONSUMER)}
        self._oldest = {name: self._left(name, marks.get(name, 0), applied) for name in self._names}

    def seconds(self, now: Instant) -> dict[str, float]:
        """The lag of each consumer at *now*, in seconds, 0 if it has everything; nobody's before the first look."""
        return {
            name: 0.0 if accepted_at is None else max(0, now - accepted_at) / SECOND
            for name, accepted_at in self._oldest.items()
        }

    def _left(self, name: str, acknowledged: int, applied: int) -> Instant | None:
        after = max(acknowledged, self._clear.get(name, 0))
        if after >= applied:
            return None
        left = self._log.entries(after=after, limit=1)
        if left:
            return left[0].accepted_at
        self._clear[name] = applied
        return None
