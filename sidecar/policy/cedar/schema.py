"""The author's schema, held against the vocabulary; what is the author's own in it is the caller's attributes."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cedarpy

from sidecar.policy.cedar import vocabulary
from sidecar.policy.cedar.declarations import Action, Declarations, Entity, RecordType, Type, read_declarations
from sidecar.policy.cedar.expansion import schema_fits
from sidecar.policy.cedar.nesting import schema_nesting
from sidecar.policy.cedar.policy import hint_at
from sidecar.policy.cedar.tokens import Piece, Token, offending, tokenize
from sidecar.policy.problems import Place, Problems, did_you_mean

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class CallerAttributes:
    """The caller's attributes, as far as the schema tells.

    *types* has those, by name, whose type is one that they may have. *doubtful* are the others, which an author
    nevertheless wanted; ``None`` if any name may be one, because the schema does not tell.
    """

    types: Mapping[str, str]
    doubtful: frozenset[str] | None

    @property
    def names(self) -> Collection[str] | None:
        """Every name that policies may use; ``None``: any."""
        return None if self.doubtful is None else self.types.keys() | self.doubtful


UNTOLD: Final = CallerAttributes({}, None)
"""Nothing is known of the caller's attributes."""


def read_attributes(text: str, file: str, problems: Problems) -> CallerAttributes:
    """The caller's attributes that the schema *text* declares.

    Everything in the schema that is not exactly the vocabulary is reported.
    """
    tokens = tokenize(text, file)
    bad = next((token for token in tokens if token.kind == "bad"), None)
    if bad is not None:
        problems.error(bad.place, "schema.parse", f"`{bad.text}` means nothing here", hint_at(bad))
        return UNTOLD
    if not (schema_nesting(tokens, problems) and schema_fits(tokens, problems)):
        return UNTOLD
    complaint = _complaint(text)
    if complaint:
        place = _place_of(complaint, text, tokens)
        message = complaint.removeprefix("error parsing schema: ")
        hint = "see https://docs.cedarpolicy.com/schema/human-readable-schema-grammar.html"
        problems.error(place, "schema.parse", message, hint)
        return UNTOLD
    return _Comparison(read_declarations(text, file), file, problems).attributes()


def _complaint(text: str) -> str:
    try:
        cedarpy.Schema.from_str(text)
    except ValueError as error:
        return str(error)
    return ""


def _place_of(complaint: str, text: str, tokens: tuple[Token, ...]) -> Place:
    if "unexpected token" in complaint:
        return offending(Piece(text[tokens[0].start :], tokens), _complaint).place
    if "unexpected end" in complaint:
        return tokens[-1].place
    detail = complaint.removeprefix("error parsing schema: ")
    names = re.findall(r'`(?:Action::)?"?(\w+)"?`', detail) or re.findall(r"\w+", detail.partition(":")[2])
    named = [(before.text, token.place) for before, token in pairwise(tokens) if token.text.strip('"') in names]
    declared = [place for keyword, place in named if keyword in ("entity", "type", "action")]
    # The last one: of what is declared twice, the second.
    return (declared or [place for _, place in named] or [tokens[0].place])[-1]


