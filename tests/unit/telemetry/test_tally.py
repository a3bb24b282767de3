from collections.abc import Sequence
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from sidecar.model.decision import FieldResult
from sidecar.model.vocabulary import Effect, Reason
from sidecar.telemetry.metrics import Registry
from sidecar.telemetry.tally import BUCKETS, Tallies
from tests.unit.telemetry.decisionlog.answers import ALLOWED, answered

DENIED = FieldResult(field="b", effect=Effect.DENY, reason=Reason.OBJECTED)


class Tallied:
    """Tallies on a registry."""

    def __init__(self) -> None:
        self.tallies = Tallies()
        self.registry = Registry()
        self.registry.register(self.tallies)

    def add(self, results: Sequence[FieldResult] = (ALLOWED,), answers: int = 1, seconds: float = 0.5) -> None:
        """A burst of so many calls, each answered so."""
        tally = self.tallies.begin()
        self.tallies.answered([answered(*results)._replace(seconds=seconds)] * answers)
        tally.ended("Check", "OK", answers)
        self.tallies.end(tally)

    def value(self, name: str, **labels: str) -> float | None:
        """What a scrape says."""
        return self.registry.get_sample_value(f"sidecar_{name}", labels)


def test_each_field_is_counted_and_each_answer_timed() -> None:
    """An answer about three fields is three decisions and one duration."""
    tallied = Tallied()
    tallied.add((ALLOWED, ALLOWED, DENIED), seconds=0.00002)

    assert 2.0 == tallied.value("decisions_total", effect="allow", reason="ALLOWED")
    assert 1.0 == tallied.value("decisions_total", effect="deny", reason="OBJECTED")
    assert 1.0 == tallied.value("check_duration_seconds_count")
    assert 0.0 == tallied.value("check_duration_seconds_bucket", le="1e-05")
    assert 1.0 == tallied.value("check_duration_seconds_bucket", le="2.5e-05")


def test_what_nobody_was_answered_is_no_series() -> None:
    """Of all that an answer could be only what there was."""
    tallied = Tallied()
    tallied.add((DENIED,))

    assert ["sidecar_decisions_total"] == [
        sample.name for metric in tallied.registry.collect() for sample in metric.samples if "effect" in sample.labels
    ]


def test_buckets_tell_microseconds_apart() -> None:
    """An answer from memory takes some 4 us: two buckets end around that, and they only grow."""
    assert (2.5e-6, 5e-6) == BUCKETS[:2]
    assert sorted(set(BUCKETS)) == list(BUCKETS)


def test_a_burst_is_in_flight_until_it_is_handed_over() -> None:
    """As one, however many calls it has; they count by how they ended."""
    tallied = Tallied()
    tally = tallied.tallies.begin()
    other = tallied.tallies.begin()
    tally.ended("Check", "OK", 3)
    tally.ended("Check", "OK")
    tally.ended("Check", "INTERNAL")

    assert (2.0, None) == (tallied.value("calls_in_flight"), tallied.value("calls_total", method="Check", code="OK"))

    tallied.tallies.end(tally)

    assert (1.0, 4.0) == (tallied.value("calls_in_flight"), tallied.value("calls_total", method="Check", code="OK"))
    assert 1.0 == tallied.value("calls_total", method="Check", code="INTERNAL")

    tallied.tallies.end(other)

    assert 0.0 == tallied.value("calls_in_flight")


@settings(max_examples=50, deadline=None)
@given(
    times=st.lists(st.one_of(st.sampled_from(BUCKETS), st.floats(0, 2)), max_size=40), size=st.sampled_from((1, 3, 20))
)
def test_the_text_is_what_the_librarys_own_metrics_give(times: list[float], size: int) -> None:
    """Name for name and digit for digit, bounds included: dashboards and rules see no difference."""
    theirs, registry = CollectorRegistry(), Registry()
    tallies = Tallies()
    registry.register(tallies)
    decisions = Counter("sidecar_decisions_total", "Decided fields.", ("effect", "reason"), registry=theirs)
    histogram = Histogram(
        "sidecar_check_duration_seconds",
        "Time from a parsed question to its answer, waiting for a revision included.",
        buckets=BUCKETS,
        registry=theirs,
    )
    for first in range(0, len(times), size):
        burst = times[first : first + size]
        tallies.answered([answered(ALLOWED, DENIED)._replace(seconds=seconds) for seconds in burst])
        for seconds in burst:
            for result in (ALLOWED, DENIED):
                decisions.labels(result.effect.value, result.reason.value).inc()
            histogram.observe(seconds)

    def lines(one: CollectorRegistry) -> list[str]:
        found = generate_latest(one).decode().splitlines()
        return [line for line in found if "_created" not in line and "_sum" not in line and "_calls" not in line]

    assert lines(theirs) == lines(registry)
    told = registry.get_sample_value("sidecar_check_duration_seconds_sum")
    assert pytest.approx(theirs.get_sample_value("sidecar_check_duration_seconds_sum")) == told


@pytest.mark.parametrize("answers", [1, 40], ids=["small", "large"])
def test_nothing_is_lost_or_counted_twice(answers: int) -> None:
    """Bursts of many threads while somebody scrapes: a total never falls, and is right in the end."""
    tallied, done = Tallied(), Event()
    seen: list[float] = []

    def scrape() -> None:
        while not done.is_set():
            seen.append(tallied.value("check_duration_seconds_count") or 0.0)

    def burst() -> None:
        for _ in range(500):
            tallied.add((ALLOWED, DENIED), answers)

    scraping = Thread(target=scrape)
    threads = [Thread(target=burst) for _ in range(4)]
    for thread in (scraping, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    scraping.join()

    total = 4 * 500.0 * answers
    assert sorted(seen) == seen
    assert total == tallied.value("check_duration_seconds_count")
    assert total == tallied.value("decisions_total", effect="allow", reason="ALLOWED")
    assert total == tallied.value("decisions_total", effect="deny", reason="OBJECTED")
    assert total == tallied.value("calls_total", method="Check", code="OK")
    assert total / 2 == tallied.value("check_duration_seconds_sum")
    assert 0.0 == tallied.value("calls_in_flight")


def test_who_hands_over_does_not_wait_for_a_scrape() -> None:
    """What comes while somebody folds is queued, and in the next scrape."""
    tallied = Tallied()
    with tallied.tallies._folding:
        for _ in range(100):
            tallied.add(answers=20)

    assert 2_000.0 == tallied.value("check_duration_seconds_count")
