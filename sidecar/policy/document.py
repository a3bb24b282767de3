"""YAML with the place of every node, and without what a catalog has no use for.

Built from parse events, because PyYAML's own tree forgets where an alias stood. Refused: aliases (so there are neither
cycles nor documents that expand without bound), explicit tags, several documents, duplicate keys, absurd nesting.
"""

from dataclasses import dataclass

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import Reader, ReaderError
from yaml.resolver import Resolver

from sidecar.policy.problems import Place, Problems


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: its *text* as written, and what YAML 1.1 takes it for (`str`, `int`, `bool`, `null`...)."""

    place: Place
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; keys are taken as written (`NO` is Norway) and unique."""

    place: Place
    entries: tuple[tuple[Scalar, "Node"], ...]


Node = Scalar | Sequence | Mapping


def parse_document(text: str, file: str, problems: Problems) -> Node | None:
    """The only document in *text* (an empty one is an empty mapping), or ``None`` if it is broken, and why reported."""
    builder = _Builder(text, file, problems)
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        message, hint = error.problem or "not YAML", error.context or "check the indentation"
        if mark and text.removeprefix("\ufeff").startswith("\t", mark.index):  # a byte order mark is not counted
            message, hint = "there is a tab character", "indent with blanks"
        problems.error(place, "yaml.syntax", message, hint)
    except ReaderError:
        # Its own position is in bytes or in characters, depending on the parser.
        match = Reader.NON_PRINTABLE.search(text)
        before = text[: match.start()] if match else text
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        problems.error(place, "yaml.syntax", "a control character", "remove it")
    except _RefusedError:
        pass
    return None


class _RefusedError(Exception):
    """Reported already; nothing more can be read from this file."""


class _Builder:
    def __init__(self, text: str, file: str, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._resolver = Resolver()
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, 30 times faster
        self._events = yaml.parse(text, Loader=loader)

    def document(self) -> Node:
        root: Node = Mapping(Place(self._file, 1, 1), ())
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "yaml.documents", "a second document starts here", "one file, one document")
            elif isinstance(event, NodeEvent):
                node = self._node(event, 0)
                if not isinstance(node, Scalar) or node.kind != "null":
                    root = node
            else:
                assert isinstance(event, yaml.StreamStartEvent | DocumentEndEvent | StreamEndEvent)
        return root

    def _node(self, event: Event, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            self._refuse(event, "yaml.alias", f"`*{event.anchor}` is an alias", "write the value out")
        if depth > _MAX_DEPTH:
            self._refuse(event, "yaml.depth", f"nested more than {_MAX_DEPTH} deep", "nothing here needs that")
        if getattr(event, "tag", None) not in (None, "!"):
            self._refuse(event, "yaml.tag", "explicit tags are not supported", "remove the tag")
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, depth)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, depth)
        assert isinstance(event, ScalarEvent)
        return self._scalar(event)

    def _scalar(self, event: ScalarEvent) -> Scalar:
        tag: str = self._resolver.resolve(  # type: ignore[no-untyped-call]  # the stubs lack its types
            yaml.ScalarNode, event.value, event.implicit
        )
        return Scalar(self._place(event), event.value, tag.rpartition(":")[2])

    def _sequence(self, start: Event, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Sequence(self._place(start), tuple(items))

    def _mapping(self, start: Event, depth: int) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                self._problems.error(key.place, "yaml.key", "a key must be a plain text", "check the indentation")
            elif key.text in entries:
                first = entries[key.text][0].place
                message = f"`{key.text}` is there twice, first at line {first.line}"
                self._problems.error(key.place, "yaml.duplicate_key", message, "remove or rename one of them")
            else:
                entries[key.text] = (key, value)
        return Mapping(self._place(start), tuple(entries.values()))

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        assert mark is not None  # every event of a parser has one
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _refuse(self, event: Event, code: str, message: str, hint: str) -> None:
        self._problems.error(self._place(event), code, message, hint)
        raise _RefusedError


_MAX_DEPTH = 16
