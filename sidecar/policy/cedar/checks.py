"""What must hold of a policy that parses, so that it can neither err nor be silently false (ADR-0003)."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any, Final

import cedarpy
from cedarpy import pst

from sidecar.policy.cedar import vocabulary
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.tokens import entity_literals
from sidecar.policy.problems import Place, Problems, did_you_mean

_ARITHMETIC: Final = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "neg": "-",
    "offset": "offset",
    "duration_since": "durationSince",
}
_NOUNS: Final = {
    "Service": "service",
    "Field": "field",
    "DataCategory": "data category",
    "Purpose": "purpose",
    "Recipient": "recipient",
}


def check_schema(policy: Policy, schema: cedarpy.Schema, problems: Problems) -> None:
    """Report what Cedar's validator says of *policy*, each thing once and not once for every action."""
    result = cedarpy.validate_policies(policy.piece.text, schema)
    messages = dict.fromkeys(_plain(error.error) for error in result.errors)
    if len(messages) > 1:
        messages.pop(_NO_ACTION, None)  # follows from any of the others
    for message in messages:
        problems.error(_place_of(message, policy), "policy.schema", message, _hint(message))


def check_entities(policy: Policy, known: Mapping[str, Collection[str] | None], problems: Problems) -> None:
    """Report each entity of the catalog that *policy* names but the catalog does not have.

    Cedar takes a comparison with such an entity for false, without an error. *known* has the keys of each entity
    type, ``None`` where they are not known; of enums the validator takes care.
    """
    for literal in entity_literals(policy.piece.tokens):
        keys = known.get(literal.type)
        if keys is not None and literal.id not in keys:
            noun = _NOUNS[literal.type]
            problems.unknown(literal.place, "policy.unknown_entity", noun, literal.id, keys)


def check_arithmetic(policy: Policy, problems: Problems) -> None:
    """Report arithmetic on anything but literals: it overflows at run time, and a policy that errs is skipped."""
    for op in dict.fromkeys(_ARITHMETIC[node.op] for node in _nodes(policy.tree) if _computes(node)):
        place = next((token.place for token in policy.piece.tokens if token.text == op), policy.place)
        message = f"arithmetic (`{op}`) on what a caller sends can overflow"
        problems.error(place, "policy.arithmetic", message, "compare with a literal, or let the caller send the result")


def _computes(node: object) -> bool:
    if not isinstance(node, pst.UnaryOp | pst.BinaryOp) or node.op not in _ARITHMETIC:
        return False
    return any(isinstance(below, pst.Var) for below in _nodes(node))


def _nodes(root: object) -> Iterator[Any]:
    """*root* and every node below it."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, Mapping):
            stack.extend(node.values())
        elif is_dataclass(node):
            yield node
            stack.extend(getattr(node, part.name) for part in fields(node))


_NO_ACTION: Final = "unable to find an applicable action given the policy scope constraints"
_POLICY: Final = re.compile(r"^for policy `[^`]*`,? ?:? ?")
_ACTION: Final = re.compile(r' for Action::"[^"]*"')


def _plain(message: str) -> str:
    return _ACTION.sub("", _POLICY.sub("", message)).replace("__cedar::internal::", "")


def _place_of(message: str, policy: Policy) -> Place:
    """Where what the validator complains of stands: the name it quotes, else the policy."""
    tokens = policy.piece.tokens
    for quoted in re.findall(r"`([^`]+)`", message):
        for literal in entity_literals(tokens):
            if quoted == f'{literal.type}::"{literal.id}"':
                return literal.place
        name = quoted.rpartition(".")[2].strip('"')
        for before, token in pairwise(tokens):
            if token.text.strip('"') == name and before.text in (".", "has", "["):
                return token.place
        for token in tokens:
            if token.text == name:
                return token.place
    return policy.place


def _hint(message: str) -> str:
    if "optional attribute" in message:
        return "a caller may leave it out: guard it with `context.attributes has ... && ...`"
    if "in context not found" in message:
        names = (*vocabulary.CONTEXT, "attributes")
        quoted = re.search(r"`([^`]+)`", message)
        return did_you_mean(quoted[1] if quoted else "", names)
    if "enumerated entity type" in message:
        quoted = re.search(r'`(\w+)::"([^"]*)"`', message)
        return did_you_mean(quoted[2], vocabulary.ENUMS.get(quoted[1], ())) if quoted else ""
    if "not compatible" in message:
        return 'closed vocabularies are entities: `Consent::"given"`, not `"given"`'
    return "see schema.cedarschema for what can be written"
