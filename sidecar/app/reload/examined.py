"""What an examining child said, put together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from sidecar.authoring.examination.messages import Assembly, End, Ending, Looked, Part, Piece
from sidecar.errors import Problem, ReloadError
from sidecar.model.catalog import Catalog
from sidecar.pace import Pace
from sidecar.policy.cedar.compiled import Compiled
from sidecar.policy.table import Row

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A bundle as it was found; *catalog* and *compiled* are there exactly if it is good."""

    ending: Ending
    looked: Looked
    problems: tuple[Problem, ...]
    catalog: Catalog | None
    compiled: Compiled | None
    rows: tuple[Row, ...]  # the latest asked first


def listen(messages: Iterator[object], pace: Pace) -> Examined:
    """All of *messages*, up to the ``End``; raises ``ReloadError`` if they do not make sense, or say it is broken."""
    looked: Looked | None = None
    problems: list[Problem] = []
    rows: list[Row] = []
    parts = {part: Assembly() for part in Part}
    for message in messages:
        match message:
            case Looked():
                looked = message
            case Problem():
                problems.append(message)
            case Row():
                rows.append(message)
            case Piece():
                parts[message.part].add(message)
            case End(ending=Ending.BROKEN):
                raise ReloadError(f"the examination broke: {message.because}")
            case End() if looked is not None:
                good = message.ending is Ending.GOOD
                return Examined(
                    ending=message.ending,
                    looked=looked,
                    problems=tuple(sorted(problems)),
                    catalog=_built(Catalog, parts[Part.CATALOG]) if good else None,
                    compiled=_built(Compiled, parts[Part.COMPILED]) if good else None,
                    rows=tuple(rows),
                )
            case _:
                break
        pace.rest()
    raise ReloadError("the examination said what makes no sense")


def _built(kind: type[_T], assembly: Assembly) -> _T:
    try:
        return kind(**assembly.fields())
    except TypeError as error:
        raise ReloadError(f"the examination left out some of the {kind.__name__.lower()}") from error
