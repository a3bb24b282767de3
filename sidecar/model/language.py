"""Titles in the language that somebody reads: RFC 4647, section 3.4, lookup."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

DEFAULT: str = ""
"""The language of titles that are not translated: whatever the catalog's author writes them in."""


class Titled(Protocol):
    """An entry of a catalog."""

    @property
    def title(self) -> str:
        """In the default language."""
        ...

    @property
    def titles(self) -> Mapping[str, str]:
        """In others, by tag in lower case."""
        ...


class Title(NamedTuple):
    """A title, and the tag of the language that it is in; ``DEFAULT`` if it is not translated."""

    text: str
    language: str = DEFAULT


def lookup(asked: str, known: Collection[str]) -> str:
    """Of the tags *known*, all in lower case, the one that serves who *asked*; ``DEFAULT`` if none does.

    The tag itself, else what is left of it when parts are taken off its end: ``de`` serves ``de-AT``, not the reverse.
    """
    parts = asked.lower().split("-")
    while parts:
        tag = "-".join(parts)
        if tag in known:
            return tag
        parts.pop()
        if parts and len(parts[-1]) == 1:  # what is left of an extension says nothing
            parts.pop()
    return DEFAULT


def title_in(entry: Titled, asked: str) -> Title:
    """The title of *entry* for who *asked* for a language, else the default one."""
    tag = lookup(asked, entry.titles)
    return Title(entry.titles[tag], tag) if tag else Title(entry.title)
