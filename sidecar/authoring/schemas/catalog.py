"""The schemas of the files of a catalog, with the keys that their readers know."""

from collections.abc import Mapping
from typing import Any, Final

from sidecar.authoring.schemas import shapes
from sidecar.authoring.schemas.shapes import Schema
from sidecar.model.vocabulary import THIRD_PARTY, Action, Basis, Channel, FailureMode, Survival
from sidecar.policy.catalog import categories, notices, purposes, services
from sidecar.policy.catalog.entries import LANGUAGE, RENAMED_FROM, TITLES
from sidecar.policy.catalog.purposes import JURISDICTION

_TITLE: Final = shapes.text("What it is, in words for people.")
_RENAMED_FROM: Final = shapes.name_or_names(
    "What it was called before: consents recorded under these names hold for it."
)
_TITLES: Final[Schema] = {
    "type": "object",
    "propertyNames": {"pattern": f"^{LANGUAGE.pattern}$"},
    "additionalProperties": {"type": "string", "pattern": r"\S"},
    "examples": [{"de": "Unser Rundbrief"}],
    "description": "The title in other languages, by BCP 47 tag.",
}
_COMMON: Final[Mapping[str, Schema]] = {TITLES: _TITLES, RENAMED_FROM: _RENAMED_FROM}
_KEYED: Final[Mapping[str, Schema]] = {"title": _TITLE, **_COMMON}

_FIELD: Final[Mapping[str, Schema]] = {
    **_COMMON,
    "title": _TITLE,
    "categories": shapes.names("Its data categories, keys of categories.yaml; it needs consent for each of them."),
}

_PURPOSE: Final[Mapping[str, Schema]] = {
    **_COMMON,
    "title": shapes.text("In the words that people are asked in; that of data_uses.yaml if left out."),
    "basis": shapes.choice(
        Basis, "What makes it lawful (Art. 6(1) GDPR); never inherited. Without one nobody can use it."
    ),
    "basis_by_jurisdiction": {
        "type": "object",
        "propertyNames": {"pattern": f"^{JURISDICTION.pattern}$"},
        "additionalProperties": {"enum": [str(basis) for basis in Basis]},
        "examples": [{"US": "legitimate_interests", "US-CA": "consent"}],
        "description": "Another basis where the person's law is: by ISO 3166 code of a country, or of a part of one.",
    },
    "direct_marketing": shapes.truth(
        "Whether an objection to direct marketing stops it; inherited from the purposes above it, and cannot be unsaid."
    ),
    "channels": shapes.choices(Channel, "How people are reached; if there are several, a question must name one."),
    "survives": shapes.choices(Survival, "What it goes on in spite of."),
    "failure_mode": shapes.choice(
        FailureMode, "What becomes of a question while the view of consent is too old; `deny` if left out."
    ),
    "serve_last_known": shapes.duration("For how long, exactly with `failure_mode: serve_last_known`."),
    "reask_after": shapes.duration("How long people are left in peace after a no; `365d` if left out."),
    "cache_for": shapes.duration("How long callers may reuse an answer; `0s` if left out."),
}

_NOTICE: Final[Mapping[str, Schema]] = {
    **_COMMON,
    "key": shapes.plain_key("Its name, the same in all versions."),
    "version": shapes.number("Which version of it."),
    "title": _TITLE,
    "purposes": shapes.names("Every purpose it lists: a grant under it reaches no further."),
    "categories": shapes.names("Every data category it lists: a grant under it reaches no further."),
    "channels": shapes.choices(Channel, "Every channel it lists; any if left out."),
    "recipients": shapes.names("Every third party it lists, by its key in recipients.yaml.", at_least=0),
    # An older YAML takes a bare `no` for a boolean, and some editors still do.
    "reconsent": {
        "enum": [*notices.RECONSENT, False],
        "description": "Whether grants under earlier versions end when this one becomes valid.",
    },
    "valid_from": shapes.instant("From when on it is shown."),
}

