"""Pinned listeners and the catalog."""

from pathlib import Path

from sidecar.app.pins import unknown_pins
from sidecar.config import Listener
from sidecar.policy.bundle import load_bundle
from tests.unit.policy.bundles import write


def test_only_a_pin_that_the_catalog_lacks_is_a_problem(tmp_path: Path) -> None:
    """It names the listener, the service, and the file that is missed."""
    catalog = load_bundle(write(tmp_path)).catalog
    listeners = [
        Listener(address="127.0.0.1:1"),
        Listener(address="127.0.0.1:2", service="fraud"),
        Listener(address="127.0.0.1:3", service="frau"),
    ]
    (problem,) = unknown_pins(listeners, catalog)

    assert "catalog/services/frau.yaml" == problem.file
    assert "`server.listen` pins `127.0.0.1:3,service=frau`: the catalog has no service `frau`" == problem.message
    assert problem.hint.startswith("did you mean `fraud`?")
