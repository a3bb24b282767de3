"""Answers as callers see them; in doubt a deny."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Effect(StrEnum):
    """What the caller may do with a field."""

    ALLOW = "allow"
    ALLOW_WITH_OBLIGATIONS = "allow_with_obligations"
    DENY = "deny"


class Failure(StrEnum):
    """Why there is no answer; every field of such a decision is denied, with this as its reason."""

    INVALID_QUESTION = "INVALID_QUESTION"  # the question is malformed
    NOT_PERMITTED = "NOT_PERMITTED"  # the caller may not ask this
    UNREACHABLE = "UNREACHABLE"  # nobody answers at the address, or the sidecar is going down
    TIMEOUT = "TIMEOUT"  # no answer in time
    SERVER_ERROR = "SERVER_ERROR"  # the sidecar failed
    MALFORMED_ANSWER = "MALFORMED_ANSWER"  # what came back is not an answer to the question


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What the caller must do with a field that it may use; today *name* is always ``mask``."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentToAsk:
    """The consent that would change a deny."""

    purpose: str
    categories: tuple[str, ...]
    channel: str  # empty: the purpose has none
    recipient: str
    explicit: bool
    by_guardian: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDecision:
    """The answer for one field; true in a condition only where *allowed* is."""

    field: str
    effect: Effect
    reason: str  # a name of the protocol's ``Reason`` without its prefix, or a ``Failure``
    determining_policies: tuple[str, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    consent_to_ask: ConsentToAsk | None = None
    ask_not_before: datetime | None = None  # aware, UTC; set exactly if *consent_to_ask* is
    unknown_name: str = ""  # which name was unknown, with the UNKNOWN_ reasons
    held: bool = False  # for everyone, by an operator: nobody's choice can change it
    by_co_subjects: bool = False  # the subject allows it, and somebody else in the same data does not

    @property
    def allowed(self) -> bool:
        """Whether the field may be used as it is."""
        return self.effect is Effect.ALLOW

    def allowed_with(self, *, masks: Collection[str]) -> bool:
        """Whether the field may be used by a caller that applies ``self.mask``, which is one of *masks* or absent."""
        able = {masks} if isinstance(masks, str) else masks
        return self.allowed or (
            self.effect is Effect.ALLOW_WITH_OBLIGATIONS
            and all(must.name == "mask" and must.value in able for must in self.obligations)
        )

    @property
    def mask(self) -> str | None:
        """The mask to apply before use, if there is one."""
        return next((must.value for must in self.obligations if must.name == "mask"), None)

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to one question; true in a condition only where *allowed* is."""

    fields: tuple[FieldDecision, ...]  # in the order asked
    policy_revision: str = ""
    consent_revision: str = ""
    consent_age_ms: int = 0
    clock_changes_at: datetime | None = None  # aware, UTC
    cache_for_ms: int = 0  # 0: not at all
    decision_id: str = ""
    co_subjects_denied: int = 0  # how many co-subjects do not allow some field
    failure: Failure | None = None  # set: there is no answer, and every field is denied
    detail: str = ""  # what went wrong, with *failure*

    @property
    def allowed(self) -> bool:
        """Whether every field may be used as it is: none is denied, none has an obligation."""
        return self._has_answer and all(field.allowed for field in self.fields)

    def allowed_with(self, *, masks: Collection[str]) -> bool:
        """Whether every field may be used by a caller that applies each field's ``mask``, one of *masks* or absent."""
        return self._has_answer and all(field.allowed_with(masks=masks) for field in self.fields)

    @property
    def denied(self) -> tuple[FieldDecision, ...]:
        """The fields that must not be used."""
        return tuple(field for field in self.fields if field.effect is Effect.DENY)

    def __getitem__(self, field: str) -> FieldDecision:
        """The answer for *field*; ``KeyError`` if it was not asked about."""
        for result in self.fields:
            if result.field == field:
                return result
        raise KeyError(field)

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def _has_answer(self) -> bool:
        return self.failure is None and bool(self.fields)


class CheckFailedError(Exception):
    """There is no answer, and the caller asked for an exception; *decision* is the deny it would have got."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(f"{decision.failure}: {decision.detail}")
        self.decision = decision
