"""What the server and its examining child tell each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from sidecar.errors import Problem
from sidecar.policy.source.trust import EVERYTHING, Trust
from sidecar.policy.table import Row

CHUNK: Final = 65_536
"""Characters of a text that travel in one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to examine; the first message to the child. ``Row``s follow: what to decide again."""

    source: str
    trust: Trust = EVERYTHING
    serving: str  # the policy revision in use: found again, there is nothing more to do
    seconds: float  # how long it may take; for a child whose server is no longer there to end it


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was read; *before* and *after* are the source's fingerprints, equal if nothing moved meanwhile."""

    revision: str
    before: bytes
    after: bytes


class Part(StrEnum):
    """The two large values that are handed over in pieces."""

    CATALOG = "catalog"
    COMPILED = "compiled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part's field, or some of it: texts follow one another, mappings are joined."""

    part: Part
    field: str
    content: object


class Ending(StrEnum):
    """How an examination ends."""

    GOOD = "good"
    UNCHANGED = "unchanged"  # it is the revision in use
    BAD = "bad"  # a `Problem` for each error was sent
    BROKEN = "broken"  # the examination itself, for a reason that is no fault of the bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The last message from the child; without it what came before means nothing."""

    ending: Ending
    because: str = ""  # with BROKEN


def pieces(part: Part, value: Any) -> Iterator[Piece]:  # noqa: ANN401 - any dataclass
    """*value* in pieces, each quick to unpickle: a field at a time, texts in chunks, mappings entry by entry."""
    for field in fields(value):
        content = getattr(value, field.name)
        if isinstance(content, str):
            for start in range(0, len(content) or 1, CHUNK):
                yield Piece(part=part, field=field.name, content=content[start : start + CHUNK])
        elif isinstance(content, Mapping):
            yield Piece(part=part, field=field.name, content={})
            for key, item in content.items():
                yield Piece(part=part, field=field.name, content={key: item})
        else:
            yield Piece(part=part, field=field.name, content=content)


class Assembly:
    """Puts pieces of one part together again."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._values: dict[str, Any] = {}

    def add(self, piece: Piece) -> None:
        """Add the next piece."""
        if isinstance(piece.content, str):
            self._texts.setdefault(piece.field, []).append(piece.content)
        elif isinstance(piece.content, dict):
            self._values.setdefault(piece.field, {}).update(piece.content)
        else:
            self._values[piece.field] = piece.content

    def fields(self) -> dict[str, Any]:
        """Every field with its value, as the constructor takes them."""
        return {**self._values, **{field: "".join(texts) for field, texts in self._texts.items()}}


Message = Looked | Problem | Piece | Row | End
"""What the child sends, in this order; problems that are warnings come with a good bundle too."""
