"""From facts that somebody states to the facts that policies would see."""

from sidecar.authoring.suite.suite import Stated
from sidecar.model.catalog import Purpose
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Basis, ConsentState, Survival


def facts_for(stated: Stated, purpose: Purpose) -> Facts:
    """The facts about a person of whom *stated* holds, asked about *purpose*.

    A statement cannot make up what no record leads to: a purpose never hears of what it survives, a no to what rests on
    legitimate interests is an objection, and what is not consented to is not consented to explicitly. The basis is the
    catalog's unless another is stated.
    """
    basis = stated.basis or purpose.basis or Basis.CONSENT
    says_no = stated.consent in (ConsentState.WITHDRAWN, ConsentState.REFUSED)
    lives = says_no or stated.consent is ConsentState.GIVEN  # a no may stand beside a broader yes that is live
    return Facts(
        consent=stated.consent,
        explicit=stated.explicit and lives,
        by_guardian=stated.by_guardian and lives,
        objected=stated.objected or (says_no and basis is Basis.LEGITIMATE_INTERESTS),
        restricted=stated.restricted and Survival.RESTRICTION not in purpose.survives,
        erased=stated.erased and Survival.ERASURE not in purpose.survives,
        age=stated.age,
        basis=basis,
    )