class _Comparison:
    def __init__(self, declared: Declarations, file: str, problems: Problems) -> None:
        self._declared = declared
        self._file = Place(file, 1, 1)
        self._problems = problems

    def attributes(self) -> CallerAttributes:
        for place in self._declared.namespaces:
            self._extra(place, "a namespace")
        entities = {**vocabulary.ENUMS, **vocabulary.PARENTS}
        texts = {name: f"add `{vocabulary.entity_text(name)}`" for name in entities}
        self._missing("entity", texts, self._declared.entities)
        for name, entity in self._declared.entities.items():
            if name in entities:
                self._entity(name, entity)
            else:
                self._extra(entity.place, f"entity `{name}`")
        actions = {name: f"add `{name}` to the names after `action`" for name in vocabulary.ACTIONS}
        self._missing("action", actions, self._declared.actions)
        found: CallerAttributes | None = None
        for name, action in self._declared.actions.items():
            if name not in vocabulary.ACTIONS:
                self._extra(action.place, f"action `{name}`")
                continue
            attributes = self._action(name, action)
            if found is not None and attributes is not None and attributes != found:
                self._wrong(action.place, f"action `{name}` has other caller attributes", "one set serves all actions")
            found = found if attributes is None else attributes
        return found or UNTOLD

    def _entity(self, name: str, entity: Entity) -> None:
        values = vocabulary.ENUMS.get(name)
        if values is not None and entity.values is None:
            hint = f"write `{vocabulary.entity_text(name)}`"
            message = f"`{name}` is a closed vocabulary and must be an enum"
            self._problems.error(entity.place, "schema.closed_vocabulary", message, hint)
            return
        self._same(entity.place, f"the values of `{name}`", entity.values or (), values or ())
        self._same(entity.place, f"the parents of `{name}`", entity.parents, vocabulary.PARENTS.get(name, ()))
        expected = vocabulary.ENTITY_ATTRIBUTES.get(name, {})
        lines = {key: f"add `{key}: {type_}`" for key, type_ in expected.items()}
        self._missing(f"attribute of `{name}`", lines, entity.attributes, entity.place)
        for key, attribute in entity.attributes.items():
            spelt = self._declared.spell(attribute.type)
            if key not in expected:
                self._extra(attribute.place, f"attribute `{key}` of `{name}`")
            elif spelt != expected[key] or not attribute.required:
                self._wrong(attribute.place, f"`{key}` of `{name}` must be a `{expected[key]}`", "and required")
        if entity.has_tags:
            self._extra(entity.place, f"tags of `{name}`")

    def _action(self, name: str, action: Action) -> CallerAttributes | None:
        self._same(action.place, f"the groups of `{name}`", action.groups, ())
        self._same(action.place, f"the principals of `{name}`", action.principals, ("Service",))
        self._same(action.place, f"the resources of `{name}`", action.resources, ("Field",))
        context = None if action.context is None else self._declared.resolve(action.context)
        if not isinstance(context, RecordType):
            self._wrong(action.place, f"action `{name}` has no `context`", "write `context: {purpose: Purpose, ...}`")
            return None
        known = {**vocabulary.CONTEXT, "attributes": "Attributes"}
        lines = {key: f"add `{key}: {type_}`" for key, type_ in known.items()}
        self._missing("context attribute", lines, context.attributes, context.place)
        for key, attribute in context.attributes.items():
            if key == "attributes":
                continue
            if key not in known:
                hint = "what a caller may send stands in `attributes`"
                message = f"`{key}` is not in the context of any question"
                self._problems.error(attribute.place, "schema.extra", message, hint)
                continue
            spelt, expected = self._declared.spell(attribute.type), known[key]
            if spelt == "String" and expected in vocabulary.ENUMS:
                message = f"`{key}` is a closed vocabulary and must not be a `String`"
                hint = f"make it a `{expected}`: of strings, a misspelt value would go unseen"
                self._problems.error(attribute.place, "schema.closed_vocabulary", message, hint)
            elif spelt != expected or not attribute.required:
                self._wrong(attribute.place, f"`{key}` must be a required `{expected}`", f"write `{key}: {expected}`")
        given = context.attributes.get("attributes")
        return None if given is None else self._attributes(given.place, given.type, required=given.required)

    def _attributes(self, place: Place, written: Type, *, required: bool) -> CallerAttributes | None:
        record = self._declared.resolve(written)
        if not required or not isinstance(record, RecordType):
            self._wrong(place, "`attributes` must be a required record", "write `attributes: Attributes`")
            return None
        found: dict[str, str] = {}
        for name, attribute in record.attributes.items():
            if name in vocabulary.CONTEXT:
                message = f"caller attribute `{name}` has the name of a fact"
                hint = f"rename it: who reads it for `context.{name}` would take the caller's word"
                self._problems.error(attribute.place, "schema.closed_vocabulary", message, hint)
            spelt = self._declared.spell(attribute.type)
            if attribute.required:
                self._wrong(attribute.place, f"caller attribute `{name}` must be optional", f"write `{name}?: {spelt}`")
            if not _NAME.fullmatch(name):
                self._wrong(attribute.place, f"`{name}` cannot be the name of a caller attribute", "letters and `_`")
            elif spelt not in vocabulary.ATTRIBUTE_TYPES:
                options = ", ".join(f"`{option}`" for option in vocabulary.ATTRIBUTE_TYPES)
                self._wrong(attribute.place, f"caller attribute `{name}` is a `{spelt}`", f"one of {options}")
            else:
                found[name] = spelt
        return CallerAttributes(found, frozenset(record.attributes) - frozenset(found))

    def _missing(
        self, noun: str, wanted: Mapping[str, str], found: Collection[str], place: Place | None = None
    ) -> None:
        """Report each key of *wanted*, whose values are hints, that is not *found*."""
        for name, hint in wanted.items():
            if name not in found:
                self._problems.error(place or self._file, "schema.missing", f"{noun} `{name}` is missing", hint)

    def _same(self, place: Place, what: str, found: Collection[str], wanted: Collection[str]) -> None:
        for name in sorted(set(found) - set(wanted)):
            self._problems.error(place, "schema.extra", f"{what} must not include `{name}`", did_you_mean(name, wanted))
        for name in sorted(set(wanted) - set(found)):
            self._problems.error(place, "schema.missing", f"{what} lack `{name}`", f"add `{name}`")

    def _extra(self, place: Place, what: str) -> None:
        hint = "remove it: entities come from the catalog, facts from the sidecar"
        self._problems.error(place, "schema.extra", f"{what} is not in the vocabulary", hint)

    def _wrong(self, place: Place, message: str, hint: str) -> None:
        self._problems.error(place, "schema.type", message, hint)
