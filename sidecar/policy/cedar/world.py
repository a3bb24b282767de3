"""A catalog as Cedar entities, and the keys that a policy may name."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sidecar.model.catalog import Catalog, ancestors
from sidecar.model.vocabulary import FIRST_PARTY, THIRD_PARTY


def uid(type_: str, key: str) -> dict[str, str]:
    """A reference to an entity."""
    return {"type": type_, "id": key}


def keys_of(catalog: Catalog) -> Mapping[str, Collection[str]]:
    """The keys of each entity type that the catalog fills."""
    return {
        "Service": catalog.services,
        "Field": catalog.fields,
        "DataCategory": catalog.categories,
        "Purpose": catalog.purposes,
        "Recipient": catalog.recipients,
    }


def entities_json(catalog: Catalog) -> str:
    """Every entity of *catalog* in Cedar's JSON, with its parents."""
    return json.dumps(_entities(catalog))


def lineage(catalog: Catalog) -> Mapping[tuple[str, str], frozenset[tuple[str, str]]]:
    """By entity of *catalog*, type and key, all that it is in: itself, and whatever lies above it."""
    above = {_pair(entity["uid"]): frozenset(map(_pair, entity["parents"])) for entity in _entities(catalog)}
    found: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
    for entity in above:
        reached, pending = {entity}, [entity]
        while pending:
            new = above.get(pending.pop(), frozenset()) - reached
            reached |= new
            pending += new
        found[entity] = frozenset(reached)
    return found


def _pair(reference: Mapping[str, str]) -> tuple[str, str]:
    return reference["type"], reference["id"]


def _entities(catalog: Catalog) -> list[dict[str, Any]]:
    entities = [_entity("Service", key) for key in catalog.services]
    entities += [_entity("DataCategory", key, ("DataCategory", ancestors(key)[:1])) for key in catalog.categories]
    entities += [
        _entity("Purpose", key, ("Purpose", ancestors(key)[:1]), direct_marketing=purpose.direct_marketing)
        for key, purpose in catalog.purposes.items()
    ]
    entities += [_entity("Recipient", key, ("Recipient", _above(key))) for key in catalog.recipients]
    entities += [_entity("Field", key, ("DataCategory", field.categories)) for key, field in catalog.fields.items()]
    return entities


def _above(recipient: str) -> tuple[str, ...]:
    return () if recipient in (FIRST_PARTY, THIRD_PARTY) else (THIRD_PARTY,)


def _entity(type_: str, key: str, above: tuple[str, Iterable[str]] = ("", ()), **attributes: bool) -> dict[str, Any]:
    parent_type, parents = above
    return {"uid": uid(type_, key), "attrs": attributes, "parents": [uid(parent_type, parent) for parent in parents]}
