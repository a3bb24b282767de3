"""A bounded number of slots: who stays, who goes, and for how long."""

from sidecar.consent.profile import UNKNOWN_STANDING, Profile, Standing
from sidecar.consent.view.holding import ERAS, Holding

DUTCH = Standing(Profile(jurisdiction="nl"))


def pseudonym(number: int) -> bytes:
    """A pseudonym for each number; those of one last byte share a shard."""
    return number.to_bytes(16, "little")


def filled(holding: Holding, *numbers: int) -> Holding:
    """*holding*, with these put into it in this order."""
    for number in numbers:
        holding.put(pseudonym(number), UNKNOWN_STANDING, number)
    return holding


def held(holding: Holding, numbers: range) -> list[int]:
    """Which of *numbers* are held, without asking for them."""
    return [number for number in numbers if holding.position(pseudonym(number)) is not None]


def test_who_was_put_is_held_until_dropped() -> None:
    """With the standing and the position; dropping somebody else, or twice, does nothing."""
    holding = filled(Holding(4), 1)
    holding.put(pseudonym(2), DUTCH, 7)
    for number in (1, 1, 3):
        holding.drop(pseudonym(number))

    assert DUTCH == holding.get(pseudonym(2))
    assert (7, None, None) == tuple(holding.position(pseudonym(number)) for number in (2, 1, 3))
    assert holding.get(pseudonym(1)) is None
    assert (1, 1) == (len(holding), holding.profiles)


def test_whoever_said_the_same_shares_a_profile() -> None:
    """Whatever instants each has; one that nobody has any more is forgotten."""
    holding = Holding(4)
    for number, times in ((1, ()), (2, ()), (3, (7,)), (3, (8,))):
        holding.put(pseudonym(number), Standing.of(Profile(jurisdiction="nl"), 9 if times else None, times), number)
    standings = [holding.get(pseudonym(number)) for number in (1, 2, 3)]
    profiles = {id(standing.profile) for standing in standings if standing is not None}
    before = holding.profiles
    for number in (1, 2, 3):
        holding.drop(pseudonym(number))

    assert [DUTCH, DUTCH, Standing.of(DUTCH.profile, 9, (8,))] == standings
    assert (1, 1, 0) == (len(profiles), before, holding.profiles)


def test_there_are_never_more_than_the_capacity() -> None:
    """Without anybody being asked for, the first to come is the first to go; a place that is free is taken first."""
    holding = filled(Holding(3), *range(5))
    first = held(holding, range(5))
    holding.drop(pseudonym(3))
    filled(holding, 5)

    assert [2, 3, 4] == first
    assert [2, 4, 5] == held(holding, range(6))
    assert 3 == len(holding)


def test_who_was_asked_for_gets_a_second_chance() -> None:
    """And only one: whoever is not asked for again goes the next time; replacing a standing is no asking."""
    holding = filled(Holding(3), 0, 1, 2)
    holding.get(pseudonym(0))
    filled(holding, 0, 3)
    first = held(holding, range(4))
    filled(holding, 4, 5)

    assert [0, 2, 3] == first
    assert [3, 4, 5] == held(holding, range(6))


def test_finding_room_takes_a_bounded_time() -> None:
    """Though all were asked for, one of them goes after few were passed over."""
    holding = filled(Holding(100), *range(100))
    for number in range(100):
        holding.get(pseudonym(number))
    filled(holding, 100)

    assert [number for number in range(101) if number != 8] == held(holding, range(101))


def test_lifetime_runs_from_the_writing() -> None:
    """However often somebody is asked for; writing it again begins another."""
    holding = filled(Holding(4), 1, 2)
    ages = []
    for era in range(ERAS):
        ages.append(holding.get(pseudonym(1)) is not None)
        holding.begin_era()
        if era == 0:
            filled(holding, 2)

    assert [True] * ERAS == ages
    assert holding.get(pseudonym(1)) is None
    assert [2] == held(holding, range(4))


def test_whose_time_is_over_is_swept_out() -> None:
    """A few places at a time, round and round; or makes room before anybody else, though it was asked for."""
    holding = filled(Holding(4), 1, 2, 3)
    for number in (1, 2, 3):
        holding.get(pseudonym(number))
    for _ in range(ERAS):
        holding.begin_era()
    filled(holding, 2, 4, 5)
    by_need = len(holding)
    holding.sweep(3)
    holding.sweep(100)
    Holding(4).sweep(100)

    assert 4 == by_need
    assert 3 == len(holding)
    assert [2, 4, 5] == held(holding, range(6))


def test_all_can_be_forgotten_at_once() -> None:
    """Whoever is put afterwards is held."""
    holding = filled(Holding(4), 1, 2)
    holding.void()
    before = held(holding, range(4))
    filled(holding, 2, 3)

    assert [] == before
    assert [2, 3] == held(holding, range(4))


def test_who_is_pinned_stays() -> None:
    """Beside the capacity, whatever their age, until all are forgotten; or dropped, as others are."""
    holding = filled(Holding(2, frozenset({pseudonym(0)})), 0)
    for _ in range(2 * ERAS):
        holding.begin_era()
    filled(holding, 1, 2, 3, 4)
    holding.sweep(100)
    kept = held(holding, range(6))
    holding.void()
    voided = held(holding, range(6))

    assert [0, 3, 4] == kept
    assert [] == voided
