"""The budget of new questions: a bucket of tokens for each service, with time as an argument."""

import pytest

from sidecar.errors import OverloadedError
from sidecar.model.instant import SECOND
from sidecar.policy.budget import MissBudget


def spent(budget: MissBudget, now: int, service: str = "a", most: int = 100) -> int:
    """How many tokens *service* gets at *now*."""
    for count in range(most):
        try:
            budget.spend(service, now)
        except OverloadedError:
            return count
    return most


def test_a_burst_and_then_as_time_goes() -> None:
    """Never more than the burst at once, however long it was quiet; then one for each part of a second."""
    budget = MissBudget(per_second=2, burst=5)

    assert [5, 0] == [spent(budget, 0), spent(budget, 0)]
    assert [0, 1, 0] == [spent(budget, SECOND // 2 - 1), spent(budget, SECOND // 2), spent(budget, SECOND // 2 + 1)]
    assert [4, 5] == [spent(budget, 3 * SECOND - SECOND // 2), spent(budget, 1_000 * SECOND)]


def test_each_service_has_its_own() -> None:
    """And only those that were refused anything are counted."""
    budget = MissBudget(per_second=1, burst=2)
    for _ in range(3):
        spent(budget, 0, "greedy")

    assert 1 == spent(budget, 0, "modest", most=1)
    assert {"greedy": 3} == budget.refused


def test_the_message_says_who_and_what_to_do() -> None:
    """It goes to the caller."""
    budget = MissBudget(per_second=1, burst=1)
    budget.spend("fraud", 0)

    with pytest.raises(OverloadedError, match="`fraud` asks too many new questions at once; ask again later"):
        budget.spend("fraud", 0)


def test_a_clock_that_is_put_back_starves_nobody() -> None:
    """The clock of decisions may be put right; a service then has a full bucket, not one that fills next year."""
    budget = MissBudget(per_second=1, burst=3)
    later = 10_000_000 * SECOND
    spent(budget, later)

    assert [3, 0] == [spent(budget, 0), spent(budget, 0)]


def test_more_than_one_a_microsecond_is_one_a_microsecond() -> None:
    """The clock is no finer."""
    budget = MissBudget(per_second=1e9, burst=1)

    assert [1, 1] == [spent(budget, 0), spent(budget, 1)]
