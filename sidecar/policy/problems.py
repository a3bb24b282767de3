"""What is wrong with a bundle, collected, so that an author sees everything at once."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Final, NamedTuple

from sidecar.errors import Problem


class Place(NamedTuple):
    """Where something stands: *file* relative to the bundle, *line* and *column* from 1 (0: the whole file)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in self if part)


MOST: Final = 1_000
"""Problems that are kept of one load; what is wrong beyond that is only counted."""
_MOST_HINTS: Final = 100
_MOST_TEXT: Final = 500


class Problems:
    """A growing list of problems, bounded. Not thread-safe; lives as long as one load."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}  # an ordered set
        self._more = 0
        self._invalid = False
        self._hints = 0

    def error(self, place: Place, code: str, message: str, hint: str = "") -> None:
        """Add something that makes the bundle invalid."""
        self._add(place, code, message, hint, warning=False)

    def warning(self, place: Place, code: str, message: str, hint: str = "") -> None:
        """Add a finding: the bundle still loads."""
        self._add(place, code, message, hint, warning=True)

    def unknown(self, place: Place, code: str, noun: str, name: str, known: Iterable[str]) -> None:
        """Add an error for a *name* that is none of *known*, with the nearest one as the hint."""
        self._hints += 1
        # To find the nearest of thousands of names takes milliseconds, and nobody reads the hundredth hint.
        hint = did_you_mean(name, known) if self._hints <= _MOST_HINTS else f"see the {noun}s that are declared"
        self.error(place, code, f"unknown {noun} `{name}`", hint)

    def _add(self, place: Place, code: str, message: str, hint: str, *, warning: bool) -> None:
        problem = Problem(
            file=place.file,
            line=place.line,
            column=place.column,
            code=code,
            message=_shortened(message),
            hint=_shortened(hint),
            warning=warning,
        )
        self._invalid = self._invalid or not warning
        if len(self._found) < MOST or problem in self._found:
            self._found[problem] = None
        else:
            self._more += 1

    @property
    def invalid(self) -> bool:
        """Whether there is any error."""
        return self._invalid

    def sorted(self) -> tuple[Problem, ...]:
        """All of them, by place; of very many the first that were found, and how many more."""
        found = sorted(self._found)
        if self._more:
            message, hint = f"{self._more:,} more problems are not listed", "mend these, then look again"
            problem = Problem(file=".", line=0, column=0, code="bundle.problems", message=message, hint=hint)
            found.append(problem if self._invalid else replace(problem, warning=True))
        return tuple(found)


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}..."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint towards the likeliest of *known*; all of them if they are few; never empty."""
    options = sorted(known)
    near = _sibling(name, options) or next(iter(get_close_matches(name, options, n=1)), None)
    if near:
        return f"did you mean `{near}`?"
    if not options:
        return "none is declared"
    shown = ", ".join(f"`{option}`" for option in options[:_SHOWN])
    return f"one of {shown}" + (f" and {len(options) - _SHOWN} more" if len(options) > _SHOWN else "")


_SHOWN = 12


def _sibling(name: str, options: list[str]) -> str | None:
    """The one of *options* below the same parent that begins most like the last part of *name*, if it has dots.

    Only the beginnings, since long keys get shortened: `user.helth` is meant for `user.health_and_medical`.
    """
    parent, dot, last = name.rpartition(".")
    siblings = [option for option in options if dot and option.rpartition(".")[0] == parent]
    begin = len(parent) + 1
    # Of those that begin alike the shortest stays.
    by_start = {key[begin : begin + len(last) + 1]: key for key in sorted(siblings, key=len, reverse=True)}
    near = get_close_matches(last, by_start, n=1, cutoff=0.7)
    return by_start[near[0]] if near else None
