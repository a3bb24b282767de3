"""What this process does for other systems downstream, and the thread that looks after it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from sidecar.config import Config
from sidecar.consent.downstream.changes import Changes
from sidecar.consent.downstream.consumers import Consumers
from sidecar.consent.downstream.lag import Lags
from sidecar.consent.downstream.propagation import Propagation
from sidecar.consent.limits import EVERYONE
from sidecar.consent.log import ConsentLog, LogEntry
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.view.cache import ConsentCache
from sidecar.model.instant import DAY, Instant
from sidecar.telemetry.errors import ErrorReports
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.rounds import Rounds
from sidecar.transport.watches import Watches

PERIOD_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Downstream:
    """One of each; every part is safe for any number of threads."""

    changes: Changes
    consumers: Consumers
    propagation: Propagation
    lags: Lags
    watches: Watches
    pseudonyms: Pseudonyms
    see_subjects: frozenset[str]  # consumers that may

    @classmethod
    def over(
        cls,
        log: ConsentLog,
        cache: ConsentCache,
        pseudonyms: Pseudonyms,
        config: Config,
        *,
        clock: Callable[[], Instant],
    ) -> Self:
        """Everything that *log* and *cache* need for the consumers that *config* knows."""
        known, limits = config.consumers.known, config.limits
        names = tuple(consumer.name for consumer in known)
        days = config.consent.tombstone_days
        return cls(
            changes=Changes(log, cache, keeps=None if days is None else round(days * DAY)),
            consumers=Consumers(log, clock=clock),
            propagation=Propagation(log, cache, names),
            lags=Lags(log, cache, names),
            watches=Watches(limits.watches, stall_seconds=limits.watch_stall_seconds),
            pseudonyms=pseudonyms,
            see_subjects=frozenset(consumer.name for consumer in known if consumer.subjects),
        )

    def subject(self, entry: LogEntry, reader: str) -> str:
        """Whose *entry* is; empty if *reader* may not see ids, or an erasure removed it."""
        if reader in self.see_subjects and entry.sealed:
            return self.pseudonyms.unseal(entry.sealed)
        return ""

    def is_about_everyone(self, entry: LogEntry) -> bool:
        """Whether *entry* is about everyone, not about one person."""
        return entry.pseudonym == self.pseudonyms.of(EVERYONE)


class Lookout:
    """One thread, from ``start`` until draining begins: cuts readers that hang, and finds out who is behind."""

    def __init__(self, downstream: Downstream, lifecycle: Lifecycle, errors: ErrorReports) -> None:
        self._downstream = downstream
        self._errors = errors
        self._trouble = ""
        self._rounds = Rounds("downstream", self._again, lifecycle, first=PERIOD_SECONDS)

    def start(self) -> None:
        """Look at once, then every second."""
        self.look()
        self._rounds.start()

    def stop(self) -> None:
        """Wait until it has had its last look; draining must have begun."""
        self._rounds.stop()

    def look(self) -> None:
        """Look now."""
        self._downstream.watches.cut_stalled()
        try:
            self._downstream.lags.look()
            self._trouble = ""
        except Exception as error:  # noqa: BLE001 - the thread must go on: others hang until it cuts them
            if str(error) != self._trouble:  # reported once, not every second
                self._errors.report("consent", error)
            self._trouble = str(error)

    def _again(self) -> float:
        self.look()
        return PERIOD_SECONDS
