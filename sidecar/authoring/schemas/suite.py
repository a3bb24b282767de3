"""The schema of a suite of tests, with the keys that its readers know."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sidecar.authoring.schemas import shapes
from sidecar.authoring.schemas.shapes import Schema
from sidecar.authoring.suite import asking, matrix, names, reader, steps, wanted
from sidecar.model.vocabulary import (
    Action,
    Actor,
    AgeBand,
    Basis,
    ChoiceKind,
    ConsentState,
    Effect,
    Mask,
    Reason,
)

_LIST: Final[Schema] = {"type": "array", "items": {"type": "string"}}
_NAME: Final[Schema] = {"type": "string"}
_NAMES: Final[Schema] = {"anyOf": [_NAME, _LIST]}  # one needs no brackets
_AT: Final = "A date, or a timestamp with its time zone."


def suite_schema() -> dict[str, Any]:
    """The schema of a file in ``tests``."""
    shape = _record(_SUITE, reader.KEYS, ("suite", "tests"))
    description = "People, what they did, what is asked, what must be answered."
    return shapes.document("A suite of tests", description, {**shape, "definitions": _DEFINITIONS})


def _defined(name: str, description: str) -> Schema:
    return {"allOf": [{"$ref": f"#/definitions/{name}"}], "description": description}


def _record(keys: Mapping[str, Schema], known: Collection[str], required: Collection[str] = ()) -> dict[str, Any]:
    return shapes.record(keys, known, required)


def _listed(description: str) -> Schema:
    return {**_LIST, "description": description}


def _one_or_more(description: str) -> Schema:
    return {**_NAMES, "description": description}


def _named(description: str) -> Schema:
    return {**_NAME, "description": description}


def _or_null(shape: Schema) -> Schema:
    description = {"description": shape["description"]}
    return {
        "anyOf": [{key: value for key, value in shape.items() if key != "description"}, {"type": "null"}]
    } | description


_ATTRIBUTES: Final = _defined("attributes", "What the caller says, as `type Attributes` of the schema declares it.")

_FACTS: Final[Mapping[str, Schema]] = {
    "consent": shapes.choice(ConsentState, "The state of consent; `unknown` if left out."),
    "explicit": shapes.truth("Consent was an own, unbundled act."),
    "by_guardian": shapes.truth("Consent was given by a guardian."),
    "objected": shapes.truth("An objection stands."),
    "restricted": shapes.truth("A restriction stands."),
    "erased": shapes.truth("The person was erased."),
    "age": shapes.choice(AgeBand, "The age band; `unknown` if left out."),
    "basis": shapes.choice(Basis, "What the purpose rests on; as the catalog says if left out."),
}

_SCOPE: Final[Mapping[str, Schema]] = {
    "purposes": _listed("Purposes; in a no, none means all."),
    "categories": _listed("Data categories; in a no, none means all."),
    "channels": _listed("Channels; in a grant, none means those that its purpose declares."),
    "recipients": _listed("Recipients; in a grant, none means `first_party`."),
}

_DETAIL: Final[Mapping[str, Schema]] = {
    "explicit": shapes.truth("With a grant: it was an own, unbundled act."),
    "expires_at": shapes.instant("With a grant: until when."),
    "notice": _named("The version of a notice that was shown: `key@version`."),
}


_CHOICE: Final = _record(
    {"kind": shapes.choice(ChoiceKind, "What it says."), **_SCOPE, **_DETAIL}, ("kind", *_SCOPE, *_DETAIL), ("kind",)
)

_STEP: Final[Mapping[str, Schema]] = {
    "at": shapes.instant(f"When it was recorded. {_AT}"),
    "given": _defined("scope", "Consent: purposes and categories must be named."),
    "refused": _defined("scope", "A no to what was asked."),
    "withdrawn": _defined("scope", "Consent taken back."),
    "objected": _defined("scope", "An objection."),
    "choices": {"type": "array", "items": _CHOICE, "description": "Several choices, made together."},
    "restricted": _defined("scope", "Processing is restricted."),
    "lifted": _defined("scope", "A restriction is lifted; by an operator, if no actor is named."),
    "traits": {
        **_record(
            {
                "digital_consent_at": shapes.instant("When the person can agree alone."),
                "of_age_at": shapes.instant("When the person is of age."),
                "jurisdiction": _named("Where the person's law is: an ISO 3166 code."),
            },
            ("digital_consent_at", "of_age_at", "jurisdiction"),
        ),
        "description": "What rules depend on: coming of age, a jurisdiction.",
    },
    "erased": _listed("Erasure of these categories; of everything, if there are none."),
    **_DETAIL,
    "occurred_at": shapes.instant(f"When it happened, as claimed. {_AT}"),
    "actor": shapes.choice(Actor, "Who acted; `subject` if left out."),
    "imported": shapes.truth("It comes as a line of an import."),
    "error": _named("It must be refused: the path of the field to blame."),
}

_PERSON: Final[Schema] = {
    "anyOf": [
        {
            "type": "array",
            "items": _record(_STEP, steps.KEYS, ("at",)) | {"oneOf": [{"required": [act]} for act in steps.ACTS]},
        },
        {"$ref": "#/definitions/facts"},
        {"type": "null"},
    ],
    "description": "What the person did, step by step; or the facts about the person; or nothing.",
}

_ASK: Final[Mapping[str, Schema]] = {
    "service": _named("Who asks."),
    "subject": _named("About whom: one of `subjects`, or `stranger`."),
    "facts": _defined("facts", "In place of a subject: the facts about one."),
    "co_subjects": _one_or_more("Who else is in the same data: of `subjects`, or `stranger`."),
    "field": _named("What is asked for."),
    "fields": _one_or_more("What is asked for, one question a field; groups may be named."),
    "purpose": _named("What for."),
    "action": shapes.choice(Action, "What is to be done with it; `use` if left out."),
    "channel": _named("Through which channel, if the purpose has several."),
    "recipient": _named("With whom, exactly with the action `share`."),
    "attributes": _ATTRIBUTES,
}

_CONSENT: Final[Mapping[str, Schema]] = {
    "purpose": _named("For which purpose."),
    "categories": _listed("For which data categories."),
    "channel": _or_null(_named("Through which channel.")),
    "recipient": _named("For whom."),
    "explicit": shapes.truth("Whether it must be an own, unbundled act."),
    "by_guardian": shapes.truth("Whether a guardian must give it."),
}

_WANT: Final[Mapping[str, Schema]] = {
    "effect": shapes.choice(Effect, "What the caller may do."),
    "reason": shapes.choice(Reason, "Why."),
    "mask": _or_null(shapes.choice(Mask, "How the value must be masked; null: not at all.")),
    "determining": _one_or_more("Ids of the policies that decided, all of them."),
    "unknown_name": _named("The name that the catalog does not have."),
    "ask": _or_null({**_record(_CONSENT, wanted.ASK_KEYS), "description": "The consent to ask for; null: none."}),
    "ask_not_before": _or_null(shapes.instant("When the person may be asked again; null: now.")),
    "facts": _defined("facts", "What policies saw of the person."),
    "clock_changes_at": _or_null(shapes.instant("When time alone may change the answer; null: never.")),
    "cache_for_ms": {"type": "integer", "description": "How long the caller may reuse the answer."},
    "co_subjects_denied": {"type": "integer", "description": "How many of the co-subjects do not allow some field."},
}

_ANSWER: Final[Schema] = {"anyOf": [{"enum": list(wanted.WORDS)}, _record(_WANT, wanted.KEYS)]}

_DIMENSIONS: Final[Mapping[str, Schema]] = {
    name: _one_or_more(f"Names of {name}, or of groups of them; `{names.ALL}` is all there are.")
    for name in names.DIMENSIONS
}

_TEST: Final[Mapping[str, Schema]] = {
    "name": shapes.text("A sentence that states the rule."),
    "now": shapes.instant("Another clock than that of the suite."),
    "ask": {**_record(_ASK, asking.KEYS, ("service", "purpose")), "description": "One question."},
    "want": {
        "anyOf": [{"$ref": "#/definitions/answer"}, {"type": "array", "items": {"$ref": "#/definitions/answer"}}],
        "description": "What must be answered; of several fields, once for all or one each.",
    },
    "matrix": {
        **_record(_DIMENSIONS, names.DIMENSIONS, matrix.REQUIRED),
        "description": "Questions: every combination; what `expect` does not list must be denied.",
    },
    "attributes": _ATTRIBUTES,
    "expect": {
        "type": "array",
        "items": _record(
            {**_DIMENSIONS, "want": _defined("answer", "What must be answered; `allow` if left out.")},
            (*names.DIMENSIONS, "want"),
        ),
        "description": "Parts of the matrix, and what must be answered there.",
    },
}

_SUITE: Final[Mapping[str, Schema]] = {
    "suite": shapes.text("What the tests have in common; unique in the bundle."),
    "now": shapes.instant("What the clock says when the questions are asked."),
    "groups": {
        **_record(
            {
                name: {
                    "type": "object",
                    "additionalProperties": _NAMES,
                    "description": f"Names for several {name}.",
                }
                for name in names.GROUPED
            },
            names.GROUPED,
        ),
        "description": "Names that stand for several others.",
    },
    "subjects": {
        "type": "object",
        "propertyNames": {"not": {"const": "stranger"}},
        "additionalProperties": _PERSON,
        "description": "People by name. `stranger` is always there, and has no record.",
    },
    "tests": {
        "type": "array",
        "minItems": 1,
        "items": _record(_TEST, reader.TEST_KEYS, ("name",))
        | {
            "oneOf": [
                {"required": ["ask", "want"], "properties": {"expect": False, "attributes": False}},
                {"required": ["matrix"], "properties": {"ask": False, "want": False}},
            ]
        },
        "description": "One question each, or a matrix of them.",
    },
}

_DEFINITIONS: Final[Mapping[str, Schema]] = {
    "scope": _record(_SCOPE, tuple(_SCOPE)),
    "facts": _record(_FACTS, wanted.FACTS),
    "answer": _ANSWER,
    "attributes": {
        "type": "object",
        "additionalProperties": {
            "type": ["boolean", "integer", "string", "array", "null"],
            "items": {"type": "string"},
        },
    },
}
