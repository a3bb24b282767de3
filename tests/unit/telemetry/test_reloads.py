"""Reloads are counted, logged and kept."""

import logging

import pytest

from sidecar.errors import Problem
from sidecar.telemetry.metrics import Metrics, Registry
from sidecar.telemetry.reloads import Outcome, Reload, Reloads


def problem(number: int, *, warning: bool = False) -> Problem:
    """One of many."""
    return Problem(file="x.cedar", line=number, column=1, code="policy.parse", message="no", warning=warning)


def test_the_last_one_says_whether_what_is_served_is_the_newest() -> None:
    """Refused and failed reloads leave something newer behind."""
    registry = Registry()
    reloads = Reloads(Metrics(registry))

    assert not reloads.bad

    bad = []
    for outcome in Outcome:
        reloads.report(Reload(outcome=outcome, at=1, before="a", milliseconds={"child": 400.0, "parse": 100.0}))
        bad.append((reloads.last is not None and reloads.last.outcome, reloads.bad))

    assert [
        (Outcome.SWAPPED, False),
        (Outcome.UNCHANGED, False),
        (Outcome.REFUSED, True),
        (Outcome.FAILED, True),
    ] == bad
    assert [1, 1, 1, 1] == [
        registry.get_sample_value("sidecar_policy_reloads_total", {"outcome": outcome}) for outcome in Outcome
    ]
    assert 2.0 == registry.get_sample_value("sidecar_policy_reload_duration_seconds_sum")


def test_a_line_for_each_with_revisions_and_times(caplog: pytest.LogCaptureFixture) -> None:
    """Of many errors the first; all are in the status."""
    problems = (*map(problem, range(1, 13)), problem(20, warning=True))
    with caplog.at_level(logging.INFO, "sidecar"):
        Reloads(Metrics(Registry())).report(
            Reload(
                outcome=Outcome.REFUSED,
                at=1,
                before="a",
                revision="b",
                problems=problems,
                milliseconds={"child": 1.234},
            )
        )
    (record,) = caplog.records
    details = record.__dict__["details"]

    assert logging.ERROR == record.levelno
    assert ("a", "b", 1.2, 12, 1) == tuple(
        details[name] for name in ("revision_before", "revision", "child_ms", "errors", "warnings")
    )
    assert [str(each) for each in problems[:10]] == details["first_errors"]


def test_a_swap_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is paged for it."""
    with caplog.at_level(logging.INFO, "sidecar"):
        Reloads(Metrics(Registry())).report(Reload(outcome=Outcome.SWAPPED, at=1, before="a", revision="b"))
    (record,) = caplog.records

    assert logging.INFO == record.levelno
    assert {"revision_before": "a", "revision": "b"} == record.__dict__["details"]
