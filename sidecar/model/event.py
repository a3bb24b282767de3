"""Consent events: immutable acts of or about one person, as sent."""

from dataclasses import dataclass

from sidecar.model.instant import Instant
from sidecar.model.scope import Atom, Scope
from sidecar.model.vocabulary import Actor, ChoiceKind, NoKind

MAX_ATOMS_PER_EVENT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRef:
    """A version of a notice."""

    key: str
    version: int

    def __str__(self) -> str:
        return f"{self.key}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One box ticked or unticked; *explicit* and *expires_at* only with ``GIVEN``."""

    kind: ChoiceKind
    scope: Scope
    explicit: bool = False
    expires_at: Instant | None = None
    notice: NoticeRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Choices made together; never empty.

    *form* is the digest of the form that they were handed in with, if there was one: the same form under the same id is
    the same event, whatever it would change by then.
    """

    choices: tuple[Choice, ...]
    form: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """Processing is to stop but for what survives it."""

    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifting:
    """Restrictions at or below its scope are lifted; an operator's act."""

    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is known about age and place; ``None`` leaves a trait as it is."""

    digital_consent_at: Instant | None = None
    of_age_at: Instant | None = None
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The person's data, or that of some categories, was erased; no categories means all of it."""

    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTo:
    """Another id of the same person, as sent; a log never holds it."""

    other_subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another id of the same person, as recorded: by its pseudonym."""

    other: bytes
    era: Instant = 0  # when the other was last erased before, 0: never; the link ends with the next erasure


@dataclass(frozen=True, slots=True, kw_only=True)
class No:
    """One thing that was said no to."""

    kind: NoKind
    atom: Atom


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a linked id said no to; the log's own doing, never sent."""

    noes: tuple[No, ...]


Act = Submission | Restriction | Lifting | Traits | Erasure | LinkTo | Link | Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act; *id* is unique per subject and makes repeating it safe; *occurred_at* is claimed, ``None`` is now."""

    id: str
    act: Act
    occurred_at: Instant | None = None
    actor: Actor = Actor.SUBJECT
    method: str = ""
    language: str = ""
    note: str = ""  # why, in words; nothing depends on it
