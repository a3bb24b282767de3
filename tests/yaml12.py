"""YAML as editors read it: version 1.2, where `no` is a text and a date is one too."""

import re
from typing import Final

from sidecar.policy.document import Mapping, Node, Scalar, parse_document
from sidecar.policy.problems import Problems

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}


def read(text: str) -> object:
    """The values of *text*, which must be YAML."""
    problems = Problems()
    node = parse_document(text, "file.yaml", problems)
    assert () == problems.sorted()
    assert node is not None
    if isinstance(node, Mapping) and not node.entries and "{" not in text:
        return None  # an empty file
    return plain(node)


def plain(node: Node) -> object:
    """The values of *node*."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Scalar):
        return _value(node)
    return [plain(item) for item in node.items]


def _value(scalar: Scalar) -> object:
    quoted = scalar.kind == "str" and (scalar.text in _WORDS or _INTEGER.fullmatch(scalar.text))
    if quoted:
        return scalar.text
    if scalar.text in _WORDS:
        return _WORDS[scalar.text]
    return int(scalar.text) if _INTEGER.fullmatch(scalar.text) else scalar.text
