"""What catalog files have in common: one entry for each key, keys of one shape, parents above dotted keys."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from sidecar.model.catalog import ancestors
from sidecar.policy.document import Mapping, Node, Scalar
from sidecar.policy.problems import Place, Problems, did_you_mean
from sidecar.policy.record import Known, Record

_PART: Final = "[A-Za-z0-9_-]+"
DOTTED: Final = re.compile(rf"{_PART}(\.{_PART})*")
RENAMED_FROM: Final = "renamed_from"
"""The key of an entry that says what it was called before; see ``renames.py``."""

PLAIN: Final = re.compile(_PART)
TITLES: Final = "titles"
"""The key of an entry that gives its title in other languages."""

LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # the form of a BCP 47 tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What entries may refer to; *usable* are the purposes with a basis."""

    categories: Known = None
    purposes: Known = None
    usable: Collection[str] = ()
    recipients: Known = None
    fields: Known = None
    services: Known = None


def entries_of(node: Node, known: Collection[str], problems: Problems) -> Iterator[tuple[Scalar, Record]]:
    """Each key of a file with its record."""
    if not isinstance(node, Mapping):
        problems.error(node.place, "catalog.wrong_type", "the file must be a mapping", "write `key: {title: ...}`")
        return
    for key, value in node.entries:
        if not DOTTED.fullmatch(key.text):
            problems.error(key.place, "catalog.key", f"`{key.text}` is not a key", _KEY_HINT)
        elif isinstance(value, Mapping):
            yield key, Record(value, known, problems)
        else:
            problems.error(value.place, "catalog.wrong_type", f"`{key.text}` must be a mapping", "`{title: ...}`")


def titles_of(record: Record) -> dict[str, str]:
    """The title of *record* in other languages, by BCP 47 tag in lower case."""
    titles: dict[str, str] = {}
    for tag, title in record.texts_by_key(TITLES).items():
        if not LANGUAGE.fullmatch(tag.text):
            message = f"`{tag.text}` is not the tag of a language"
            record.problems.error(tag.place, "catalog.language", message, "BCP 47: `de`, `pt-BR`")
        titles[tag.text.lower()] = title
    return titles


def check_plain(key: str, place: Place, problems: Problems) -> None:
    """Report a key with dots where dots would mean nothing."""
    if not PLAIN.fullmatch(key):
        problems.error(place, "catalog.key", f"`{key}` is not a key without dots", "letters, digits, `_` and `-`")


def check_parents(places: dict[str, Place], known: Collection[str], noun: str, problems: Problems) -> None:
    """Report each key of *places* whose parent, the key up to its last dot, is not among *known*."""
    for key, place in places.items():
        above = ancestors(key)
        if above and above[0] not in known:
            message = f"{noun} `{key}` has no parent `{above[0]}`"
            problems.error(place, "catalog.unknown_parent", message, did_you_mean(above[0], set(known) - {key}))


_KEY_HINT: Final = "letters, digits, `_` and `-`, in parts joined by dots"
