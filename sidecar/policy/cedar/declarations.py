"""What a Cedar schema declares, as plain values with places.

cedarpy validates a schema but shows nothing of what is in it. This reads the declarations from the tokens of a text
that Cedar has accepted, so it relies on the grammar and checks nothing twice.
Source: the schema grammar, https://docs.cedarpolicy.com/schema/human-readable-schema-grammar.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sidecar.policy.cedar.tokens import Token, tokenize
from sidecar.policy.problems import Place


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type by its name; *element* is what it is a set of."""

    place: Place
    name: str
    element: "Type | None" = None


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record, by attribute."""

    place: Place
    attributes: Mapping[str, "Attribute"]


Type = TypeName | RecordType


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a record or an entity."""

    place: Place
    type: Type
    required: bool


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity type; *values* are those of an enum, ``None`` if it is not one."""

    place: Place
    parents: frozenset[str] = frozenset()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    values: tuple[str, ...] | None = None
    has_tags: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An action; ``None`` for a *context* that is not declared."""

    place: Place
    groups: frozenset[str] = frozenset()
    principals: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    context: Type | None = None


@dataclass(slots=True)
class Declarations:
    """All that a schema declares, by name; *namespaces* are only counted, not read."""

    entities: dict[str, Entity] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    namespaces: list[Place] = field(default_factory=list)

    def resolve(self, found: Type) -> Type:
        """*found*, or what it is another name for. Cedar refuses cycles."""
        while isinstance(found, TypeName) and found.name in self.types:
            found = self.types[found.name]
        return found

    def spell(self, written: Type) -> str:
        """How a type is written with every other name resolved, attributes sorted."""
        found = self.resolve(written)
        if isinstance(found, RecordType):
            parts = (f"{name}{'' if a.required else '?'}: {self.spell(a.type)}" for name, a in found.attributes.items())
            return "{" + ", ".join(sorted(parts)) + "}"
        if found.element is not None:
            return f"Set<{self.spell(found.element)}>"
        return found.name.removeprefix("__cedar::")


def read_declarations(text: str, file: str) -> Declarations:
    """What the schema *text* declares; Cedar must have accepted it."""
    return _Reader(tokenize(text, file)).declarations()


class _Reader:
    """A recursive descent over tokens; one method for each rule of the grammar."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._next = 0
        self._found = Declarations()

    def declarations(self) -> Declarations:
        while self._next < len(self._tokens):
            self._annotations()
            keyword = self._take()
            if keyword.text == "namespace":
                self._found.namespaces.append(keyword.place)
                self._skip_braces()
            elif keyword.text == "type":
                name = self._take().text
                self._take()  # =
                self._found.types[name] = self._type()
                self._take()  # ;
            elif keyword.text == "entity":
                self._entity()
            else:
                self._action()
        return self._found

    def _entity(self) -> None:
        names = self._names()
        parents: frozenset[str] = frozenset()
        attributes: Mapping[str, Attribute] = {}
        values: tuple[str, ...] | None = None
        has_tags = False
        while (token := self._take()).text != ";":
            if token.text == "in":
                parents = frozenset(self._references())
            elif token.text == "enum":
                self._take()  # [
                values = tuple(name for name, _ in self._names())
                self._take()  # ]
            elif token.text == "tags":
                has_tags = True
                self._type()
            else:
                if token.text == "{":
                    self._next -= 1
                attributes = self._record().attributes
        for name, place in names:
            self._found.entities[name] = Entity(place, parents, attributes, values, has_tags)

    def _action(self) -> None:
        names = self._names()
        groups: frozenset[str] = frozenset()
        applies: dict[str, frozenset[str]] = {}
        context: Type | None = None
        while (token := self._take()).text != ";":
            if token.text == "in":
                groups = frozenset(self._references())
            elif token.text == "appliesTo":
                self._take()  # {
                while (key := self._take()).text != "}":
                    if key.text == ",":
                        continue
                    self._take()  # :
                    if key.text == "context":
                        context = self._type()
                    else:
                        applies[key.text] = frozenset(self._references())
            else:  # the deprecated `attributes {}`
                self._record()
        for name, place in names:
            self._found.actions[name] = Action(
                place, groups, applies.get("principal", frozenset()), applies.get("resource", frozenset()), context
            )

    def _type(self) -> Type:
        if self._peek() == "{":
            return self._record()
        place = self._tokens[self._next].place
        name = self._path()
        if name != "Set" or self._peek() != "<":
            return TypeName(place, name)
        self._take()  # <
        element = self._type()
        self._take()  # >
        return TypeName(place, name, element)

    def _record(self) -> RecordType:
        place = self._take().place  # {
        attributes: dict[str, Attribute] = {}
        while self._peek() != "}":
            self._annotations()
            name = self._take()
            required = self._peek() != "?"
            if not required:
                self._take()  # ?
            self._take()  # :
            attributes[_unquoted(name)] = Attribute(name.place, self._type(), required)
            if self._peek() == ",":
                self._take()
        self._take()  # }
        return RecordType(place, attributes)

    def _names(self) -> list[tuple[str, Place]]:
        names = [self._take()]
        while self._peek() == ",":
            self._take()  # ,
            names.append(self._take())
        return [(_unquoted(token), token.place) for token in names]

    def _references(self) -> list[str]:
        if self._peek() != "[":
            return [self._path()]
        self._take()  # [
        found: list[str] = []
        while self._peek() != "]":
            found.append(self._path())
            if self._peek() == ",":
                self._take()
        self._take()  # ]
        return found

    def _path(self) -> str:
        path = _unquoted(self._take())
        while self._peek() == "::":
            self._take()
            path += "::" + _unquoted(self._take())
        return path

    def _annotations(self) -> None:
        while self._peek() == "@":
            self._take()  # @
            self._take()  # its name
            if self._peek() == "(":
                self._next += 3  # ( "text" )

    def _skip_braces(self) -> None:
        depth = 0
        while (token := self._take()).text != "}" or depth > 1:
            depth += (token.text == "{") - (token.text == "}")

    def _peek(self) -> str:
        return self._tokens[self._next].text

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token


def _unquoted(token: Token) -> str:
    return token.text[1:-1] if token.kind == "string" else token.text
