"""The configuration: every setting once, with default, unit and meaning; read once, then passed as an argument."""

from sidecar.config.consent import Consent
from sidecar.config.consumer import Consumer, Consumers
from sidecar.config.listener import AUTO, GRPCIO, NATIVE, Listener, join_host_port, split_host_port
from sidecar.config.nats import Nats
from sidecar.config.sections import (
    Bundle,
    Config,
    Data,
    DecisionLog,
    Freshness,
    Http,
    Limits,
    Log,
    Server,
    Token,
)
from sidecar.config.sources import load

__all__ = [
    "AUTO",
    "GRPCIO",
    "NATIVE",
    "Bundle",
    "Config",
    "Consent",
    "Consumer",
    "Consumers",
    "Data",
    "DecisionLog",
    "Freshness",
    "Http",
    "Limits",
    "Listener",
    "Log",
    "Nats",
    "Server",
    "Token",
    "join_host_port",
    "load",
    "split_host_port",
]
