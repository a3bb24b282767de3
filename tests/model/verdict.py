"""The reason of an answer, straight from the rules, given what the policies would say to every possible consent."""

from collections.abc import Callable
from itertools import product

from sidecar.model.facts import Facts
from sidecar.model.vocabulary import ConsentState, Reason

LACKING = {
    ConsentState.WITHDRAWN: Reason.CONSENT_WITHDRAWN,
    ConsentState.REFUSED: Reason.CONSENT_REFUSED,
    ConsentState.SUPERSEDED: Reason.CONSENT_SUPERSEDED,
    ConsentState.EXPIRED: Reason.CONSENT_EXPIRED,
    ConsentState.UNKNOWN: Reason.CONSENT_UNKNOWN,
}


def reason_of(
    facts: Facts, allows: Callable[[Facts], bool], errs: Callable[[Facts], bool], forbids: frozenset[Reason] | None
) -> Reason:
    """Why the answer is what it is; *forbids* are the reasons of the determining forbids, ``None`` if there are none.

    *allows* and *errs* say what the policies make of facts: whether all that determine permit, whether any fails.
    """
    # Any error is DENY / POLICY_ERROR.
    if errs(facts):
        return Reason.POLICY_ERROR
    if allows(facts):
        return Reason.ALLOWED
    # If the same question with the best consent (given, explicit, by guardian) would be allowed, consent is missing:
    consents = {
        (explicit, guardian): facts._replace(consent=ConsentState.GIVEN, explicit=explicit, by_guardian=guardian)
        for explicit, guardian in product((False, True), repeat=2)
    }
    would = {strength: allows(better) and not errs(better) for strength, better in consents.items()}
    if would[True, True]:
        # its state unless that is given; else GUARDIAN_REQUIRED if making it by guardian is needed (that is, if no
        # consent but a guardian's will do); else CONSENT_NOT_EXPLICIT.
        if facts.consent is not ConsentState.GIVEN:
            return LACKING[facts.consent]
        by_guardian_is_needed = not facts.by_guardian and not would[True, False]
        return Reason.GUARDIAN_REQUIRED if by_guardian_is_needed else Reason.CONSENT_NOT_EXPLICIT
    # Otherwise the first in order among the @reason of the determining forbids (FORBIDDEN where there is none); else
    # NO_PERMIT.
    if forbids is not None:
        return next((reason for reason in Reason if reason in forbids), Reason.FORBIDDEN)
    return Reason.NO_PERMIT
