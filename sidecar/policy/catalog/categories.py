"""Data categories, fields and recipients: keys with titles."""

from collections.abc import Mapping
from typing import Final

from sidecar.model.catalog import Category, Field, Recipient
from sidecar.model.vocabulary import FIRST_PARTY, THIRD_PARTY
from sidecar.policy.catalog.entries import (
    RENAMED_FROM,
    TITLES,
    Names,
    check_parents,
    check_plain,
    entries_of,
    titles_of,
)
from sidecar.policy.document import Node
from sidecar.policy.problems import Place, Problems

CATEGORY_KEYS: Final = ("title", TITLES, RENAMED_FROM)
FIELD_KEYS: Final = ("title", TITLES, "categories", RENAMED_FROM)
RECIPIENT_KEYS: Final = ("title", TITLES, RENAMED_FROM)

ALWAYS_RECIPIENTS: Final = {
    FIRST_PARTY: Recipient(key=FIRST_PARTY, title="ourselves", titles={"de": "wir selbst"}),
    THIRD_PARTY: Recipient(key=THIRD_PARTY, title="anybody else", titles={"de": "alle anderen"}),
}


def read_categories(node: Node, problems: Problems) -> Mapping[str, Category]:
    """The data categories; the part of a key before its last dot must be a category too."""
    categories: dict[str, Category] = {}
    places: dict[str, Place] = {}
    for key, record in entries_of(node, CATEGORY_KEYS, problems):
        record.require("title")
        categories[key.text] = Category(key=key.text, title=record.text("title"), titles=titles_of(record))
        places[key.text] = key.place
    check_parents(places, categories, "data category", problems)
    return categories


def read_fields(node: Node, names: Names, problems: Problems) -> Mapping[str, Field]:
    """The fields, each in one or more data categories; dots in their keys mean nothing."""
    fields: dict[str, Field] = {}
    for key, record in entries_of(node, FIELD_KEYS, problems):
        record.require("title", "categories")
        listed = record.references("categories", "data category", names.categories)
        fields[key.text] = Field(
            key=key.text,
            title=record.text("title"),
            titles=titles_of(record),
            categories=tuple(sorted(listed)),
        )
    return fields


def read_recipients(node: Node, problems: Problems) -> Mapping[str, Recipient]:
    """The recipients: the two that always are, and third parties by name."""
    recipients = dict(ALWAYS_RECIPIENTS)
    for key, record in entries_of(node, RECIPIENT_KEYS, problems):
        check_plain(key.text, key.place, problems)
        record.require("title")
        recipients[key.text] = Recipient(key=key.text, title=record.text("title"), titles=titles_of(record))
    return recipients
