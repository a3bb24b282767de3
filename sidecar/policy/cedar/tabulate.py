"""What atoms are, for given values: asked of Cedar itself, all atoms at once, never guessed from their form."""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

import cedarpy

from sidecar.model.catalog import Catalog
from sidecar.model.decision import AttributeValue
from sidecar.policy.cedar.atoms import ATTRIBUTE, Atom, policy_set_of
from sidecar.policy.cedar.vocabulary import CONTEXT, ENUMS, NO_CHANNEL, schema_text
from sidecar.policy.cedar.world import entities_json, uid

Value = AttributeValue | None
"""A value of a dimension: a key or an enumerated value as text, a fact, or a caller's attribute; ``None``: not sent."""

_NUMBER: Final = re.compile(r"policy `(\d+)`")


class Truth(IntEnum):
    """What evaluating an atom comes to."""

    FALSE = 0
    TRUE = 1
    ERROR = 2


class Tabulator:
    """Evaluates atoms over the entities of one catalog. Holds the interpreter some 50 us a point."""

    def __init__(self, catalog: Catalog) -> None:
        self._schema = cedarpy.Schema.from_str(schema_text(catalog.attributes))
        self._entities = cedarpy.Entities.from_json_str(entities_json(catalog), self._schema)
        self._defaults = _defaults(catalog)

    def table(self, atoms: Sequence[Atom], points: Sequence[Mapping[str, Value]]) -> list[list[Truth]]:
        """For each point, what each of *atoms* is there; a point has a value for every dimension that one reads."""
        policies = cedarpy.PolicySet.from_pst(policy_set_of({str(n): a.expression for n, a in enumerate(atoms)}))
        return [self._row(policies, len(atoms), point) for point in points]

    def _row(self, policies: cedarpy.PolicySet, count: int, point: Mapping[str, Value]) -> list[Truth]:
        result = cedarpy.is_authorized(_request({**self._defaults, **point}), policies, self._entities, self._schema)
        row = [Truth.FALSE] * count
        for number in result.diagnostics.reasons:
            row[int(number)] = Truth.TRUE
        for message in result.diagnostics.errors:
            blamed = _NUMBER.search(message)
            if blamed is None:
                raise ValueError(f"cannot evaluate: {message}")  # a request that Cedar takes for malformed
            row[int(blamed[1])] = Truth.ERROR
        return row


def _defaults(catalog: Catalog) -> dict[str, Value]:
    """Some value for each dimension: what an atom does not read it may not depend on."""
    return {
        "service": next(iter(catalog.services), ""),
        "action": "use",
        "field": next(iter(catalog.fields), ""),
        "purpose": next(iter(catalog.purposes), ""),
        "recipient": "first_party",
        "channel": NO_CHANNEL,
        **{name: ENUMS[type_][0] for name, type_ in CONTEXT.items() if type_ in ENUMS and name != "channel"},
        **{name: False for name, type_ in CONTEXT.items() if type_ == "Bool"},
    }


def _request(point: Mapping[str, Value]) -> dict[str, Any]:
    return {
        "principal": uid("Service", str(point["service"])),
        "action": uid("Action", str(point["action"])),
        "resource": uid("Field", str(point["field"])),
        "context": {
            **{
                name: point[name] if type_ == "Bool" else uid(type_, str(point[name]))
                for name, type_ in CONTEXT.items()
            },
            "attributes": {
                name.removeprefix(ATTRIBUTE): sorted(value) if isinstance(value, frozenset) else value
                for name, value in point.items()
                if name.startswith(ATTRIBUTE) and value is not None
            },
        },
    }
