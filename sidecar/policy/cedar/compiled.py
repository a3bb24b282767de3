"""Policies in the form in which they are handed from process to process: texts and plain values, nothing parsed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sidecar.model.catalog import Catalog
from sidecar.model.vocabulary import Mask, Reason
from sidecar.policy.cedar.footprint import Footprint, footprints_of
from sidecar.policy.cedar.mentions import Mentions
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.slices import Slice, slice_policies
from sidecar.policy.cedar.vocabulary import schema_text
from sidecar.policy.cedar.world import entities_json, keys_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """All that evaluating needs. Immutable, and can be pickled."""

    policies: Mapping[str, str]  # by policy id, Cedar's JSON form of it
    slices: Mapping[str, Slice]  # by number, in order: what is asked together, and about what
    schema_text: str
    schemas: Mapping[Mentions | None, str]  # by what slices are told, the schema of just that
    entities_json: str
    keys: Mapping[str, frozenset[str]]  # by entity type, the keys that the catalog fills
    titles: Mapping[str, str]  # by policy id, of every policy
    forbids: Mapping[str, Reason]  # by policy id, of every forbid
    masks: Mapping[str, Mask]  # by policy id
    footprints: Mapping[str, Footprint]  # by policy id, of every policy


def compile_policies(policies: Iterable[Policy], catalog: Catalog) -> Compiled:
    """*policies*, whose ids are unique, over the entities of *catalog*."""
    by_id = {policy.id: policy for policy in policies}
    slices = slice_policies(tuple(by_id.values()), catalog)
    return Compiled(
        policies={id_: json.dumps(policy.json) for id_, policy in by_id.items()},
        slices={str(number): one for number, one in enumerate(slices)},
        schema_text=schema_text(catalog.attributes),
        schemas={one.told: _schema_text(one.told, catalog.attributes) for one in slices},
        entities_json=entities_json(catalog),
        keys={type_: frozenset(keys) for type_, keys in keys_of(catalog).items()},
        titles={id_: policy.title for id_, policy in by_id.items()},
        forbids={
            id_: policy.reason or Reason.FORBIDDEN for id_, policy in by_id.items() if policy.tree.effect == "forbid"
        },
        masks={id_: policy.mask for id_, policy in by_id.items() if policy.mask is not None},
        footprints=footprints_of(by_id.values(), catalog.attributes),
    )


def _schema_text(told: Mentions | None, attributes: Mapping[str, str]) -> str:
    if told is None:
        return schema_text(attributes)
    types = {name: type_ for name, type_ in attributes.items() if name in told.attributes}
    return schema_text(types, told.context)
