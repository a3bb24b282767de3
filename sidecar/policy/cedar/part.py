"""One slice of policies, ready to be asked."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import cedarpy

from sidecar.policy.cedar.parsed import Parsed
from sidecar.policy.cedar.slices import Slice
from sidecar.policy.cedar.vocabulary import SENT


class Said(NamedTuple):
    """What a slice says to a question."""

    decision: cedarpy.Decision
    determining: tuple[str, ...]  # the forbids that apply; if there are none, the permits
    errors: tuple[str, ...]

    @property
    def forbids(self) -> bool:
        """Whether a policy of it forbids."""
        return self.decision is cedarpy.Decision.Deny and self.determining != ()


def undecided(message: str) -> Said:
    """A question that could not even be put to policies."""
    return Said(cedarpy.Decision.NoDecision, (), (message,))


class Part:
    """A slice of policies, the schema of what it is told, and the entities of all slices; all of them parsed.

    Threads: may be shared. Asking holds the interpreter: for some 10 us, 4 us for each entity in what it is told, and
    0.65 us for each policy.
    """

    __slots__ = ("_entities", "_schema", "_told", "policies")

    def __init__(
        self,
        one: Slice,
        texts: Mapping[str, str],
        schema: Parsed[cedarpy.Schema],
        entities: Parsed[cedarpy.Entities],
    ) -> None:
        """*texts* are Cedar's JSON form of each policy, by id; *schema* is of what the slice is told."""
        self.policies = Parsed(partial(_parse, one.ids, texts))
        self._told = one.told
        self._schema = schema
        self._entities = entities

    def told(self, context: Mapping[str, Any]) -> str:
        """What this slice is told of *context*, in Cedar's JSON."""
        told = self._told
        if told is None:
            return json.dumps(context)
        shown = {name: value for name, value in context.items() if name in told.context}
        if SENT in shown:
            shown[SENT] = {name: value for name, value in shown[SENT].items() if name in told.attributes}
        return json.dumps(shown)

    def ask(self, request: Mapping[str, Any], told: str) -> Said:
        """What these policies say to *request*, with *told* for its context; raises whatever Cedar does."""
        result = cedarpy.is_authorized(
            {**request, "context": told}, self.policies.get(), self._entities.get(), self._schema.get()
        )
        said = result.diagnostics
        return Said(result.decision, tuple(said.reasons), tuple(said.errors))


def _parse(ids: Iterable[str], texts: Mapping[str, str]) -> cedarpy.PolicySet:
    # Cedar numbers policies as they come, and says those numbers in its answers. Keyed by `@id` it says our ids.
    forms = ", ".join(f"{json.dumps(id_)}: {texts[id_]}" for id_ in ids)
    text = f'{{"templates": {{}}, "staticPolicies": {{{forms}}}, "templateLinks": []}}'
    return cedarpy.PolicySet.from_json_str(text, release_gil=True)
