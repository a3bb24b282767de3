"""The look once a second: whatever it finds, it goes on."""

from typing import Any

from sidecar.engine.decide import Freshness
from sidecar.errors import ConsentLogError
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.pulse import Pulse


class World:
    """The part of the world that is used; *errors* are what the next looks find."""

    def __init__(self, *errors: Exception | None) -> None:
        self.cache = self
        self._errors = list(errors)
        self.lost = True

    def clock(self) -> int:
        """What time it is."""
        return 7

    ticks = clock

    def check(self, *, now: int, ticks: int) -> None:
        """Find the next error."""
        assert (7, 7) == (now, ticks)
        error = self._errors.pop(0)
        if error is not None:
            raise error

    def freshness(self) -> Freshness:
        """Whether the view is lost."""
        return Freshness(consent_lost=self.lost)


class Health:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[bool, bool]] = []

    def tell(self, *, serving: bool, fresh: bool) -> None:
        """Keep that."""
        self.told.append((serving, fresh))


def test_whatever_a_look_finds_health_is_told() -> None:
    """A thread that had ended would leave it at what it was, however stale the view became; a trouble is told once."""
    world: Any = World(RuntimeError("a bug"), ConsentLogError("gone"), ConsentLogError("gone"), None)
    health: Any = Health()
    lifecycle = Lifecycle()
    lifecycle.begin()
    errors = ErrorReports(Metrics(Registry()), world.clock)
    pulse = Pulse(world, lifecycle, health, errors)
    for _ in range(3):
        pulse.look()
    world.lost = False
    pulse.look()

    assert [(True, False)] * 3 + [(True, True)] == health.told
    assert 2 == len(errors.latest())
