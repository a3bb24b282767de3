"""A YAML mapping read as a record of known keys: each method gives one value back, and reports what is wrong with it.

A value that is missing or wrong comes back as a harmless default. That is safe because the report makes the bundle
invalid: no default ever reaches a loaded catalog.
"""

import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final, TypeVar

from sidecar.model import instant
from sidecar.model.instant import Instant
from sidecar.policy.document import Mapping, Node, Scalar, Sequence
from sidecar.policy.problems import Place, Problems

E = TypeVar("E", bound=StrEnum)

Known = Collection[str] | None
"""Names that may be referred to; ``None`` if the file that declares them is unreadable, so anything may be right."""

_DURATION: Final = re.compile(r"(\d{1,9})([smhd])")
_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


class Record:
    """One mapping; *known* are the keys it may have, *area* is what the codes of its problems begin with."""

    def __init__(self, node: Mapping, known: Collection[str], problems: Problems, *, area: str = "catalog") -> None:
        self.place = node.place
        self.problems = problems
        self._area = area
        self._values = {key.text: value for key, value in node.entries}
        self._keys = {key.text: key.place for key, _ in node.entries}
        for key, place in self._keys.items():
            if key not in known:
                problems.unknown(place, f"{area}.unknown_key", "key", key, known)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def place_of(self, key: str) -> Place:
        """Where the value of *key* stands; the record itself if it has none."""
        value = self._values.get(key)
        return self.place if value is None else value.place

    def node(self, key: str) -> Node | None:
        """The value of *key* as it stands."""
        return self._values.get(key)

    def names(self, key: str) -> tuple[Scalar, ...]:
        """Single values of a list, each once, at least one if there is a list; a value by itself is a list of one."""
        value = self._values.get(key)
        if isinstance(value, Scalar) and value.kind != "null":
            return (value,)
        return tuple(self._listed(key, required=True))

    def require(self, *keys: str) -> None:
        """Report each of *keys* that is missing."""
        for key in keys:
            if key not in self._values:
                self.problems.error(self.place, f"{self._area}.missing_key", f"`{key}` is missing", f"add `{key}: ...`")

    def text(self, key: str) -> str:
        """A text that is not empty; ``""`` if missing."""
        scalar = self._scalar(key)
        if scalar is None:
            return ""
        if scalar.kind != "str" or not scalar.text.strip():
            return self._wrong(scalar, f"`{key}` must be a text", "put it in quotes", "")
        return scalar.text

    def boolean(self, key: str) -> bool:
        """``true`` or ``false``; false if missing."""
        scalar = self._scalar(key)
        if scalar is None:
            return False
        if scalar.text not in ("true", "false"):
            return self._wrong(scalar, f"`{key}` must be `true` or `false`", "write `true` or `false`", default=False)
        return scalar.text == "true"

    def positive(self, key: str) -> int:
        """A whole number from 1 to 2**31 - 1; 1 if missing."""
        scalar = self._scalar(key)
        if scalar is None:
            return 1
        if not re.fullmatch(r"[1-9]\d{0,8}", scalar.text) or scalar.kind != "int":
            return self._wrong(scalar, f"`{key}` must be a whole number from 1", "write a number such as `1`", 1)
        return int(scalar.text)

    def seconds(self, key: str, default: float) -> float:
        """A duration such as ``365d``, in seconds."""
        scalar = self._scalar(key)
        if scalar is None:
            return default
        match = _DURATION.fullmatch(scalar.text)
        if match is None:
            return self._wrong(
                scalar, f"`{key}` must be a duration", "a number and one of `s`, `m`, `h`, `d`: `365d`", default
            )
        return int(match[1]) * _SECONDS[match[2]]

    def instant(self, key: str) -> Instant:
        """A date or timestamp; the epoch if missing."""
        scalar = self._scalar(key)
        if scalar is None:
            return 0
        try:
            return instant.parse(scalar.text)
        except ValueError:
            hint = "write `2026-01-31` or `2026-01-31T12:00:00Z`"
            return self._wrong(scalar, f"`{key}` must be a date, or a timestamp with a time zone", hint, 0)

    def choice(self, key: str, options: type[E]) -> E | None:
        """One value of an enum; ``None`` if missing."""
        scalar = self._scalar(key)
        return None if scalar is None else self._member(scalar, key, options)

    def choices(self, key: str, options: type[E], *, required: bool = False) -> tuple[E, ...]:
        """Several values of an enum, each once; if *required*, at least one."""
        members = tuple(self._member(scalar, key, options) for scalar in self._listed(key, required=required))
        return tuple(member for member in members if member is not None)

    def references(self, key: str, noun: str, known: Known, *, required: bool = True) -> tuple[str, ...]:
        """Names that must be among *known*, each once; if *required*, at least one."""
        scalars = tuple(self._listed(key, required=required))
        for scalar in scalars:
            self._refer(scalar, noun, known)
        return tuple(scalar.text for scalar in scalars)

    def reference(self, key: str, noun: str, known: Known) -> str:
        """One name that must be among *known*; ``""`` if missing."""
        scalar = self._scalar(key)
        if scalar is None:
            return ""
        self._refer(scalar, noun, known)
        return scalar.text

    def choices_by_key(self, key: str, options: type[E]) -> dict[Scalar, E]:
        """A mapping from any name to a value of an enum; empty if missing."""
        value = self._values.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            return self._wrong(value, f"`{key}` must be a mapping", "write `name: value` lines", {})
        found: dict[Scalar, E] = {}
        for name, item in value.entries:
            member = self._member(item, f"{key}.{name.text}", options)
            if member is not None:
                found[name] = member
        return found

    def texts_by_key(self, key: str) -> dict[Scalar, str]:
        """A mapping from any name to a text that is not empty; empty if missing."""
        value = self._values.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            return self._wrong(value, f"`{key}` must be a mapping", "write `name: text` lines", {})
        found: dict[Scalar, str] = {}
        for name, item in value.entries:
            if isinstance(item, Scalar) and item.kind == "str" and item.text.strip():
                found[name] = item.text
            else:
                self._wrong(item, f"`{key}.{name.text}` must be a text", "put it in quotes", None)
        return found

    def records(self, key: str, known: Collection[str]) -> Iterator["Record"]:
        """The records of a list."""
        value = self._values.get(key)
        if value is not None:
            yield from records_of(value, f"`{key}`", known, self.problems, area=self._area)

    def _refer(self, scalar: Scalar, noun: str, known: Known) -> None:
        if known is not None and scalar.text not in known:
            self.problems.unknown(
                scalar.place, f"{self._area}.unknown_{noun.replace(' ', '_')}", noun, scalar.text, known
            )

    def _listed(self, key: str, *, required: bool) -> Iterator[Scalar]:
        value = self._values.get(key)
        if value is None:
            return
        if not isinstance(value, Sequence):
            self._wrong(value, f"`{key}` must be a list", "write `[one, two]`", None)
            return
        if required and not value.items:
            self.problems.error(value.place, f"{self._area}.empty", f"`{key}` is empty", "name at least one")
        seen: set[str] = set()
        for item in value.items:
            if not isinstance(item, Scalar):
                self._wrong(item, f"`{key}` must be a list of names", "write `[one, two]`", None)
            elif item.text in seen:
                self.problems.error(
                    item.place, f"{self._area}.duplicate", f"`{item.text}` is listed twice", "remove one"
                )
            else:
                seen.add(item.text)
                yield item

    def _scalar(self, key: str) -> Scalar | None:
        value = self._values.get(key)
        if value is None or isinstance(value, Scalar):
            return value
        return self._wrong(value, f"`{key}` must be a single value", "write it on the same line as the key", None)

    def _member(self, node: Node, key: str, options: type[E]) -> E | None:
        names = [str(option) for option in options]
        if not isinstance(node, Scalar):
            return self._wrong(node, f"`{key}` must be a single value", f"one of {', '.join(names)}", None)
        if node.text not in names:
            self.problems.unknown(node.place, f"{self._area}.unknown_value", f"value of `{key}`:", node.text, names)
            return None
        return options(node.text)

    def _wrong(self, node: Node, message: str, hint: str, default: "T") -> "T":
        self.problems.error(node.place, f"{self._area}.wrong_type", message, hint)
        return default


T = TypeVar("T")


def records_of(
    node: Node, what: str, known: Collection[str], problems: Problems, *, area: str = "catalog"
) -> Iterator[Record]:
    """The records of *node*, which must be a list of mappings; *what* names it in messages."""
    if not isinstance(node, Sequence):
        problems.error(node.place, f"{area}.wrong_type", f"{what} must be a list", "start each entry with `- `")
        return
    for item in node.items:
        if isinstance(item, Mapping):
            yield Record(item, known, problems, area=area)
        else:
            problems.error(item.place, f"{area}.wrong_type", f"an entry of {what} must be a mapping", "`key: value`")
