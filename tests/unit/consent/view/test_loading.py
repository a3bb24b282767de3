"""How far a load has come, for people who wait."""

import logging

import pytest

from sidecar.consent.view.loading import Load, Loading
from sidecar.model.instant import SECOND
from sidecar.testing import FixedClock


def test_a_load_tells_how_far_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """And how long it may take, as it went until now; before and after there is nothing to tell."""
    ticks = FixedClock(0)
    load = Load(ticks)
    seen = [load.loading]
    load.begin(100, log_id="0", after=0)
    seen.append(load.loading)
    ticks.now = 5 * SECOND
    load.add(25)
    seen.append(load.loading)
    load.add(25, pending=30)
    seen.append(load.loading)
    with caplog.at_level(logging.INFO):
        load.end(subjects=7)

    assert [None, Loading(0, 100, None), Loading(25, 100, 15.0), Loading(50, 80, 3.0)] == seen
    assert load.loading is None
    assert {"log_id": "0", "subjects": 7, "entries": 50, "seconds": 5.0, "per_second": 10} == vars(caplog.records[-1])[
        "details"
    ]


def test_more_than_was_thought_is_no_less_than_all() -> None:
    """The log grew meanwhile."""
    load = Load(FixedClock(0))
    load.begin(1, log_id="0", after=0)
    load.add(3)

    assert Loading(3, 3, 0.0) == load.loading


def test_it_is_told_in_words() -> None:
    """With the time only if it is known."""
    assert "0 of at most 1,000,000 entries" == str(Loading(0, 1_000_000, None))
    assert "1,200 of at most 5,000 entries, about 3 s left" == str(Loading(1_200, 5_000, 3.2))
