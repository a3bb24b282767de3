from sidecar.telemetry.metrics import Metrics, Registry, State, StateCollector


def state(**changes: object) -> State:
    """A state, everything 0 but for *changes*."""
    values: dict[str, object] = dict.fromkeys(State.__slots__, 0)
    some = {"ready": False, "policy_revision": "", "verdict_refusals": {}, "downstream_lags": {}}
    return State(**{**values, **some, **changes})  # type: ignore[arg-type]


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
    Metrics(registry).recorded("submission")

    assert [] == [
        sample.name for metric in registry.collect() for sample in metric.samples if sample.name.endswith("_created")
    ]
