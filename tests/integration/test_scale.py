"""500 policies, 200 services, 500 fields, 56 purposes: what is promised of them, in processor time."""

import time

import pytest

from benchmarks.bench_scale import NOW, requests_about, same_reasons
from sidecar.consent.profile import UNKNOWN_STANDING
from sidecar.engine.decide import decide_standing
from sidecar.engine.snapshot import Snapshot
from sidecar.policy.bundle import Bundle, load_bundle
from tests.scale_bundle import scale_texts, write_scale_bundle


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """With five policies."""
    return load_bundle(write_scale_bundle(tmp_path_factory.mktemp("small"), 5))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, float]:
    """With 500, and the processor seconds that loading them took, the better of two."""
    folder = write_scale_bundle(tmp_path_factory.mktemp("large"))
    seconds = []
    for _ in range(2):
        began = time.process_time()
        bundle = load_bundle(folder)
        seconds.append(time.process_time() - began)
    return bundle, min(seconds)


def test_it_is_as_large_as_it_says(loaded: tuple[Bundle, float]) -> None:
    """And the same every time."""
    bundle, _ = loaded
    catalog = bundle.catalog

    assert 500 == len(bundle.policies.ids)
    assert [200, 500, 56] == [len(catalog.services), len(catalog.fields), len(catalog.purposes)]
    assert scale_texts() == scale_texts()


def test_it_loads_in_three_seconds(loaded: tuple[Bundle, float]) -> None:
    """Read, checked, compiled."""
    _, seconds = loaded

    assert seconds <= 3.0


def test_the_number_of_policies_does_not_slow_what_was_asked_before(
    small: Bundle, loaded: tuple[Bundle, float]
) -> None:
    """Whole decisions, the same with the same reasons, in turn; the quickest of many rounds."""
    bundles = (small, loaded[0])
    requests = same_reasons(bundles, requests_about(small, 400))
    snapshots = [Snapshot(bundle) for bundle in bundles]

    def seconds(snapshot: Snapshot) -> float:
        began = time.thread_time()
        for request in requests:
            decide_standing(request, UNKNOWN_STANDING, snapshot, now=NOW)
        return time.thread_time() - began

    rounds = [[seconds(snapshot) for snapshot in snapshots] for _ in range(60)]
    of_five, of_five_hundred = (min(taken) for taken in zip(*rounds[1:], strict=True))

    assert len(requests) > 100
    assert of_five_hundred <= 1.1 * of_five
