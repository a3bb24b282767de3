"""What is exported is what docs/metrics.md says."""

import re
from pathlib import Path

from sidecar.telemetry.metrics import Metrics, Registry, State, StateCollector
from tests.unit.telemetry.decisionlog.answers import answered
from tests.unit.telemetry.decisionlog.test_audience import AUDIENCE

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
ROW = re.compile(
    r"^\| `(?P<name>sidecar_\w+)(?:\{(?P<labels>[^}]*)\})?` \| (?P<type>\w+) \| (?P<unit>[^|]+) \|", re.MULTILINE
)


def documented() -> dict[str, tuple[str, frozenset[str]]]:
    """Name to type and labels, as the table has them."""
    rows = [match.groupdict() for match in ROW.finditer(DOCUMENT.read_text(encoding="utf-8"))]
    return {
        row["name"]: (row["type"], frozenset((row["labels"] or "").replace(" ", "").split(",")) - {""}) for row in rows
    }


def exported() -> dict[str, tuple[str, frozenset[str]]]:
    """Name to type and labels, as a registry has them once everything was counted."""
    registry = Registry()
    metrics = Metrics(registry)
    metrics.tallies.answered([answered()])
    tally = metrics.tallies.begin()
    tally.ended("Check", "OK")
    metrics.tallies.end(tally)
    metrics.recorded("submission")
    metrics.failed("grpc")
    metrics.read("done")
    metrics.filtered(AUDIENCE.filtered)
    metrics.reloaded("swapped", 0.1)
    metrics.decisions_dropped("queue_full", 1)
    some = {"policy_revision": "r", "verdict_refusals": {"fraud": 1}, "downstream_lags": {"mail-provider": 0.5}}
    values = {**dict.fromkeys(State.__slots__, 0), **some}
    registry.register(StateCollector(lambda: State(**values)))  # type: ignore[arg-type]
    found = {}
    for metric in registry.collect():
        suffix = {"counter": "_total", "info": "_info"}.get(metric.type, "")
        kind = "gauge" if metric.type == "info" else metric.type
        labels = {name for sample in metric.samples for name in sample.labels} - {"le"}
        found[metric.name + suffix] = (kind, frozenset(labels))
    return found


def test_every_series_is_documented_with_its_type_and_labels() -> None:
    """Neither a series without a row nor a row without a series."""
    assert documented() == exported()


def test_names_follow_the_conventions() -> None:
    """Prefix, base units, counters end in `_total`."""
    for name, (kind, _) in exported().items():
        assert name.startswith("sidecar_")
        assert (kind == "counter") is name.endswith("_total")
        assert not re.search(r"_(ms|milliseconds|kb|percent)(_|$)", name)


def test_no_label_can_grow_without_bound() -> None:
    """Nothing that a caller chooses freely, and nothing about a person, is a label; a service is one of the catalog."""
    bounded = {"effect", "reason", "method", "code", "kind", "component", "revision", "outcome", "because", "service"}
    bounded |= {"consumer"}  # those of the configuration

    assert bounded == {label for _, labels in exported().values() for label in labels}


def test_the_alerts_ask_only_for_what_is_exported() -> None:
    """A rule about a series that does not exist never fires."""
    rules = (DOCUMENT.parent / "alerts.yaml").read_text(encoding="utf-8")
    asked = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bsidecar_\w+", rules)}

    assert set() == asked - set(exported())
