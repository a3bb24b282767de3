"""The words that policies are written in: the one schema of all bundles, but for the caller's attributes.

The author's file must say exactly this. Evaluation then uses the text written here, with the attributes read from the
author's file filled in: whatever the author's file says, a policy never sees another vocabulary.
"""

from collections.abc import Collection, Mapping
from typing import Final

from sidecar.model.vocabulary import Action, AgeBand, Basis, Channel, ConsentState

NO_CHANNEL: Final = "none"
"""The ``Channel`` of a question whose purpose has none."""

ATTRIBUTE_TYPES: Final = ("Bool", "Long", "String", "Set<String>")

ENUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "Consent": tuple(map(str, ConsentState)),
    "Basis": tuple(map(str, Basis)),
    "AgeBand": tuple(map(str, AgeBand)),
    "Channel": (NO_CHANNEL, *map(str, Channel)),
}
"""Closed vocabularies: entity types, not strings, so that a misspelt value is an error when the bundle is loaded."""

PARENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Purpose": ("Purpose",),
    "DataCategory": ("DataCategory",),
    "Recipient": ("Recipient",),
    "Service": (),
    "Field": ("DataCategory",),
}
"""Entity types whose members are the catalog's, each with the types of its parents."""

ENTITY_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {"Purpose": {"direct_marketing": "Bool"}}

CONTEXT: Final[Mapping[str, str]] = {
    "purpose": "Purpose",
    "channel": "Channel",
    "recipient": "Recipient",
    "basis": "Basis",
    "consent": "Consent",
    "explicit": "Bool",
    "by_guardian": "Bool",
    "objected": "Bool",
    "restricted": "Bool",
    "erased": "Bool",
    "age": "AgeBand",
}
"""What every question says besides principal, action, resource and ``attributes``."""

SENT: Final = "attributes"
"""The name, in the context, of what the caller sends."""

ACTIONS: Final = tuple(map(str, Action))


def schema_text(attributes: Mapping[str, str], context: Collection[str] = (*CONTEXT, SENT)) -> str:
    """The schema of a bundle whose callers may send *attributes* (name -> type); of the context, the names in it."""
    lines = [entity_text(name) for name in (*ENUMS, *PARENTS)]
    quoted = {f'"{name}"': type_ for name, type_ in attributes.items()}  # an author may name one like a keyword
    lines.append(f"type Attributes = {_record(quoted, optional='?')};")
    shape = _record({name: type_ for name, type_ in {**CONTEXT, SENT: "Attributes"}.items() if name in context})
    lines.append(f"action {', '.join(ACTIONS)} appliesTo {{principal: Service, resource: Field, context: {shape}}};")
    return "\n".join(lines) + "\n"


def entity_text(name: str) -> str:
    """The declaration of one entity type."""
    if name in ENUMS:
        values = ", ".join(f'"{value}"' for value in ENUMS[name])
        return f"entity {name} enum [{values}];"
    above = f" in [{', '.join(PARENTS[name])}]" if PARENTS[name] else ""
    shape = f" = {_record(ENTITY_ATTRIBUTES[name])}" if name in ENTITY_ATTRIBUTES else ""
    return f"entity {name}{above}{shape};"


def _record(attributes: Mapping[str, str], optional: str = "") -> str:
    return "{" + ", ".join(f"{name}{optional}: {type_}" for name, type_ in attributes.items()) + "}"
