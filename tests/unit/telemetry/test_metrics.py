from sidecar.model.decision import FieldResult
from sidecar.model.vocabulary import Effect, Reason
from sidecar.telemetry.metrics import BUCKETS, Metrics, Registry, State, StateCollector

ALLOWED = FieldResult(field="a", effect=Effect.ALLOW, reason=Reason.ALLOWED)
DENIED = FieldResult(field="b", effect=Effect.DENY, reason=Reason.OBJECTED)


def state(**changes: object) -> State:
    """A state, everything 0 but for *changes*."""
    values: dict[str, object] = dict.fromkeys(State.__slots__, 0)
    some = {"ready": False, "policy_revision": "", "verdict_refusals": {}, "downstream_lags": {}}
    return State(**{**values, **some, **changes})  # type: ignore[arg-type]


def test_each_field_is_counted_and_each_answer_timed() -> None:
    """An answer about three fields is three decisions and one duration."""
    registry = Registry()
    Metrics(registry).decided([ALLOWED, ALLOWED, DENIED], 0.00002)

    def decisions(effect: str, reason: str) -> float | None:
        return registry.get_sample_value("sidecar_decisions_total", {"effect": effect, "reason": reason})

    assert (2.0, 1.0) == (decisions("allow", "ALLOWED"), decisions("deny", "OBJECTED"))
    assert 1.0 == registry.get_sample_value("sidecar_check_duration_seconds_count")
    assert 0.0 == registry.get_sample_value("sidecar_check_duration_seconds_bucket", {"le": "1e-05"})
    assert 1.0 == registry.get_sample_value("sidecar_check_duration_seconds_bucket", {"le": "2.5e-05"})


def test_buckets_tell_microseconds_apart() -> None:
    """An answer from memory takes some 10 us: the first bucket ends there, and they only grow."""
    assert 1e-5 == BUCKETS[0]
    assert sorted(set(BUCKETS)) == list(BUCKETS)


def test_calls_in_flight_come_and_go() -> None:
    """A call counts while it is answered, and by how it ended afterwards."""
    registry = Registry()
    metrics = Metrics(registry)
    metrics.call_began()
    metrics.call_began()
    metrics.call_ended("Check", "OK")

    assert 1.0 == registry.get_sample_value("sidecar_calls_in_flight")
    assert 1.0 == registry.get_sample_value("sidecar_calls_total", {"method": "Check", "code": "OK"})


def test_events_are_counted_one_by_one_or_together() -> None:
    """An import counts many at a time."""
    registry = Registry()
    metrics = Metrics(registry)
    metrics.recorded("submission")
    metrics.recorded("import", 256)

    assert 1.0 == registry.get_sample_value("sidecar_events_total", {"kind": "submission"})
    assert 256.0 == registry.get_sample_value("sidecar_events_total", {"kind": "import"})


def test_the_state_is_read_once_for_each_scrape() -> None:
    """One consistent picture, never older than the scrape."""
    registry, reads = Registry(), []

    def read() -> State:
        reads.append(1)
        return state(ready=True, policy_revision="sha256:ab", consent_age_seconds=0.5, consent_position=len(reads))

    registry.register(StateCollector(read))

    assert [] == reads
    assert 1.0 == registry.get_sample_value("sidecar_ready")
    assert 1.0 == registry.get_sample_value("sidecar_policy_info", {"revision": "sha256:ab"})
    assert 0.5 == registry.get_sample_value("sidecar_consent_view_age_seconds")
    assert 4.0 == registry.get_sample_value("sidecar_consent_position")
    assert 4 == len(reads)


def test_refusals_are_counted_by_service() -> None:
    """Only of services that were refused anything."""
    registry = Registry()
    registry.register(StateCollector(lambda: state(verdict_refusals={"fraud": 3})))

    assert 3.0 == registry.get_sample_value("sidecar_verdict_refusals_total", {"service": "fraud"})
    assert None is registry.get_sample_value("sidecar_verdict_refusals_total", {"service": "newsletter"})


def test_no_series_says_when_it_was_made() -> None:
    """The library's `_created` series would double the output."""
    registry = Registry()
    Metrics(registry).decided([ALLOWED], 0.1)

    assert [] == [
        sample.name for metric in registry.collect() for sample in metric.samples if sample.name.endswith("_created")
    ]
