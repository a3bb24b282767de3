"""The policies of a bundle, ready to be asked."""

import re
from typing import Any, Final

import cedarpy

from sidecar.model.decision import AttributeValue, Question
from sidecar.model.facts import Facts
from sidecar.policy.cedar.compiled import Compiled
from sidecar.policy.cedar.footprint import union
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from sidecar.policy.cedar.world import uid
from sidecar.policy.evaluation import Evaluation

_NAMED: Final = {"service": "Service", "field": "Field", "purpose": "Purpose", "recipient": "Recipient"}
"""Dimensions of a question that the catalog fills, each with its entity type."""

_BLAMED: Final = re.compile(r"policy `([^`]*)`")


class Policies:
    """Parsed policies, entities and schema: made once for a bundle, immutable, safe to share between threads.

    Evaluating holds the interpreter, for some 40 us plus 0.65 us for each policy.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._policies = cedarpy.PolicySet.from_json_str(compiled.policies_json, release_gil=True)
        self._schema = cedarpy.Schema.from_str(compiled.schema_text, release_gil=True)
        self._entities = cedarpy.Entities.from_json_str(compiled.entities_json, self._schema, release_gil=True)
        self.names: Final = {dimension: compiled.keys[type_] for dimension, type_ in _NAMED.items()}
        """Every name that a question may have in a dimension that the catalog fills."""
        self._forbids = compiled.forbids
        self._masks = compiled.masks
        self.footprints: Final = compiled.footprints
        """What each policy, by id, observes."""
        self.footprint: Final = union(compiled.footprints.values()).with_counterfactual()
        """All that verdicts observe: two questions that differ in nothing of it get the same verdict."""
        self.titles: Final = compiled.titles

    @property
    def ids(self) -> tuple[str, ...]:
        """Every policy id, sorted."""
        return tuple(sorted(self.titles))

    def evaluate(self, question: Question, facts: Facts) -> Evaluation:
        """What the policies say to *question* about a person of whom *facts* hold.

        Never raises, unless the process is being stopped. Whatever keeps Cedar from a full answer (a policy that errs,
        which Cedar skips even if it is a forbid; a request that it takes for malformed, for which it raises nothing; an
        entity that does not exist, which it takes for one without parents) comes back as *erring*, and then nothing is
        allowed.
        """
        for dimension, keys in self.names.items():
            key = getattr(question, dimension)
            if key not in keys:
                return _erring((("", f'{_NAMED[dimension]}::"{key}" is not in the catalog'),))
        try:
            result = cedarpy.is_authorized(request_of(question, facts), self._policies, self._entities, self._schema)
            decision, reasons, errors = result.decision, result.diagnostics.reasons, result.diagnostics.errors
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - fail closed whatever it is, a panic of Rust too: ADR-0003
            return _erring((("", f"{type(error).__name__}: {error}"),))
        if errors or decision is cedarpy.Decision.NoDecision:
            return _erring(tuple(map(blamed, errors or ("no decision",))))
        allowed = decision is cedarpy.Decision.Allow
        return Evaluation(
            allowed=allowed,
            determining=tuple(sorted(reasons)),
            reasons=frozenset(self._forbids[id_] for id_ in reasons if id_ in self._forbids),
            masks=frozenset(self._masks[id_] for id_ in reasons if id_ in self._masks),
        )


def _erring(erring: tuple[tuple[str, str], ...]) -> Evaluation:
    return Evaluation(allowed=False, erring=tuple(sorted(erring)))


def blamed(message: str) -> tuple[str, str]:
    """The id of the policy that *message*, an error of Cedar, blames (empty: of none), and the message."""
    match = _BLAMED.search(message)
    return (match[1] if match else "", message)


def request_of(question: Question, facts: Facts) -> dict[str, Any]:
    """*question* and *facts* as Cedar is asked."""
    # Uids as dicts: Cedar parses strings, which takes 20 us and lets an odd key be read as syntax.
    return {
        "principal": uid("Service", question.service),
        "action": uid("Action", question.action),
        "resource": uid("Field", question.field),
        "context": {
            "purpose": uid("Purpose", question.purpose),
            "channel": uid("Channel", question.channel or NO_CHANNEL),
            "recipient": uid("Recipient", question.recipient),
            "basis": uid("Basis", facts.basis),
            "consent": uid("Consent", facts.consent),
            "explicit": facts.explicit,
            "by_guardian": facts.by_guardian,
            "objected": facts.objected,
            "restricted": facts.restricted,
            "erased": facts.erased,
            "age": uid("AgeBand", facts.age),
            "attributes": {name: _sent(value) for name, _, value in question.attributes},
        },
    }


def _sent(value: AttributeValue) -> bool | int | str | list[str]:
    return sorted(value) if isinstance(value, frozenset) else value
