"""Questions and answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Action, Channel, Effect, Mask, Reason

AttributeValue = bool | int | str | frozenset[str]
"""A caller's attribute. ``1`` and ``True`` are equal in Python: never use one as a key without its type."""

TYPE_NAMES: Final[Mapping[type, str]] = {bool: "Bool", int: "Long", str: "String", frozenset: "Set<String>"}
"""What a schema calls the type of a caller's attribute."""


MAX_CO_SUBJECTS: Final = 7
"""Other people that a question may be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A well-formed question (limits are the transport's), not yet known to name things that exist."""

    service: str
    action: Action
    subject: str
    co_subjects: tuple[str, ...] = ()  # each once, and none of them the subject
    fields: tuple[str, ...]
    purpose: str
    channel: str | None = None
    recipient: str | None = None  # only, and always, with SHARE
    attributes: Mapping[str, AttributeValue | None] = field(default_factory=dict)  # None: no value was set
    at_least_as_fresh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of a request, everything known, defaults filled in: what policies are asked, but for the facts."""

    service: str
    action: Action
    field: str
    purpose: str
    channel: Channel | None  # None: the purpose has none
    recipient: str  # first_party unless the action is SHARE
    attributes: tuple[tuple[str, str, AttributeValue], ...] = ()  # (name, type, value), sorted by name


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentToAsk:
    """The consent that would change a deny."""

    purpose: str
    categories: tuple[str, ...]
    channel: Channel | None
    recipient: str
    explicit: bool
    by_guardian: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a bundle's policies say to one question with given facts; a pure function of both."""

    effect: Effect
    reason: Reason
    determining: tuple[str, ...] = ()  # policy ids, sorted
    mask: Mask | None = None
    erring: tuple[tuple[str, str], ...] = ()  # (policy id, message), sorted
    needs_explicit: bool = False  # whether the consent to ask for must be explicit
    needs_guardian: bool = False

    @property
    def lacks_consent(self) -> bool:
        """Whether better consent alone would turn this deny into an allow."""
        return self.reason in CONSENT_REASONS


CONSENT_REASONS = frozenset(
    {
        Reason.CONSENT_WITHDRAWN,
        Reason.CONSENT_REFUSED,
        Reason.CONSENT_SUPERSEDED,
        Reason.CONSENT_EXPIRED,
        Reason.CONSENT_UNKNOWN,
        Reason.GUARDIAN_REQUIRED,
        Reason.CONSENT_NOT_EXPLICIT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldResult:
    """The answer for one field."""

    field: str
    effect: Effect
    reason: Reason
    determining: tuple[str, ...] = ()
    mask: Mask | None = None
    ask: ConsentToAsk | None = None
    ask_not_before: Instant | None = None  # set exactly if *ask* is
    unknown_name: str = ""  # which name was unknown, with the UNKNOWN_ reasons
    facts: Facts | None = None  # about the subject; None if the question did not get that far
    others: "Others | None" = None  # set exactly if co-subjects were asked too
    held: bool = False  # denied because it is held for everyone


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What is known of the co-subjects of a result, but not of whom of them."""

    facts: tuple[Facts, ...]  # sorted; without those of whose records could not be read
    deny: bool  # the subject allows it, and some of them do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a request; *results* in the order of its fields."""

    results: tuple[FieldResult, ...]
    policy_revision: str
    consent_revision: str
    consent_age_ms: int
    clock_changes_at: Instant | None
    cache_for_ms: int
    co_subjects_denied: int = 0  # how many of them do not allow some field; see ``decide``


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """No answer yet: the transport must first have this done, then ask again. Exactly one field is set."""

    pseudonym: bytes | None = None  # this subject's slot must be resolved again
    position: int | None = None  # the view must have applied this position of the log
    policies: bool = False  # policies must be asked, who may not be asked now
