"""Names that records have, seen from a catalog in which some are called otherwise (ADR-0023).

What opens is read under its present name only. What closes also reaches what it reached under its old one: a key that
was renamed still lies below all that it lay below.
"""

from collections.abc import Mapping
from dataclasses import replace

from sidecar.consent.profile import ProfileEntry
from sidecar.model.catalog import ancestors
from sidecar.model.event import Choice
from sidecar.model.renames import Renames, current_key, earlier_keys
from sidecar.model.scope import Atom, Scope, at_or_below, recipient_at_or_below
from sidecar.model.vocabulary import ANY


def current_atom(atom: Atom, renames: Renames) -> Atom:
    """*atom* under present names."""
    return atom._replace(
        purpose=current_key(atom.purpose, renames.purposes),
        category=current_key(atom.category, renames.categories),
        recipient=renames.recipients.get(atom.recipient, atom.recipient),
    )


def current_scope(scope: Scope, renames: Renames) -> Scope:
    """*scope* under present names."""
    if not renames.touch_records:
        return scope
    return Scope(
        purposes=tuple(dict.fromkeys(current_key(key, renames.purposes) for key in scope.purposes)),
        categories=tuple(dict.fromkeys(current_key(key, renames.categories) for key in scope.categories)),
        channels=scope.channels,
        recipients=tuple(dict.fromkeys(renames.recipients.get(key, key) for key in scope.recipients)),
    )


def current_choice(choice: Choice, renames: Renames) -> Choice:
    """*choice* under present names, its notice too."""
    if not renames.touch_records:
        return choice
    ref = choice.notice
    if ref is not None:
        ref = replace(ref, key=renames.notices.get(ref.key, ref.key))
    return replace(choice, scope=current_scope(choice.scope, renames), notice=ref)


class Lineage:
    """How atoms under present names lie to each other where something closes; ``Atom`` itself says it for what opens.

    For one thread; remembers what it found out.
    """

    def __init__(self, renames: Renames) -> None:
        self._renames = renames
        self._purposes: dict[str, frozenset[str]] = {}
        self._categories: dict[str, frozenset[str]] = {}

    def entry(self, entry: ProfileEntry) -> ProfileEntry:
        """*entry* under present names."""
        key, version = entry.notice
        return entry._replace(
            atom=current_atom(entry.atom, self._renames), notice=(self._renames.notices.get(key, key), version)
        )

    def category(self, key: str) -> str:
        """The present name of category *key*."""
        return current_key(key, self._renames.categories)

    def within(self, one: Atom, other: Atom) -> bool:
        """Whether *one* is, or once was, at least as narrow as *other* in every dimension."""
        return (
            self._purpose_below(one.purpose, other.purpose)
            and self._category_below(one.category, other.category)
            and at_or_below(one.channel, other.channel)
            and recipient_at_or_below(one.recipient, other.recipient)
        )

    def shared(self, one: Atom, other: Atom) -> Atom | None:
        """The narrower value in each dimension; ``None`` if they do not touch and never did."""
        purpose = one.purpose if self._purpose_below(one.purpose, other.purpose) else None
        if purpose is None and self._purpose_below(other.purpose, one.purpose):
            purpose = other.purpose
        category = one.category if self._category_below(one.category, other.category) else None
        if category is None and self._category_below(other.category, one.category):
            category = other.category
        rest = Atom(ANY, ANY, one.channel, one.recipient).shared(Atom(ANY, ANY, other.channel, other.recipient))
        if purpose is None or category is None or rest is None:
            return None
        return rest._replace(purpose=purpose, category=category)

    def related(self, one: str, other: str) -> bool:
        """Whether of two categories one is, or once was, at or above the other."""
        return self._category_below(one, other) or self._category_below(other, one)

    def lifts(self, lifting: Atom, restriction: Atom) -> bool:
        """Whether *lifting* covers *restriction*, both as recorded: under present names, and under those of then.

        A lifting opens: that something was moved below what was lifted does not lift what was restricted about it.
        """
        if not current_atom(restriction, self._renames).within(current_atom(lifting, self._renames)):
            return False
        return _once_below(restriction.purpose, lifting.purpose, self._renames.purposes) and _once_below(
            restriction.category, lifting.category, self._renames.categories
        )

    def _purpose_below(self, one: str, other: str) -> bool:
        return at_or_below(one, other) or other in _above(one, self._renames.purposes, self._purposes)

    def _category_below(self, one: str, other: str) -> bool:
        return at_or_below(one, other) or other in _above(one, self._renames.categories, self._categories)


def _above(key: str, renames: Mapping[str, str], known: dict[str, frozenset[str]]) -> frozenset[str]:
    """All that *key* lay at or below under earlier names, as it is called now."""
    above = known.get(key)
    if above is None:
        earlier = {name for old in earlier_keys(key, renames) for name in (old, *ancestors(old))}
        above = known[key] = frozenset(current_key(name, renames) for name in earlier)
    return above


def _once_below(one: str, other: str, renames: Mapping[str, str]) -> bool:
    """Whether *one*, as recorded, lay at or below *other* as recorded, or anything that this was called before."""
    return any(at_or_below(one, name) for name in (other, *earlier_keys(other, renames)))
