"""What must be answered: `want`, as a word or as a mapping."""

from collections.abc import Collection, Mapping
from typing import Final

from sidecar.authoring.suite.observed import OBSERVED
from sidecar.authoring.suite.plain import plain
from sidecar.model.vocabulary import AgeBand, Basis, ConsentState, Effect, Mask, Reason
from sidecar.policy.document import Mapping as MappingNode
from sidecar.policy.document import Node, Scalar
from sidecar.policy.problems import Problems
from sidecar.policy.record import Record

KEYS: Final = tuple(OBSERVED)
ASK_KEYS: Final = ("purpose", "categories", "channel", "recipient", "explicit", "by_guardian")
FACTS: Final = ("consent", "explicit", "by_guardian", "objected", "restricted", "erased", "age", "basis")

DENIED: Final[Mapping[str, object]] = {"effect": Effect.DENY.value}
"""What is wanted of whatever a matrix does not list."""

WORDS: Final[Mapping[str, Mapping[str, object]]] = {
    "allow": {"effect": Effect.ALLOW.value},
    "deny": DENIED,
    **{mask.value: {"effect": Effect.ALLOW_WITH_OBLIGATIONS.value, "mask": mask.value} for mask in Mask},
    **{
        reason.value: {"effect": Effect.DENY.value, "reason": reason.value}
        for reason in Reason
        if reason is not Reason.ALLOWED
    },
}
"""``want`` in one word: allowed without a mask, denied, allowed with this mask, denied for this reason."""


def read_want(node: Node, policies: Collection[str], problems: Problems) -> Mapping[str, object]:
    """What *node* wants; *policies* are the ids that may determine an answer."""
    if isinstance(node, Scalar):
        if node.text not in WORDS:
            problems.unknown(node.place, "suite.want", "answer", node.text, WORDS)
        return WORDS.get(node.text, DENIED)
    if not isinstance(node, MappingNode):
        problems.error(node.place, "suite.want", "there is more than one answer", "one for each of several `fields`")
        return DENIED
    record = Record(node, KEYS, problems, area="suite")
    if not node.entries:
        problems.error(node.place, "suite.want", "nothing is wanted", "write `deny`, say")
    _check(record, policies, problems)
    return {key.text: _value(key.text, plain(value)) for key, value in node.entries if key.text in KEYS}


def _value(key: str, value: object) -> object:
    return sorted(map(str, value)) if key == "determining" and isinstance(value, list) else value


def _check(record: Record, policies: Collection[str], problems: Problems) -> None:
    record.choice("effect", Effect)
    record.choice("reason", Reason)
    if not _is_null(record.node("mask")):
        record.choice("mask", Mask)
    for id_ in record.names("determining") if not _is_empty(record.node("determining")) else ():
        if id_.text not in policies:
            problems.unknown(id_.place, "suite.unknown_policy", "policy", id_.text, policies)
    for key, known in (("ask", ASK_KEYS), ("facts", FACTS)):
        node = record.node(key)
        if isinstance(node, MappingNode):
            part = Record(node, known, problems, area="suite")
            if key == "facts":
                _check_facts(part)
        elif node is not None and not _is_null(node):
            problems.error(node.place, "suite.want", f"`{key}` must be a mapping or null", "`{key: value}`")


def _check_facts(facts: Record) -> None:
    facts.choice("consent", ConsentState)
    facts.choice("age", AgeBand)
    facts.choice("basis", Basis)
    for flag in ("explicit", "by_guardian", "objected", "restricted", "erased"):
        facts.boolean(flag)


def _is_null(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.kind == "null"


def _is_empty(node: Node | None) -> bool:
    return node is not None and not isinstance(node, Scalar | MappingNode) and not node.items
