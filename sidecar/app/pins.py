"""Listeners that are pinned to a service, held against a catalog."""

from collections.abc import Iterable

from sidecar.config import Listener
from sidecar.errors import Problem
from sidecar.model.catalog import Catalog
from sidecar.policy.problems import did_you_mean


def unknown_pins(listeners: Iterable[Listener], catalog: Catalog) -> tuple[Problem, ...]:
    """A problem for each of *listeners* whose service *catalog* does not have: its callers would all be refused."""
    return tuple(
        Problem(
            file=f"catalog/services/{listener.service}.yaml",
            line=0,
            column=0,
            code="bundle.pinned_service",
            message=f"`server.listen` pins `{listener}`: the catalog has no service `{listener.service}`",
            hint=f"{did_you_mean(listener.service, catalog.services)}; else keep the service, or change the listener",
        )
        for listener in listeners
        if listener.service and listener.service not in catalog.services
    )
