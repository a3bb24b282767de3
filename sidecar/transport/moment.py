"""What answers share that are given within a millisecond: one clock, one bundle, one view of consent."""

from typing import Final

from sidecar.consent.profile import current
from sidecar.engine.outcome import Ground
from sidecar.model.instant import Instant
from sidecar.telemetry.decisionlog.recording import Occasion
from sidecar.transport.convert.outcomes import Setting, to_view
from sidecar.transport.world import World

_LASTS: Final = 1_000
"""Microseconds; so much later an answer may be given than it says."""


class Moment:
    """Clock, ages, bundle, revision and holds, each read once, when this is made. Safe for any number of threads.

    Making one takes as long as answering from it: calls that come alone share it while it ``stands``.
    """

    __slots__ = (
        "_everyone", "_policies", "_until", "_world",
        "freshness", "ground", "now", "occasion", "revision", "setting", "snapshot",
    )  # fmt: skip

    def __init__(self, world: World) -> None:
        self._world = world
        self._policies = policies = world.policies
        self.snapshot: Final = policies.snapshot
        self.freshness: Final = world.freshness(policies)
        self.now: Final = world.clock()
        self.revision: Final = world.cache.revision()
        self._everyone = world.cache.lookup(world.point.everyone)
        self.ground: Final = self._find_ground()
        """What outcomes must rest on to be used; ``None`` if none may: a source is stale, or holds are not known."""
        as_of, age_ms = str(self.revision), self.freshness.consent_age_ms
        self._until = None if self.ground is None else self.ground.season.until
        self.setting: Final = Setting(self.now, view=to_view(as_of, age_ms), until=self._until)
        self.occasion: Final = Occasion(self.snapshot, self.now, as_of, age_ms)

    def stands(self, now: Instant) -> bool:
        """Whether it has not lasted too long, and nothing has come since, nor passed, that it does not know of.

        But for slots: whether a standing may still be used *now* is for whoever looks it up.
        """
        world = self._world
        return (
            0 <= now - self.now < _LASTS
            and (self._until is None or now < self._until)
            and world.policies is self._policies
            and world.cache.revision() is self.revision
            and world.cache.lookup(world.point.everyone) is self._everyone
            and world.freshness(self._policies) is self.freshness
        )

    def _find_ground(self) -> Ground | None:
        everyone = current(self._everyone, self.now) if self.freshness.fresh else None
        if everyone is None:
            return None
        return self.snapshot.plans.ground(self.snapshot.facts.season(self.now), everyone.profile)
