"""Somebody who follows a log, step by step."""

from dataclasses import dataclass, field

from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.view.applier import Applier, Outside
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.loading import Load
from sidecar.consent.view.replica import Replica
from sidecar.consent.view.snapshot import DAY
from sidecar.model.instant import SECOND
from sidecar.testing import FixedClock
from tests.unit.consent.desk import KEY, NOW
from tests.unit.consent.view.memory_log import MemoryFeed, MemoryLog, Store


@dataclass
class Follower:
    """A view and its applier, stepped by hand, with clocks that stand."""

    store: Store
    ticks: FixedClock = field(default_factory=lambda: FixedClock(1_000 * SECOND))
    most: int = 1_000  # entries that its feed gives at once

    def __post_init__(self) -> None:
        self.reported: list[str] = []
        self.store.clock = self.ticks
        self.log = MemoryLog(self.store)
        self.contact = Contact()
        self.load = Load(self.ticks)
        self.cache = Replica(self.log, Pseudonyms(KEY), contact=self.contact, load=self.load)
        self.feeds: list[MemoryFeed] = []
        follow = self.log.follow

        def following(*, after: int | None) -> MemoryFeed:
            feed = follow(after=after)
            feed.most, feed.patient = self.most, False
            self.feeds.append(feed)
            return feed

        self.log.follow = following  # type: ignore[method-assign]
        self.applier = Applier(
            self.log,
            self.cache,
            self.load,
            Outside(
                clock=lambda: NOW,
                ticks=self.ticks,
                report=lambda error: self.reported.append(f"{type(error).__name__}: {error}"),
                share=lambda: 0.5,
            ),
            max_offline=30 * DAY,
        )

    def steps(self, number: int) -> list[float]:
        """What each of so many steps asks to be waited."""
        return [self.applier.step() for _ in range(number)]

    def knows(self, subject: str) -> bool:
        """Whether the view has a record of *subject*."""
        return self.cache.lookup(self.cache.pseudonym(subject)) != UNKNOWN_STANDING

    @property
    def age_ms(self) -> int:
        """The age of the view now."""
        return self.cache.age_ms(self.ticks.now)
