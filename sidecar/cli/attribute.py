"""``--attribute``: values with a type, as text."""

import re
from collections.abc import Iterable
from typing import Final

from sidecar.client import AttributeValue

HELP: Final = (
    "What else policies may want to know; may be repeated. NAME=true and NAME=false are booleans, NAME=42 is an "
    'integer, NAME=text a string, NAME="42" with its quotes the string 42. NAME[]=a NAME[]=b is a set of strings, '
    "NAME[] alone the empty one."
)

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)  # 007 is a string: as a number it would lose its zeros
_MIN, _MAX = -(2**63), 2**63 - 1


def parse_attributes(texts: Iterable[str]) -> dict[str, AttributeValue]:
    """The attributes that *texts* say, by name; ``ValueError`` says which text is wrong and why."""
    attributes: dict[str, AttributeValue] = {}
    sets: dict[str, list[str]] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        name = key.removesuffix("[]")
        is_set = name != key
        if not name or not (separator or is_set):
            raise ValueError(f"`{text}` is not NAME=VALUE")
        if name in attributes or (name in sets and not is_set):
            raise ValueError(f"attribute `{name}` is given twice; a set is {name}[]=a {name}[]=b")
        if is_set:
            sets.setdefault(name, []).extend([value] if separator else [])
        else:
            attributes[name] = _scalar(name, value)
    return {**attributes, **{name: frozenset(values) for name, values in sets.items()}}


def _scalar(name: str, value: str) -> AttributeValue:
    if value in ("true", "false"):
        return value == "true"
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1]
    if not _INTEGER.fullmatch(value):
        return value
    if len(value) > 20 or not _MIN <= int(value) <= _MAX:
        raise ValueError(f"attribute `{name}`: {value} does not fit into 64 bits; in quotes it is a string")
    return int(value)
