"""Closed vocabularies; each value is spelled as YAML, JSON and Cedar spell it."""

from enum import StrEnum
from typing import Final

ANY: Final = "*"
"""Stands for every value of a dimension of a scope."""

FIRST_PARTY: Final = "first_party"
THIRD_PARTY: Final = "third_party"
"""The recipient above every named third party."""


class Action(StrEnum):
    """What a service wants to do with a field."""

    COLLECT = "collect"
    USE = "use"
    SHARE = "share"
    RETAIN = "retain"


class Channel(StrEnum):
    """How a person is reached, or data is taken in."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    PUSH = "push"
    POST = "post"
    IN_APP = "in_app"
    VOICE = "voice"
    DEVICE = "device"


class Basis(StrEnum):
    """Lawful basis of a purpose (Art. 6(1) GDPR)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_INTEREST = "public_interest"
    LEGITIMATE_INTERESTS = "legitimate_interests"


class Survival(StrEnum):
    """What a purpose goes on in spite of."""

    RESTRICTION = "restriction"
    ERASURE = "erasure"


class FailureMode(StrEnum):
    """What a purpose does when the view of consent or policy is too old."""

    DENY = "deny"
    SERVE_LAST_KNOWN = "serve_last_known"


class AgeBand(StrEnum):
    """How old a person is, as far as the law asks."""

    ADULT = "adult"
    TEEN = "teen"
    CHILD = "child"
    UNKNOWN = "unknown"


class ConsentState(StrEnum):
    """What a record says about consent; those before ``GIVEN`` in order of precedence."""

    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    GIVEN = "given"


class Actor(StrEnum):
    """Who acted."""

    SUBJECT = "subject"
    GUARDIAN = "guardian"
    OPERATOR = "operator"
    SYSTEM = "system"


class NoKind(StrEnum):
    """What can be said that only closes; linked ids share it."""

    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"
    RESTRICTED = "restricted"


class ChoiceKind(StrEnum):
    """What a choice says."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OBJECTED = "objected"


class Mask(StrEnum):
    """How a field must be masked; in order of strictness, the strictest first."""

    REDACT = "redact"
    HASH = "hash"
    LAST4 = "last4"
    YEAR = "year"


class Effect(StrEnum):
    """What the caller may do."""

    ALLOW = "allow"
    ALLOW_WITH_OBLIGATIONS = "allow_with_obligations"
    DENY = "deny"


class Reason(StrEnum):
    """Why, in order of precedence: of several reasons for a deny the first is given."""

    UNKNOWN_SERVICE = "UNKNOWN_SERVICE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_PURPOSE = "UNKNOWN_PURPOSE"
    UNKNOWN_RECIPIENT = "UNKNOWN_RECIPIENT"
    UNKNOWN_CHANNEL = "UNKNOWN_CHANNEL"
    UNKNOWN_ATTRIBUTE = "UNKNOWN_ATTRIBUTE"
    CHANNEL_REQUIRED = "CHANNEL_REQUIRED"
    NOT_DECLARED = "NOT_DECLARED"
    STALE_POLICY = "STALE_POLICY"
    STALE_CONSENT = "STALE_CONSENT"
    CONSENT_UNAVAILABLE = "CONSENT_UNAVAILABLE"
    POLICY_ERROR = "POLICY_ERROR"
    OBJECTED = "OBJECTED"
    ERASED = "ERASED"
    RESTRICTED = "RESTRICTED"
    MINOR = "MINOR"
    FORBIDDEN = "FORBIDDEN"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    CONSENT_REFUSED = "CONSENT_REFUSED"
    CONSENT_SUPERSEDED = "CONSENT_SUPERSEDED"
    CONSENT_EXPIRED = "CONSENT_EXPIRED"
    CONSENT_UNKNOWN = "CONSENT_UNKNOWN"
    GUARDIAN_REQUIRED = "GUARDIAN_REQUIRED"
    CONSENT_NOT_EXPLICIT = "CONSENT_NOT_EXPLICIT"
    NO_PERMIT = "NO_PERMIT"
    ALLOWED = "ALLOWED"


PRECEDENCE: Final[dict[Reason, int]] = {reason: rank for rank, reason in enumerate(Reason)}
"""Rank of each reason; lower comes first."""
