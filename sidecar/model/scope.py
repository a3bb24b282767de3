"""What a choice or a question is about: one value in each of four dimensions, ordered by broadness."""

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from sidecar.model.vocabulary import ANY, FIRST_PARTY, THIRD_PARTY


def at_or_below(value: str, other: str) -> bool:
    """Whether dotted key *value* equals *other* or lies below it; everything lies below ``*``."""
    return other == ANY or value == other or value.startswith(other + ".")


def recipient_at_or_below(value: str, other: str) -> bool:
    """Whether recipient *value* equals *other* or lies below it; named third parties lie below ``third_party``."""
    if other in (ANY, value):
        return True
    return other == THIRD_PARTY and value not in (ANY, FIRST_PARTY)


class Atom(NamedTuple):
    """One value or ``*`` in each dimension."""

    purpose: str
    category: str
    channel: str
    recipient: str

    def within(self, other: "Atom") -> bool:
        """Whether this is at least as narrow as *other* in every dimension; that is, *other* covers it."""
        return (
            at_or_below(self.purpose, other.purpose)
            and at_or_below(self.category, other.category)
            and at_or_below(self.channel, other.channel)
            and recipient_at_or_below(self.recipient, other.recipient)
        )

    def shared(self, other: "Atom") -> "Atom | None":
        """The region both cover: the narrower value in each dimension; ``None`` if they do not touch."""
        purpose = _narrower(self.purpose, other.purpose)
        category = _narrower(self.category, other.category)
        channel = _narrower(self.channel, other.channel)
        if purpose is None or category is None or channel is None:
            return None
        if recipient_at_or_below(self.recipient, other.recipient):
            return Atom(purpose, category, channel, self.recipient)
        if recipient_at_or_below(other.recipient, self.recipient):
            return Atom(purpose, category, channel, other.recipient)
        return None


EVERYTHING = Atom(ANY, ANY, ANY, ANY)


def _narrower(one: str, other: str) -> str | None:
    if at_or_below(one, other):
        return one
    return other if at_or_below(other, one) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Purposes x categories x channels x recipients; an empty dimension means what the choice's kind says."""

    purposes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()

    def size(self) -> int:
        """How many combinations there are, equal ones counted each time."""
        return (
            (len(self.purposes) or 1)
            * (len(self.categories) or 1)
            * (len(self.channels) or 1)
            * (len(self.recipients) or 1)
        )

    def atoms(self) -> tuple[Atom, ...]:
        """Every combination, each once, an empty dimension read as ``*``."""
        dimensions = (self.purposes, self.categories, self.channels, self.recipients)
        return tuple(dict.fromkeys(Atom(*values) for values in product(*(d or (ANY,) for d in dimensions))))
