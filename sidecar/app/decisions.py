"""The decision log that the configuration asks for."""

from pathlib import Path

from sidecar import config
from sidecar.telemetry.decisionlog.log import DecisionLog
from sidecar.telemetry.decisionlog.rendering import Renderer
from sidecar.telemetry.decisionlog.sink import LineFile, StandardOutput
from sidecar.telemetry.errors import ErrorReports
from sidecar.telemetry.metrics import Metrics


def open_decision_log(section: config.DecisionLog, metrics: Metrics, errors: ErrorReports) -> DecisionLog | None:
    """The log, not started; ``None`` if it is off; ``ConfigError`` if its file cannot be opened."""
    if section.output == "off":
        return None
    return DecisionLog(
        StandardOutput() if section.output == "stdout" else LineFile(Path(section.output)),
        Renderer(),
        capacity=section.queue,
        metrics=metrics,
        errors=errors,
    )