_USE: Final[Mapping[str, Schema]] = {
    "purpose": {"type": "string", "description": "What for: a key of purposes.yaml with a basis, and none below it."},
    "fields": shapes.names("Keys of fields.yaml."),
    "actions": shapes.choices(Action, "What is done with them.", at_least=1),
    "recipients": shapes.names(
        "With whom, exactly with the action `share`: keys of recipients.yaml.", but=(THIRD_PARTY,)
    ),
}

_SERVICE: Final[Mapping[str, Schema]] = {
    **_COMMON,
    "title": _TITLE,
    "owner": shapes.text("Whom to talk to about it."),
    "may_use": {
        "type": "array",
        "items": shapes.record(_USE, services.USE_KEYS, services.USE_REQUIRED)
        | {
            "if": {"properties": {"actions": {"contains": {"const": str(Action.SHARE)}}}, "required": ["actions"]},
            "then": {"required": ["recipients"]},
            "else": {"properties": {"recipients": False}},
        },
        "description": "All that it may use; what is not listed is refused before any policy is asked.",
    },
    "may_ask_for": shapes.names("Services that it may ask questions as, besides itself.", at_least=0),
}


def categories_schema() -> dict[str, Any]:
    """The schema of ``catalog/categories.yaml``."""
    entry = shapes.record(_KEYED, categories.CATEGORY_KEYS, ("title",))
    description = (
        "The taxonomy of data; the dots of a key are the hierarchy, and what is above a dot must be there too."
    )
    return shapes.document("Data categories", description, shapes.entries(entry))


def data_uses_schema() -> dict[str, Any]:
    """The schema of ``catalog/data_uses.yaml``."""
    entry = shapes.record(_KEYED, purposes.DATA_USE_KEYS, ("title",))
    description = (
        "The taxonomy of purposes; the dots of a key are the hierarchy, and what is above a dot must be there too."
    )
    return shapes.document("Data uses", description, shapes.entries(entry))


def purposes_schema() -> dict[str, Any]:
    """The schema of ``catalog/purposes.yaml``."""
    last_known = str(FailureMode.SERVE_LAST_KNOWN)
    entry = shapes.record(_PURPOSE, purposes.KEYS, ()) | {
        "if": {"properties": {"failure_mode": {"const": last_known}}, "required": ["failure_mode"]},
        "then": {"required": ["serve_last_known"]},
        "else": {"properties": {"serve_last_known": False}},
    }
    description = "What data is used for: keys of data_uses.yaml refined, and others below them."
    return shapes.document("Purposes", description, shapes.entries(entry))


def fields_schema() -> dict[str, Any]:
    """The schema of ``catalog/fields.yaml``."""
    entry = shapes.record(_FIELD, categories.FIELD_KEYS, ("title", "categories"))
    description = "Every piece of data that services ask for; dots in these keys mean nothing."
    return shapes.document("Fields", description, shapes.entries(entry))


def recipients_schema() -> dict[str, Any]:
    """The schema of ``catalog/recipients.yaml``."""
    entry = shapes.record(_KEYED, categories.RECIPIENT_KEYS, ("title",))
    shape = shapes.entries(entry) | {"propertyNames": {"pattern": shapes.plain_key("")["pattern"]}}
    return shapes.document("Recipients", "Third parties by name; their keys have no dots.", shape)


def notices_schema() -> dict[str, Any]:
    """The schema of ``catalog/notices.yaml``."""
    items = shapes.record(_NOTICE, notices.KEYS, notices.REQUIRED)
    shape = {"type": ["array", "null", "object"], "items": items, "maxProperties": 0}  # `{}`: none at all
    return shapes.document("Notices", "What people were shown, version by version.", shape)


def service_schema() -> dict[str, Any]:
    """The schema of a file in ``catalog/services``."""
    shape = shapes.record(_SERVICE, services.KEYS, services.REQUIRED)
    return shapes.document("A service", "Who asks for data, and all that it may use.", shape)
