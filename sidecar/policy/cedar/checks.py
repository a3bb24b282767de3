"""What must hold of a policy that parses, so that it cannot err (ADR-0003)."""

import re
from collections.abc import Collection
from itertools import pairwise
from typing import Final

import cedarpy
from cedarpy import pst

from sidecar.policy.cedar import vocabulary
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.tokens import entity_literals
from sidecar.policy.cedar.tree import nodes
from sidecar.policy.problems import Place, Problems, did_you_mean

_ARITHMETIC: Final = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "neg": "-",
    "offset": "offset",
    "duration_since": "durationSince",
}


def check_schema(policy: Policy, schema: cedarpy.Schema, doubtful: Collection[str] | None, problems: Problems) -> None:
    """Report what Cedar's validator says of *policy*, each thing once and not once for every action.

    Not reported is that *schema* lacks a caller attribute that is *doubtful* (``None``: any may be).
    """
    result = cedarpy.validate_policies(policy.piece.text, schema)
    messages = dict.fromkeys(_plain(error.error) for error in result.errors)
    if len(messages) > 1:
        messages.pop(_NO_ACTION, None)  # follows from any of the others
    for message in messages:
        lacking = _LACKING.match(message)
        if lacking and (doubtful is None or (lacking["name"] or lacking["quoted"]) in doubtful):
            continue
        problems.error(_place_of(message, policy), "policy.schema", message, _hint(message))


def check_arithmetic(policy: Policy, problems: Problems) -> None:
    """Report arithmetic: it overflows at run time, and a policy that errs denies everything."""
    signs = (_ARITHMETIC.get(node.op) for node in nodes(policy.tree) if isinstance(node, pst.UnaryOp | pst.BinaryOp))
    for sign in dict.fromkeys(sign for sign in signs if sign):
        place = next((token.place for token in policy.piece.tokens if token.text == sign), policy.place)
        message = f"arithmetic (`{sign}`) can overflow"
        problems.error(place, "policy.arithmetic", message, "compare with a literal, or let the caller send the result")


_NO_ACTION: Final = "unable to find an applicable action given the policy scope constraints"
_LACKING: Final = re.compile(r'attribute `attributes(?:\.(?P<name>\w+)|\["(?P<quoted>.*)"\])` in context not found$')
_POLICY: Final = re.compile(r"^for policy `[^`]*`,? ?:? ?")
_ACTION: Final = re.compile(r' for Action::"[^"]*"')


def _plain(message: str) -> str:
    return _ACTION.sub("", _POLICY.sub("", message)).replace("__cedar::internal::", "")


def _place_of(message: str, policy: Policy) -> Place:
    """Where what the validator complains of stands: the name it quotes, else a text among entities, else the policy."""
    tokens = policy.piece.tokens
    named = reversed(entity_literals(tokens))  # of several the first is to stay
    literals = {name: one.place for one in named for name in (one.type, f'{one.type}::"{one.id}"')}
    for quoted in re.findall(r"`([^`]+)`", message):
        if quoted in literals:
            return literals[quoted]
        name = quoted.rpartition(".")[2].strip('"')
        for before, token in pairwise(tokens):
            if token.text == quoted or (token.text.strip('"') == name and before.text in _BEFORE_A_NAME):
                return token.place
    if "String" in message:
        for before, token in pairwise(tokens):
            if token.kind == "string" and before.text not in ("::", "("):
                return token.place
    return policy.place


_BEFORE_A_NAME: Final = (".", "has", "[", "is")


def _hint(message: str) -> str:
    quoted = re.search(r"`([^`]+)`", message)
    name = quoted[1] if quoted else ""
    if "optional attribute" in message:
        return f"a caller may leave it out: write `context has {name} && ...` before it"
    if message.endswith("in context not found"):
        if name.startswith("attributes"):
            return "a caller's attribute must be declared in schema.cedarschema, in `attributes`"
        return did_you_mean(name, (*vocabulary.CONTEXT, "attributes"))
    if "enumerated entity type" in message:
        type_, _, value = name.partition("::")
        return did_you_mean(value.strip('"'), vocabulary.ENUMS[type_])
    closed = next((type_ for type_ in vocabulary.ENUMS if re.search(rf"types (String and )?{type_}\b", message)), None)
    if closed is not None and "String" in message:
        return f'a closed vocabulary: write `{closed}::"{vocabulary.ENUMS[closed][0]}"`, not a text'
    return "see schema.cedarschema for what can be written"
