"""Every answer there is to a question that policies are asked, in a fixed order."""

from typing import Final, NamedTuple

from sidecar.model.decision import CONSENT_REASONS
from sidecar.model.vocabulary import PRECEDENCE, Effect, Mask, Reason


class Outcome(NamedTuple):
    """An answer without the policies that determined it."""

    effect: Effect
    reason: Reason
    mask: Mask | None = None

    @property
    def allowed(self) -> bool:
        """Whether the field may be used, if need be masked."""
        return self.effect is not Effect.DENY


def deny(reason: Reason) -> Outcome:
    """The deny for *reason*."""
    return Outcome(Effect.DENY, reason)


def allow(mask: Mask | None) -> Outcome:
    """The allow with *mask*, if any."""
    effect = Effect.ALLOW if mask is None else Effect.ALLOW_WITH_OBLIGATIONS
    return Outcome(effect, Reason.ALLOWED, mask)


UNDECLARED: Final = deny(Reason.NOT_DECLARED)
_FORBIDDEN: Final = (Reason.OBJECTED, Reason.ERASED, Reason.RESTRICTED, Reason.MINOR, Reason.FORBIDDEN)

OUTCOMES: Final = (
    allow(None),
    *(allow(mask) for mask in Mask),
    UNDECLARED,
    deny(Reason.UNKNOWN_ATTRIBUTE),
    deny(Reason.POLICY_ERROR),
    *(deny(reason) for reason in _FORBIDDEN),
    *(deny(reason) for reason in sorted(CONSENT_REASONS, key=PRECEDENCE.__getitem__)),
    deny(Reason.NO_PERMIT),
)
"""All of them; diagrams know them by their place."""

NUMBERS: Final = {outcome: number for number, outcome in enumerate(OUTCOMES)}
