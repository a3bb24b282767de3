"""The author's schema, held against the vocabulary; what is the author's own in it is the caller's attributes."""

import re
from collections.abc import Collection, Mapping

import cedarpy

from sidecar.policy.cedar import vocabulary
from sidecar.policy.cedar.declarations import Action, Declarations, Entity, RecordType, Type, read_declarations
from sidecar.policy.cedar.tokens import Piece, Token, offending, tokenize
from sidecar.policy.problems import Place, Problems, did_you_mean


def read_attributes(text: str, file: str, problems: Problems) -> Mapping[str, str] | None:
    """The types of the caller's attributes, by name, that the schema *text* declares.

    Everything in the schema that is not exactly the vocabulary is reported. ``None`` if there is no telling what the
    attributes are.
    """
    complaint = _complaint(text)
    if complaint:
        tokens = tokenize(text, file)
        place = _place_of(complaint, text, tokens) if tokens else Place(file, 1, 1)
        message = complaint.removeprefix("error parsing schema: ")
        problems.error(place, "schema.parse", message, "see docs/policies.md for the schema every bundle has")
        return None
    return _Comparison(read_declarations(text, file), file, problems).attributes()


def _complaint(text: str) -> str:
    try:
        cedarpy.Schema.from_str(text)
    except ValueError as error:
        return str(error)
    return ""


def _place_of(complaint: str, text: str, tokens: tuple[Token, ...]) -> Place:
    if complaint.startswith("error parsing schema: unexpected") or "invalid token" in complaint:
        return offending(Piece(text[tokens[0].start :], tokens), _complaint).place
    names = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", complaint.partition(":")[2] or complaint)
    # The last such token: of a type declared twice, the second declaration.
    places = [token.place for token in tokens if token.text.strip('"') in names]
    return places[-1] if places else tokens[0].place


class _Comparison:
    def __init__(self, declared: Declarations, file: str, problems: Problems) -> None:
        self._declared = declared
        self._file = Place(file, 1, 1)
        self._problems = problems

    def attributes(self) -> Mapping[str, str] | None:
        for place in self._declared.namespaces:
            self._extra(place, "a namespace")
        entities = {**vocabulary.ENUMS, **vocabulary.PARENTS}
        self._missing("entity", entities, self._declared.entities)
        for name, entity in self._declared.entities.items():
            if name in entities:
                self._entity(name, entity)
            else:
                self._extra(entity.place, f"entity `{name}`")
        self._missing("action", vocabulary.ACTIONS, self._declared.actions)
        found: Mapping[str, str] | None = None
        for name, action in self._declared.actions.items():
            if name not in vocabulary.ACTIONS:
                self._extra(action.place, f"action `{name}`")
                continue
            attributes = self._action(name, action)
            if found is not None and attributes is not None and attributes != found:
                self._wrong(action.place, f"action `{name}` has other caller attributes", "one set serves all actions")
            found = found if attributes is None else attributes
        return found

    def _entity(self, name: str, entity: Entity) -> None:
        values = vocabulary.ENUMS.get(name)
        if values is not None and entity.values is None:
            hint = f"entity {name} enum [{', '.join(values)}];"
            self._wrong(entity.place, f"`{name}` is a closed vocabulary and must be an enum", hint)
            return
        self._same(entity.place, f"the values of `{name}`", entity.values or (), values or ())
        self._same(entity.place, f"the parents of `{name}`", entity.parents, vocabulary.PARENTS.get(name, ()))
        expected = vocabulary.ENTITY_ATTRIBUTES.get(name, {})
        self._missing(f"attribute of `{name}`", expected, entity.attributes, entity.place)
        for key, attribute in entity.attributes.items():
            spelt = self._declared.spell(attribute.type)
            if key not in expected:
                self._extra(attribute.place, f"attribute `{key}` of `{name}`")
            elif spelt != expected[key] or not attribute.required:
                self._wrong(attribute.place, f"`{key}` of `{name}` must be a `{expected[key]}`", "and required")
        if entity.has_tags:
            self._extra(entity.place, f"tags of `{name}`")

    def _action(self, name: str, action: Action) -> Mapping[str, str] | None:
        self._same(action.place, f"the groups of `{name}`", action.groups, ())
        self._same(action.place, f"the principals of `{name}`", action.principals, ("Service",))
        self._same(action.place, f"the resources of `{name}`", action.resources, ("Field",))
        context = None if action.context is None else self._declared.resolve(action.context)
        if not isinstance(context, RecordType):
            self._wrong(action.place, f"action `{name}` has no `context`", "see docs/policies.md")
            return None
        known = {**vocabulary.CONTEXT, "attributes": ""}
        self._missing("context attribute", known, context.attributes, context.place)
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

    def _attributes(self, place: Place, written: Type, *, required: bool) -> Mapping[str, str]:
        record = self._declared.resolve(written)
        found: dict[str, str] = {}
        if not required or not isinstance(record, RecordType):
            self._wrong(place, "`attributes` must be a required record", "write `attributes: Attributes`")
            return found
        for name, attribute in record.attributes.items():
            spelt = self._declared.spell(attribute.type)
            if name in vocabulary.CONTEXT:
                message = f"caller attribute `{name}` has the name of a fact"
                hint = f"rename it: who reads it for `context.{name}` would take the caller's word"
                self._problems.error(attribute.place, "schema.closed_vocabulary", message, hint)
            if attribute.required:
                self._wrong(attribute.place, f"caller attribute `{name}` must be optional", f"write `{name}?: {spelt}`")
            if spelt not in vocabulary.ATTRIBUTE_TYPES:
                options = ", ".join(f"`{option}`" for option in vocabulary.ATTRIBUTE_TYPES)
                self._wrong(attribute.place, f"caller attribute `{name}` is a `{spelt}`", f"one of {options}")
            found[name] = spelt
        return found

    def _missing(self, noun: str, wanted: Collection[str], found: Collection[str], place: Place | None = None) -> None:
        for name in wanted:
            if name not in found:
                message = f"{noun} `{name}` is missing"
                self._problems.error(place or self._file, "schema.missing", message, "see docs/policies.md")

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
