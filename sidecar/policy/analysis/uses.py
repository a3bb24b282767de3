"""Every question that a catalog declares, but for the person asked about."""

from collections.abc import Iterator

from sidecar.model.catalog import Catalog, Service
from sidecar.model.vocabulary import FIRST_PARTY, Action
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.cedar.vocabulary import NO_CHANNEL


def uses_of(catalog: Catalog) -> tuple[Use, ...]:
    """Each declared question once, by service, in the order of its file; all that ``NOT_DECLARED`` does not refuse."""
    return tuple(dict.fromkeys(use for service in catalog.services.values() for use in _uses(service, catalog)))


def _uses(service: Service, catalog: Catalog) -> Iterator[Use]:
    for declared in service.may_use:
        channels = catalog.purposes[declared.purpose].channels or (NO_CHANNEL,)
        for action in Action:
            if action in declared.actions:
                recipients = sorted(declared.recipients) if action is Action.SHARE else (FIRST_PARTY,)
                yield from (
                    Use(
                        service=service.key,
                        field=field,
                        purpose=declared.purpose,
                        action=action,
                        recipient=recipient,
                        channel=str(channel),
                    )
                    for field in sorted(declared.fields)
                    for recipient in recipients
                    for channel in channels
                )
