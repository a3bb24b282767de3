"""From facts that somebody states to the facts that policies would see."""

from sidecar.authoring.suite.suite import Stated
from sidecar.model.catalog import Purpose
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Basis, Survival


def facts_for(stated: Stated, purpose: Purpose) -> Facts:
    """The facts about a person of whom *stated* holds, asked about *purpose*.

    What a purpose survives it never hears of, and its basis is the catalog's unless another is stated: a statement
    cannot make up a question that no record could lead to.
    """
    return Facts(
        consent=stated.consent,
        explicit=stated.explicit,
        by_guardian=stated.by_guardian,
        objected=stated.objected,
        restricted=stated.restricted and Survival.RESTRICTION not in purpose.survives,
        erased=stated.erased and Survival.ERASURE not in purpose.survives,
        age=stated.age,
        basis=stated.basis or purpose.basis or Basis.CONSENT,
    )
