"""The declared world: what a bundle's catalog says there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sidecar.model.instant import Instant
from sidecar.model.renames import Renames
from sidecar.model.vocabulary import (
    Action,
    Basis,
    Channel,
    FailureMode,
    Survival,
)

Titles = Mapping[str, str]
"""A title in other languages, by BCP 47 tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A data category; the dots of its key are the hierarchy."""

    key: str
    title: str
    titles: Titles = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """A purpose; only ``direct_marketing`` is inherited down the dots, by the loader."""

    key: str
    title: str
    basis: Basis | None = None  # None: not usable by any service, only a node of the hierarchy
    basis_by_jurisdiction: Mapping[str, Basis] = field(default_factory=dict)
    direct_marketing: bool = False
    channels: tuple[Channel, ...] = ()
    survives: frozenset[Survival] = frozenset()
    failure_mode: FailureMode = FailureMode.DENY
    serve_last_known_seconds: float = 0.0  # how much older than its bound a view may be, with SERVE_LAST_KNOWN
    reask_after_seconds: float = 365 * 86_400.0  # after a no, not to be asked again for so long
    cache_for_seconds: float = 0.0  # how long a caller may reuse an answer
    titles: Titles = field(default_factory=dict)

    def basis_in(self, jurisdiction: str | None) -> Basis | None:
        """The basis where the person's law is: of the code, else of its country, else the default (ADR-0009)."""
        if jurisdiction is None:
            return self.basis
        country = jurisdiction.partition("-")[0]
        for code in (jurisdiction, country):
            if code in self.basis_by_jurisdiction:
                return self.basis_by_jurisdiction[code]
        return self.basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the mesh's data; in one or more categories, sorted."""

    key: str
    title: str
    categories: tuple[str, ...]
    titles: Titles = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who data may be passed to: ``first_party``, ``third_party``, or a named third party below it."""

    key: str
    title: str
    titles: Titles = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One line of what a service may use; *recipients* only with ``SHARE``, then never empty."""

    purpose: str
    fields: frozenset[str]
    actions: frozenset[Action]
    recipients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service and all it may use; *may_ask_for* names services it may ask questions as, besides itself."""

    key: str
    title: str
    owner: str
    may_use: tuple[Use, ...]
    may_ask_for: frozenset[str] = frozenset()
    titles: Titles = field(default_factory=dict)

    def declares(self, action: Action, field_: str, purpose: str, recipient: str) -> bool:
        """Whether some line lists exactly this; purposes are not inherited."""
        return any(
            use.purpose == purpose
            and field_ in use.fields
            and action in use.actions
            and (action is not Action.SHARE or recipient in use.recipients)
            for use in self.may_use
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One version of a text that people were shown, and all that it lists; each tuple is what it offers."""

    key: str
    version: int
    title: str
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    channels: tuple[str, ...]  # empty: any
    recipients: tuple[str, ...]  # the loader fills in first_party
    reconsent: bool  # whether grants under earlier versions end when this becomes valid
    valid_from: Instant
    titles: Titles = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything declared, by key. Immutable; safe to share between threads."""

    services: Mapping[str, Service]
    fields: Mapping[str, Field]
    categories: Mapping[str, Category]
    purposes: Mapping[str, Purpose]
    recipients: Mapping[str, Recipient]
    notices: Mapping[tuple[str, int], Notice]
    attributes: Mapping[str, str] = field(default_factory=dict)  # name -> "Bool", "Long", "String" or "Set<String>"
    renames: Renames = field(default_factory=Renames)

    def direct_marketing(self) -> tuple[str, ...]:
        """Keys of every purpose flagged as direct marketing, sorted."""
        return tuple(sorted(key for key, purpose in self.purposes.items() if purpose.direct_marketing))

    def superseding(self, now: Instant) -> Mapping[str, int]:
        """For each notice key the lowest version not superseded at *now*: grants under lower ones are."""
        floor: dict[str, int] = {}
        for notice in self.notices.values():
            if notice.reconsent and notice.valid_from <= now:
                floor[notice.key] = max(notice.version, floor.get(notice.key, 0))
        return floor

    def next_superseding(self, now: Instant) -> Instant | None:
        """The next instant after *now* at which a notice supersedes earlier versions."""
        later = [n.valid_from for n in self.notices.values() if n.reconsent and n.valid_from > now]
        return min(later, default=None)


def ancestors(key: str) -> tuple[str, ...]:
    """The keys above a dotted key, nearest first."""
    parts = key.split(".")
    return tuple(".".join(parts[:size]) for size in range(len(parts) - 1, 0, -1))
