"""Services: one file for each, listing all that it may use."""

from typing import Final

from sidecar.model.catalog import Service, Use
from sidecar.model.vocabulary import THIRD_PARTY, Action
from sidecar.policy.catalog.entries import RENAMED_FROM, TITLES, Names, titles_of
from sidecar.policy.document import Mapping, Node
from sidecar.policy.problems import Problems
from sidecar.policy.record import Record

REQUIRED: Final = ("title", "owner", "may_use")
KEYS: Final = (*REQUIRED, TITLES, "may_ask_for", RENAMED_FROM)
USE_REQUIRED: Final = ("purpose", "fields", "actions")
USE_KEYS: Final = (*USE_REQUIRED, "recipients")


def read_service(key: str, node: Node, names: Names, problems: Problems) -> Service | None:
    """The service *key* as *node* declares it; ``None`` if that is no mapping at all."""
    if not isinstance(node, Mapping):
        problems.error(node.place, "catalog.wrong_type", "the file must be a mapping", "start with `title: ...`")
        return None
    record = Record(node, KEYS, problems)
    record.require(*REQUIRED)
    return Service(
        key=key,
        title=record.text("title"),
        titles=titles_of(record),
        owner=record.text("owner"),
        may_use=tuple(_use(use, names) for use in record.records("may_use", USE_KEYS)),
        may_ask_for=frozenset(record.references("may_ask_for", "service", names.services, required=False)),
    )


def _use(record: Record, names: Names) -> Use:
    record.require(*USE_REQUIRED)
    purpose = record.reference("purpose", "purpose", names.purposes)
    if names.purposes is not None and purpose in names.purposes and purpose not in names.usable:
        message = f"purpose `{purpose}` has no `basis`, so nothing may be used for it"
        hint = "give it a `basis` in catalog/purposes.yaml (no basis is inherited), or name another purpose"
        record.problems.error(record.place_of("purpose"), "catalog.no_basis", message, hint)
    actions = frozenset(record.choices("actions", Action, required=True))
    recipients = frozenset(record.references("recipients", "recipient", names.recipients))
    if Action.SHARE in actions and "recipients" not in record:
        message = "`share` needs `recipients`"
        record.problems.error(record.place_of("actions"), "catalog.recipients", message, "say with whom")
    if Action.SHARE not in actions and "recipients" in record:
        message = "`recipients` mean nothing without the action `share`"
        record.problems.error(
            record.place_of("recipients"), "catalog.recipients", message, "add `share`, or remove them"
        )
    if THIRD_PARTY in recipients:
        message = f"`{THIRD_PARTY}` is everybody else, not a recipient that data can be shared with"
        record.problems.error(
            record.place_of("recipients"), "catalog.recipients", message, "name third parties one by one"
        )
    return Use(
        purpose=purpose,
        fields=frozenset(record.references("fields", "field", names.fields)),
        actions=actions,
        recipients=recipients,
    )
