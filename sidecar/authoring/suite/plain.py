"""Nodes of a document as the values that JSON has."""

from sidecar.model import instant
from sidecar.policy.document import Mapping, Node, Scalar


def plain(node: Node) -> object:
    """*node* as dictionaries, lists and scalars; a date or timestamp as RFC 3339, in UTC."""
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Scalar):
        return _scalar(node)
    return [plain(item) for item in node.items]


def _scalar(scalar: Scalar) -> object:
    match scalar.kind:
        case "bool" if scalar.text in ("true", "false"):
            return scalar.text == "true"
        case "null":
            return None
        case "int" if scalar.text.removeprefix("-").isdecimal():
            return int(scalar.text)
        case "timestamp":
            try:
                return instant.show(instant.parse(scalar.text))
            except ValueError:
                return scalar.text
    return scalar.text
