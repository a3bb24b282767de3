"""The policies of a bundle, ready to be asked."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, Final

import cedarpy

from sidecar.model.decision import AttributeValue, Question
from sidecar.model.facts import Facts
from sidecar.policy.cedar.compiled import Compiled
from sidecar.policy.cedar.footprint import COUNTERFACTUAL, Footprint, union
from sidecar.policy.cedar.parsed import Parsed
from sidecar.policy.cedar.part import Part, Said, undecided
from sidecar.policy.cedar.vocabulary import NO_CHANNEL
from sidecar.policy.cedar.world import uid
from sidecar.policy.evaluation import Evaluation

_NAMED: Final = {"service": "Service", "field": "Field", "purpose": "Purpose", "recipient": "Recipient"}
"""Dimensions of a question that the catalog fills, each with its entity type."""

_KEYS: Final[Mapping[str, Callable[[Question], str]]] = {
    **{name: attrgetter(name) for name in ("service", "action", "field", "purpose", "recipient")},
    "channel": lambda question: question.channel or NO_CHANNEL,
}
"""By dimension, a question's key in it."""

_BLAMED: Final = re.compile(r"policy `([^`]*)`")


class Policies:
    """Parsed policies, entities and schemas: made once for a bundle, immutable, safe to share between threads.

    Asking holds the interpreter for some 40 us for the first slice, 20 us for each further one that the question is put
    to (``slices.py``), and 0.65 us for each policy in them.
    """

    def __init__(self, compiled: Compiled) -> None:
        schemas = {told: Parsed(partial(_schema, text)) for told, text in compiled.schemas.items()}
        entities = Parsed(partial(_entities, compiled.entities_json, schemas[None]))
        self._parsed: list[Parsed[Any]] = [entities, *schemas.values()]
        self._general: list[Part] = []
        self._sliced: dict[str, dict[str, list[Part]]] = {}  # by dimension and key
        for one in compiled.slices.values():
            part = Part(one, compiled.policies, schemas[one.told], entities)
            self._parsed.append(part.policies)
            if not one.dimension:
                self._general.append(part)
            for key in one.keys:
                self._sliced.setdefault(one.dimension, {}).setdefault(key, []).append(part)
        self.names: Final = {dimension: compiled.keys[type_] for dimension, type_ in _NAMED.items()}
        """Every name that a question may have in a dimension that the catalog fills."""
        self._forbids = compiled.forbids
        self._masks = compiled.masks
        kinds: dict[Footprint, Footprint] = {}  # of thousands of policies there are few, and to free them takes time
        self.footprints: Final = {id_: kinds.setdefault(one, one) for id_, one in compiled.footprints.items()}
        """What each policy, by id, observes."""
        self.footprint: Final = union(compiled.footprints.values()).with_counterfactual()
        """All that verdicts observe: two questions that differ in nothing of it get the same verdict."""
        self.titles: Final = compiled.titles

    @property
    def ids(self) -> tuple[str, ...]:
        """Every policy id, sorted."""
        return tuple(sorted(self.titles))

    def parts(self, question: Question) -> Iterator[Part]:
        """The slices that *question* is put to; policies that are in none of them would neither apply nor err."""
        yield from self._general
        for dimension, by_key in self._sliced.items():
            yield from by_key.get(_KEYS[dimension](question), ())

    def inquiry(self) -> "Inquiry":
        """What asks these policies about one question, as often as need be."""
        return Inquiry(self)

    def evaluate(self, question: Question, facts: Facts) -> Evaluation:
        """What the policies say to *question* about a person of whom *facts* hold; never raises, like ``Inquiry``."""
        return self.inquiry().evaluate(question, facts)

    def joined(self, said: Iterable[Said]) -> Evaluation:
        """What Cedar says of all policies at once, if this is what it *said* of the slices."""
        ids = tuple(sorted(id_ for one in said for id_ in one.determining))
        forbids = tuple(id_ for id_ in ids if id_ in self._forbids)
        if forbids:
            return Evaluation(
                allowed=False,
                determining=forbids,
                reasons=frozenset(self._forbids[id_] for id_ in forbids),
                settled=any(self.footprints[id_].dimensions.isdisjoint(COUNTERFACTUAL) for id_ in forbids),
            )
        masks = frozenset(self._masks[id_] for id_ in ids if id_ in self._masks)
        return Evaluation(allowed=bool(ids), determining=ids, masks=masks)

    def retire(self) -> Iterator[None]:
        """Free what was parsed, a little at each step; who still asks gets the same answers, only later."""
        for parsed in self._parsed:
            parsed.retire()
            yield


