"""What schemas are made of: one function for each shape of value that the readers of YAML files know.

Draft 7 of JSON Schema, which editors know best. A schema never refuses what the loader accepts; the other way round it
says less, since it sees one file at a time: whether a purpose exists is the loader's to say.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from sidecar.policy.catalog.entries import DOTTED, PLAIN

Schema = Mapping[str, Any]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"


def text(description: str) -> Schema:
    """A text that is not blank."""
    return {"type": "string", "pattern": r"\S", "description": description}


def truth(description: str) -> Schema:
    """``true`` or ``false``."""
    return {"type": "boolean", "description": description}


def number(description: str) -> Schema:
    """A whole number from 1."""
    return {"type": "integer", "minimum": 1, "maximum": 999_999_999, "description": description}


def duration(description: str) -> Schema:
    """A duration such as ``365d``."""
    return {"type": "string", "pattern": "^[0-9]{1,9}[smhd]$", "examples": ["365d"], "description": description}


def instant(description: str) -> Schema:
    """A date, or a timestamp with its time zone."""
    return {"type": "string", "pattern": "^[0-9]{4}-?[0-9W]", "examples": ["2026-01-31"], "description": description}


def plain_key(description: str) -> Schema:
    """A key without dots."""
    return {"type": "string", "pattern": f"^{PLAIN.pattern}$", "description": description}


def choice(options: type[StrEnum], description: str) -> Schema:
    """One value of a closed vocabulary."""
    return {"enum": [str(option) for option in options], "description": description}


def choices(options: type[StrEnum], description: str, *, at_least: int = 0) -> Schema:
    """Several values of a closed vocabulary, each once."""
    return names(description, at_least=at_least) | {"items": {"enum": [str(option) for option in options]}}


def names(description: str, *, at_least: int = 1, but: Collection[str] = ()) -> dict[str, Any]:
    """Several names, each once, none of them one of *but*."""
    items: dict[str, Any] = {"type": "string"}
    if but:
        items["not"] = {"enum": sorted(but)}
    return {"type": "array", "items": items, "uniqueItems": True, "minItems": at_least, "description": description}


def name_or_names(description: str) -> Schema:
    """One name, or several, each once."""
    return {"anyOf": [{"type": "string"}, names("")], "description": description}


def record(shapes: Mapping[str, Schema], keys: Collection[str], required: Collection[str]) -> dict[str, Any]:
    """A mapping with these *keys*, which are those that its reader knows; raises ``KeyError`` for one without shape."""
    return {
        "type": "object",
        "properties": {key: shapes[key] for key in keys},
        "required": list(required),
        "additionalProperties": False,
    }


def entries(entry: Schema) -> dict[str, Any]:
    """A file with one *entry* for each dotted key; an empty file has none."""
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": f"^{DOTTED.pattern}$"},
        "additionalProperties": entry,
    }


def document(title: str, description: str, shape: Schema) -> dict[str, Any]:
    """A whole schema."""
    return {"$schema": DRAFT, "title": title, "description": description, **shape}
