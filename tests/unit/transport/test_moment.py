"""Moments: what they last for, and what ends them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from sidecar.config import Freshness as Bounds
from sidecar.consent.holds import Holds
from sidecar.consent.ledger import Ledger
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.contact import Contact
from sidecar.consent.view.replica import Replica
from sidecar.engine.snapshot import Snapshot
from sidecar.model.event import Event, Restriction
from sidecar.model.instant import parse
from sidecar.model.scope import Scope
from sidecar.policy.bundle import load_bundle
from sidecar.testing import FixedClock
from sidecar.transport.moment import Moment
from sidecar.transport.world import Policies, World

NOON = parse("2026-06-01T12:00:00Z")


class Stage:
    """An empty log, the demo bundle, and clocks that stand."""

    def __init__(self, log: SqliteLog, contact: Contact | None) -> None:
        self.clock, self.ticks = FixedClock(NOON), FixedClock(0)
        cache = Replica(log, Pseudonyms(bytes(32)), contact=contact)
        cache.load(now=NOON)
        bundle = load_bundle(Path("policies"))
        ledger = Ledger(log, cache, Pseudonyms(bytes(32)), catalog=lambda: bundle.catalog, clock=self.clock)
        policies = Policies(snapshot=Snapshot(bundle), loaded_at=NOON, checked_at=0)
        self.world = World(
            policies=policies, cache=cache, ledger=ledger, clock=self.clock, ticks=self.ticks, bounds=Bounds()
        )

    def hold(self) -> None:
        """Hold something for everyone: its slot is put at once, whatever becomes of the revision."""
        catalog = self.world.policies.snapshot.catalog
        Holds(self.world.ledger, lambda: catalog).place("breach", Scope(categories=("user.sensor",)), why="a leak")

    def reload(self) -> None:
        """Answer by another bundle."""
        snapshot = self.world.policies.snapshot
        self.world.policies = replace(self.world.policies, snapshot=snapshot.successor(snapshot.bundle))

    def lose(self) -> None:
        """Lose the log."""
        cast("Replica", self.world.cache).contact.lose("deleted")


@pytest.fixture(params=[True, False], ids=["shared log", "own log"])
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A world in which nothing happens by itself; of a shared log only the feed, which is not there, moves the view."""
    log = SqliteLog.open(tmp_path / "log.db", Pseudonyms(bytes(32)))
    yield Stage(log, Contact() if request.param else None)
    log.close()


def test_it_stands_for_less_than_a_millisecond(stage: Stage) -> None:
    """By either clock."""
    moment = Moment(stage.world)
    stands = [moment.stands(stage.clock.now)]
    for clock in (stage.clock, stage.ticks):
        for after in (0.000_999, 0.000_001):
            clock.advance(after)
            stands.append(moment.stands(stage.clock.now))
        stage.clock.now = NOON

    assert [True, True, False, True, False] == stands


def test_it_does_not_stand_before_its_time(stage: Stage) -> None:
    """A clock that is put right backwards."""
    moment = Moment(stage.world)
    stage.clock.advance(-0.000_001)

    assert not moment.stands(stage.clock.now)


@pytest.mark.parametrize("happens", [Stage.hold, Stage.reload, Stage.lose])
def test_what_comes_ends_it(happens: Callable[[Stage], None], stage: Stage) -> None:
    """Whatever was read when it was made is still so, or it does not stand."""
    moment = Moment(stage.world)
    happens(stage)

    assert not moment.stands(stage.clock.now)


def test_of_an_own_log_every_event_ends_it(tmp_path: Path) -> None:
    """A later answer says a later revision."""
    log = SqliteLog.open(tmp_path / "log.db", Pseudonyms(bytes(32)))
    stage = Stage(log, None)
    moment = Moment(stage.world)
    stage.world.ledger.record("ada", Event(id="one", act=Restriction(scope=Scope())))
    log.close()

    assert not moment.stands(stage.clock.now)
