"""Many people at once: what is waited for, what holds for everybody, what the clock does meanwhile."""

from dataclasses import replace

import pytest

from sidecar.consent.limits import EVERYONE
from sidecar.engine.decide import Freshness
from sidecar.engine.filtering import Filtered, Filtering
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.usability import Usability
from sidecar.errors import OverloadedError
from sidecar.model.decision import Pending, Request
from sidecar.model.instant import SECOND
from sidecar.model.vocabulary import Mask, Reason
from sidecar.policy.budget import MissBudget
from tests.unit.engine.test_decide import NOON, REQUEST, STALE, World, bundle, world

__all__ = ["bundle", "world"]  # fixtures

FRESH = Freshness()
NOBODY: frozenset[Mask] = frozenset()
PEOPLE = ("ada", "bob", "cy")


def begin(world: World, **changes: object) -> Filtering:
    """The usual question about many people, so changed."""
    request: Request = replace(REQUEST, subject="", **changes)  # type: ignore[arg-type]
    return Filtering(world.cache, request, world.snapshot)


def finish(filtering: Filtering, world: World, freshness: Freshness = FRESH) -> Filtered:
    """What is said of the usual people, whoever was put aside included."""
    filtering.look(range(len(PEOPLE)), PEOPLE, now=world.now, freshness=freshness)
    for place in filtering.aside:
        filtering.decide(place, PEOPLE[place], now=world.now, freshness=freshness, may_wait=False)
    return filtering.filtered(NOBODY, now=world.now)


def counts(filtered: Filtered) -> dict[Reason, int]:
    """How many got which reason."""
    groups = (*filtered.usable, *filtered.denied, *filtered.obliged)
    return {group.usability.reason: len(group.places) for group in groups}


def test_to_look_asks_no_policy(world: World) -> None:
    """Whoever policies must be asked about is put aside; the next time everybody is known."""
    world.say("given")
    first = begin(world)
    first.look(range(3), PEOPLE, now=NOON, freshness=FRESH)
    told = finish(begin(world), world)
    again = begin(world)
    again.look(range(3), PEOPLE, now=NOON, freshness=FRESH)

    assert [0, 1, 2] == first.aside
    assert {Reason.ALLOWED: 1, Reason.CONSENT_UNKNOWN: 2} == counts(told)
    assert [] == again.aside
    assert told == again.filtered(NOBODY, now=NOON)


def test_a_withdrawal_between_two_looks_is_seen(world: World) -> None:
    """Slots are read as they are when somebody's turn comes."""
    world.say("given")
    finish(begin(world), world)
    filtering = begin(world)
    filtering.look((1, 2), PEOPLE[1:], now=NOON, freshness=FRESH)
    world.say("withdrawn", "e2")
    filtering.look((0,), PEOPLE[:1], now=NOON, freshness=FRESH)

    assert [0] == filtering.aside
    assert None is filtering.decide(0, "ada", now=NOON, freshness=FRESH)
    assert {Reason.CONSENT_UNKNOWN: 2, Reason.CONSENT_WITHDRAWN: 1} == counts(filtering.filtered(NOBODY, now=NOON))


def test_a_slot_past_its_instant_is_pending_and_then_unavailable(world: World) -> None:
    """Nobody is decided by what is over, and who cannot be read is left out; the answer is for this once."""
    world.say("given", expires_at=NOON + SECOND)
    finish(begin(world), world)
    world.now += SECOND
    filtering = begin(world)
    filtering.look(range(3), PEOPLE, now=world.now, freshness=FRESH)

    assert [0] == filtering.aside
    assert Pending(pseudonym=world.cache.pseudonym("ada")) == filtering.decide(0, "ada", now=world.now, freshness=FRESH)
    filtering.decide(0, "ada", now=world.now, freshness=FRESH, may_wait=False)
    told = filtering.filtered(NOBODY, now=world.now)
    assert {Reason.CONSENT_UNAVAILABLE: 1, Reason.CONSENT_UNKNOWN: 2} == counts(told)
    assert 0 == told.cache_for_ms


