"""What answers share that are given within a millisecond: one clock, one bundle, one view of consent."""

from typing import Final

from sidecar.consent.profile import Standing
from sidecar.engine.outcome import Ground
from sidecar.telemetry.decisionlog.recording import Occasion
from sidecar.transport.convert.outcomes import Setting, to_view
from sidecar.transport.world import World

_LASTS: Final = 1_000
"""Microseconds; so much later an answer may be given than it says, and so much older its sources may be."""


class Moment:
    """Clock, ages, bundle, revision and holds, each read once, when this is made. Safe for any number of threads.

    Making one takes as long as answering from it: calls that come alone share it while it ``stands``.
    """

    __slots__ = (
        "_began", "_everyone", "_policies", "_world",
        "freshness", "ground", "now", "occasion", "revision", "setting", "snapshot",
    )  # fmt: skip

    def __init__(self, world: World) -> None:
        self._world = world
        self._began = world.ticks()
        self._policies = policies = world.policies
        self.snapshot: Final = policies.snapshot
        self.freshness: Final = world.freshness(policies)
        self.now: Final = world.clock()
        self.revision: Final = world.cache.revision()
        self._everyone = world.cache.lookup(world.point.everyone)
        self.ground: Final = self._find_ground()
        """What outcomes must rest on to be used; ``None`` if none may: a source is stale, or holds are not known."""
        as_of, age_ms = str(self.revision), self.freshness.consent_age_ms
        until = None if self.ground is None else self.ground.season.until
        self.setting: Final = Setting(self.now, view=to_view(as_of, age_ms), until=until)
        self.occasion: Final = Occasion(self.snapshot, self.now, as_of, age_ms)

    @property
    def stands(self) -> bool:
        """Whether it has not lasted too long, and nothing has come since that it does not know of but in slots."""
        world = self._world
        cache = world.cache
        return (
            0 <= world.ticks() - self._began < _LASTS
            and 0 <= world.clock() - self.now < _LASTS  # it may be put right
            and world.policies is self._policies
            and cache.revision() is self.revision
            and cache.lookup(world.point.everyone) is self._everyone
            and bool(cache.lost) is self.freshness.consent_lost
        )

    def current(self, standing: Standing | None) -> Standing | None:
        """*standing* if it may be used now; ``None`` if the subject must be looked at anew first."""
        if standing is None or (standing.changes_at is not None and standing.changes_at <= self.now):
            return None
        return standing

    def _find_ground(self) -> Ground | None:
        everyone = self.current(self._everyone) if self.freshness.fresh else None
        if everyone is None:
            return None
        return self.snapshot.plans.ground(self.snapshot.facts.season(self.now), everyone.profile)