class Inquiry:
    """Asks policies about one question with several facts; a slice that is told nothing new is not asked again.

    Never raises, unless the process is being stopped. Not to be shared between threads.
    """

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._question: Question | None = None
        self._said: dict[tuple[Part, str], Said] = {}
        self._denying: dict[Part, None] = {}  # slices that forbade it: first to be asked whether they still do

    def evaluate(self, question: Question, facts: Facts) -> Evaluation:
        """What the policies say to *question* about a person of whom *facts* hold.

        Whatever keeps Cedar from a full answer (a policy that errs, which Cedar skips even if it is a forbid; a request
        that it takes for malformed, for which it raises nothing; an entity that does not exist, which it takes for one
        without parents) comes back as *erring*, and then nothing is allowed.
        """
        self._begin(question)
        # A malformed request is so for every slice. The first, which is told everything, says it for all of them.
        said = list(self._answers(question, facts, self._policies.parts(question)))
        errors = [error for one in said for error in one.errors]
        if errors or said[-1].decision is cedarpy.Decision.NoDecision:
            return Evaluation(allowed=False, erring=tuple(sorted(map(blamed, errors or ("no decision",)))))
        return self._policies.joined(said)

    def allows(self, question: Question, facts: Facts) -> bool:
        """Whether ``evaluate`` would allow; asks no more slices than it takes to find out."""
        self._begin(question)
        parts = dict.fromkeys((*self._denying, *self._policies.parts(question)))
        allowed = False
        for said in self._answers(question, facts, parts):
            if said.errors or said.decision is cedarpy.Decision.NoDecision or said.forbids:
                return False
            allowed = allowed or said.decision is cedarpy.Decision.Allow
        return allowed

    def _begin(self, question: Question) -> None:
        if question is not self._question:
            self._question, self._said, self._denying = question, {}, {}

    def _answers(self, question: Question, facts: Facts, parts: Iterable[Part]) -> Iterator[Said]:
        """What each of *parts* says, up to the first that does not decide."""
        try:
            for dimension, keys in self._policies.names.items():
                key = getattr(question, dimension)
                if key not in keys:
                    yield undecided(f'{_NAMED[dimension]}::"{key}" is not in the catalog')
                    return
            request = request_of(question, facts)
            context = request.pop("context")
            for part in parts:
                said = self._asked(part, request, context)
                yield said
                if said.decision is cedarpy.Decision.NoDecision:
                    return
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - fail closed whatever it is, a panic of Rust too: ADR-0003
            yield undecided(f"{type(error).__name__}: {error}")

    def _asked(self, part: Part, request: Mapping[str, Any], context: Mapping[str, Any]) -> Said:
        told = part.told(context)
        said = self._said.get((part, told))
        if said is None:
            said = self._said[part, told] = part.ask(request, told)
            if said.forbids:
                self._denying[part] = None
        return said


def _schema(text: str) -> cedarpy.Schema:
    return cedarpy.Schema.from_str(text, release_gil=True)


def _entities(text: str, schema: Parsed[cedarpy.Schema]) -> cedarpy.Entities:
    return cedarpy.Entities.from_json_str(text, schema.get(), release_gil=True)


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