def test_while_it_is_not_known_what_is_held_nobody_is_decided(world: World) -> None:
    """Everybody waits for the one record."""
    finish(begin(world), world)
    everyone = world.cache.pseudonym(EVERYONE)
    world.cache.distrust([everyone])
    filtering = begin(world)
    filtering.look(range(3), PEOPLE, now=NOON, freshness=FRESH)

    assert [0, 1, 2] == filtering.aside
    assert Pending(pseudonym=everyone) == filtering.decide(0, "ada", now=NOON, freshness=FRESH)
    assert {Reason.CONSENT_UNAVAILABLE: 3} == counts(finish(begin(world), world))


def test_what_is_stale_denies_everybody(world: World) -> None:
    """Nobody is looked up, and nothing of it may be kept."""
    told = finish(begin(world), world, STALE)

    assert {Reason.STALE_CONSENT: 3} == counts(told)
    assert (1_001, 0, None) == (told.consent_age_ms, told.cache_for_ms, told.clock_changes_at)


def test_what_becomes_stale_on_the_way_denies_the_others(world: World) -> None:
    """The age told is the greatest."""
    world.say("given")
    finish(begin(world), world)
    filtering = begin(world)
    filtering.look((0,), PEOPLE[:1], now=NOON, freshness=FRESH)
    filtering.look((1,), PEOPLE[1:2], now=NOON, freshness=STALE)
    filtering.decide(2, "cy", now=NOON, freshness=STALE)
    told = filtering.filtered(NOBODY, now=NOON)

    assert {Reason.ALLOWED: 1, Reason.STALE_CONSENT: 2} == counts(told)
    assert (1_001, 0) == (told.consent_age_ms, told.cache_for_ms)


def test_a_revision_that_is_not_seen_yet_is_awaited(world: World) -> None:
    """Without it everybody is denied; one of another log is not worth waiting for."""
    log_id, _, position = world.say("given").partition(".")
    ahead = begin(world, at_least_as_fresh=f"{log_id}.{int(position) + 1}")
    seen = begin(world, at_least_as_fresh=f"{log_id}.{position}")
    other = begin(world, at_least_as_fresh=f"{log_id[::-1]}.1")

    assert (int(position) + 1, None, None) == (ahead.awaited, seen.awaited, other.awaited)
    assert {Reason.STALE_CONSENT: 3} == counts(finish(ahead, world))
    assert {Reason.ALLOWED: 1, Reason.CONSENT_UNKNOWN: 2} == counts(finish(seen, world))
    assert {Reason.STALE_CONSENT: 3} == counts(finish(other, world))


def test_an_unknown_name_is_told_of_everybody(world: World) -> None:
    """Whatever else is stale, missing or awaited."""
    filtering = begin(world, fields=("customer.email", "no.such"), at_least_as_fresh=f"{world.cache.log_id}.99")
    told = finish(filtering, world, STALE)

    assert None is filtering.awaited
    assert [Usability(reason=Reason.UNKNOWN_FIELD, unknown_name="no.such")] == [one.usability for one in told.denied]


def test_the_next_change_is_the_earliest_of_anybodys(world: World) -> None:
    """Nothing is kept past it, nor if the clock has overtaken the work."""
    world.change_purpose(cache_for_seconds=10)
    world.say("given", expires_at=NOON + 2 * SECOND)
    told = finish(begin(world), world)
    again = begin(world)
    again.look(range(3), PEOPLE, now=NOON, freshness=FRESH)

    assert (NOON + 2 * SECOND, 2_000) == (told.clock_changes_at, told.cache_for_ms)
    assert (NOON + 2 * SECOND, 0) == (
        again.filtered(NOBODY, now=NOON).clock_changes_at,
        again.filtered(NOBODY, now=NOON + 3 * SECOND).cache_for_ms,
    )


def test_without_a_next_change_it_may_be_kept_as_long_as_the_purpose_allows(world: World) -> None:
    """As an answer about one person."""
    world.change_purpose(cache_for_seconds=10)
    told = finish(begin(world), world)

    assert (None, 10_000) == (told.clock_changes_at, told.cache_for_ms)


def test_a_service_without_a_budget_is_refused(world: World) -> None:
    """Not denied: what people allow does not depend on how much was asked before."""
    world.snapshot = Snapshot(world.bundle, budget=MissBudget(per_second=1, burst=1))
    world.say("given")
    with pytest.raises(OverloadedError):
        finish(begin(world), world)
