"""What answers share that are given in one go: one clock, one bundle, one view of consent."""

from typing import TYPE_CHECKING, Final

from sidecar.consent.profile import current
from sidecar.telemetry.decisionlog.recording import Occasion
from sidecar.transport.convert.outcomes import Setting, to_view
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.world import World

if TYPE_CHECKING:
    from sidecar.engine.outcome import Ground


class Moment:
    """Clock, ages, bundle, revision and holds, each read once, when this is made. For one thread."""

    __slots__ = ("answering", "freshness", "ground", "now", "occasion", "revision", "setting", "snapshot")

    def __init__(self, world: World, lifecycle: Lifecycle) -> None:
        self.answering: Final = lifecycle.answering
        """Whether the view was complete before anything of it was read: one that is not lacks holds."""
        policies = world.policies
        self.snapshot: Final = policies.snapshot
        self.freshness: Final = world.freshness(policies)
        self.now: Final = world.clock()
        self.revision: Final = world.cache.revision()
        self.ground: Final = self._find_ground(world)
        """What outcomes must rest on to be used; ``None`` if none may: a source is stale, or holds are not known."""
        as_of, age_ms = str(self.revision), self.freshness.consent_age_ms
        until = None if self.ground is None else self.ground.season.until
        self.setting: Final = Setting(self.now, view=to_view(as_of, age_ms), until=until)
        self.occasion: Final = Occasion(self.snapshot, self.now, as_of, age_ms)

    def _find_ground(self, world: World) -> "Ground | None":
        if not self.freshness.fresh:
            return None
        everyone = current(world.cache.lookup(world.point.everyone), self.now)
        if everyone is None:
            return None
        return self.snapshot.plans.ground(self.snapshot.facts.season(self.now), everyone.profile)
