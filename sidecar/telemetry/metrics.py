"""Every series this process exports; docs/metrics.md explains each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sidecar.engine.filtering import Filtered
from sidecar.telemetry.tally import Tallies

RELOAD_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds."""


OBLIGED: Final = "OBLIGED"
"""Stands among reasons for: only an obligation that the caller does not carry out is in the way."""


class Registry(CollectorRegistry):
    """A registry without the ``_created`` series, which double the output and nobody reads."""

    def collect(self) -> Iterable[Metric]:
        """Every metric as it is now."""
        for metric in super().collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


class Metrics:
    """The series that are added to, on *registry*; by each call, in *tallies*. Safe for any number of threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tallies = Tallies()
        registry.register(self.tallies)
        self._events = Counter("sidecar_events_total", "Recorded consent events.", ("kind",), registry=registry)
        self._reads = Counter(
            "sidecar_consent_reads_total", "Subjects read for a question.", ("outcome",), registry=registry
        )
        self._audiences = Counter(
            "sidecar_audience_subjects_total", "People asked about for an audience.", ("reason",), registry=registry
        )
        self._errors = Counter("sidecar_errors_total", "Errors on our side.", ("component",), registry=registry)
        self._reloads = Counter(
            "sidecar_policy_reloads_total", "New states of the bundle's source.", ("outcome",), registry=registry
        )
        self._reload_seconds = Histogram(
            "sidecar_policy_reload_duration_seconds",
            "Time from a new state of the bundle's source, once it has settled, to its outcome.",
            buckets=RELOAD_BUCKETS,
            registry=registry,
        )
        self._logged = Counter(
            "sidecar_decision_log_written_total", "Lines written to the decision log.", registry=registry
        )
        self._unlogged = Counter(
            "sidecar_decision_log_dropped_total", "Lines that the decision log lacks.", ("because",), registry=registry
        )

    def recorded(self, kind: str, events: int = 1) -> None:
        """Count *events* of *kind*."""
        self._events.labels(kind).inc(events)

    def read(self, outcome: str) -> None:
        """Count a subject that was to be read for a question."""
        self._reads.labels(outcome).inc()

    def reloaded(self, outcome: str, seconds: float) -> None:
        """Count a reload that took *seconds*."""
        self._reloads.labels(outcome).inc()
        self._reload_seconds.observe(seconds)

    def decisions_written(self, lines: int) -> None:
        """Count *lines* of the decision log."""
        self._logged.inc(lines)

    def decisions_dropped(self, because: str, lines: int) -> None:
        """Count *lines* that the decision log lacks, for one of few reasons."""
        self._unlogged.labels(because).inc(lines)

    def filtered(self, filtered: Filtered) -> None:
        """Count the people of an audience, and those who were left out."""
        for group in (*filtered.usable, *filtered.denied):
            self._audiences.labels(group.usability.reason.value).inc(len(group.places))
        for group in filtered.obliged:
            self._audiences.labels(OBLIGED).inc(len(group.places))

    def failed(self, component: str) -> None:
        """Count an error of *component*."""
        self._errors.labels(component).inc()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the process holds, at one instant."""

    ready: bool
    policy_revision: str
    policy_age_seconds: float
    policy_reload_failed: bool
    consent_age_seconds: float
    consent_position: int
    consent_lost: bool
    consent_pending: int
    consent_load_done: int
    consent_load_total: int
    subjects: int
    subject_hits: int
    profiles: int
    held: int
    verdicts: int
    verdict_hits: int
    verdict_misses: int
    verdict_refusals: Mapping[str, int]  # by service, of those that had any
    streams: int
    watches: int
    downstream_lags: Mapping[str, float]  # seconds, by consumer
    parked: int
    decisions_queued: int


class StateCollector(Collector):
    """The series that say how the process is; *read* is called once for each scrape."""

    def __init__(self, read: Callable[[], State]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Nothing: the state need not be readable when this is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """One consistent picture."""
        state = self._read()
        yield InfoMetricFamily("sidecar_policy", "The bundle in use.", {"revision": state.policy_revision})
        for name, text, value in (
            ("sidecar_ready", "1 while questions are answered, else 0.", state.ready),
            ("sidecar_policy_age_seconds", "Time since the bundle's source was checked.", state.policy_age_seconds),
            ("sidecar_policy_reload_failed", "1 while the newest bundle is bad, else 0.", state.policy_reload_failed),
            ("sidecar_consent_view_age_seconds", "How old the view of consent may be.", state.consent_age_seconds),
            ("sidecar_consent_position", "Position of the log that the view has reached.", state.consent_position),
            ("sidecar_consent_log_lost", "1 while the log is not the one that was followed.", state.consent_lost),
            ("sidecar_consent_feed_pending", "Entries known of that the view lacks.", state.consent_pending),
            ("sidecar_consent_load_done", "Entries loaded of a view that is not complete.", state.consent_load_done),
            ("sidecar_consent_load_entries", "Entries that it will have, at most.", state.consent_load_total),
            ("sidecar_consent_subjects", "Subjects in memory.", state.subjects),
            ("sidecar_consent_profiles", "Distinct profiles among them.", state.profiles),
            ("sidecar_held", "Things held for everyone.", state.held),
            ("sidecar_verdicts", "Verdicts remembered.", state.verdicts),
            ("sidecar_streams_open", "Open streams of questions.", state.streams),
            ("sidecar_watches_open", "Open streams of changes.", state.watches),
            ("sidecar_calls_parked", "Calls that wait for a revision.", state.parked),
            ("sidecar_decision_log_queue", "Answers that wait to be logged.", state.decisions_queued),
        ):
            yield GaugeMetricFamily(name, text, float(value))
        yield CounterMetricFamily("sidecar_consent_hits", "Subjects found in memory.", float(state.subject_hits))
        yield CounterMetricFamily("sidecar_verdict_hits", "Verdicts found in memory.", float(state.verdict_hits))
        yield CounterMetricFamily("sidecar_verdict_misses", "Verdicts asked of policies.", float(state.verdict_misses))
        refusals = CounterMetricFamily(
            "sidecar_verdict_refusals", "Verdicts that a service had no budget for.", labels=("service",)
        )
        for service, count in state.verdict_refusals.items():
            refusals.add_metric((service,), float(count))
        yield refusals
        lags = GaugeMetricFamily(
            "sidecar_downstream_lag_seconds",
            "Age of the oldest event that a consumer has not acknowledged.",
            labels=("consumer",),
        )
        for consumer, seconds in state.downstream_lags.items():
            lags.add_metric((consumer,), seconds)
        yield lags
