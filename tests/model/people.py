"""Who can be asked about, and what this comes to for one purpose: said once more, without diagrams."""

from collections.abc import Iterator
from itertools import product

from sidecar.model.catalog import Purpose
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import AgeBand, Basis, ConsentState, Survival

OVER = (ConsentState.SUPERSEDED, ConsentState.EXPIRED, ConsentState.UNKNOWN)
NOES = (ConsentState.WITHDRAWN, ConsentState.REFUSED)
FLAGS = (False, True)


def persons() -> Iterator[Facts]:
    """Everybody whom a record can describe, before a purpose survives anything; the basis means nothing."""
    for state, explicit, guardian, objected, restricted, erased, age in product(
        ConsentState, FLAGS, FLAGS, FLAGS, FLAGS, FLAGS, AgeBand
    ):
        if state in OVER and (explicit or guardian):
            continue  # nothing that covers the question is left, so nothing of it is explicit or a guardian's
        if erased and guardian:
            continue  # a guardian's grant after an erasure begins anew
        yield Facts(state, explicit, guardian, objected, restricted, erased, age, Basis.CONSENT)


def facts_of(person: Facts, purpose: Purpose, basis: Basis) -> Facts:
    """What policies see of *person* when asked about *purpose*, where it rests on *basis*."""
    no = basis is Basis.LEGITIMATE_INTERESTS and person.consent in NOES
    return person._replace(
        basis=basis,
        objected=person.objected or no,
        restricted=person.restricted and Survival.RESTRICTION not in purpose.survives,
        erased=person.erased and Survival.ERASURE not in purpose.survives,
    )
