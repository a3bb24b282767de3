import pytest

from sidecar.authoring.suite.stated import facts_for
from sidecar.authoring.suite.suite import Stated
from sidecar.model.catalog import Purpose
from sidecar.model.vocabulary import AgeBand, Basis, ConsentState, Survival

ORDERED = Purpose(key="order", title="", basis=Basis.CONTRACT)
KEPT = Purpose(key="kept", title="", basis=Basis.LEGAL_OBLIGATION, survives=frozenset(Survival))
OURS = Purpose(key="ours", title="", basis=Basis.LEGITIMATE_INTERESTS)


def test_what_is_stated_is_what_policies_see() -> None:
    """Every fact can be stated; the basis is that of the purpose."""
    stated = Stated(consent=ConsentState.GIVEN, explicit=True, by_guardian=True, objected=True, age=AgeBand.CHILD)

    facts = facts_for(stated, ORDERED)

    assert (ConsentState.GIVEN, True, True, True, False, False, AgeBand.CHILD, Basis.CONTRACT) == tuple(facts)


def test_a_basis_can_be_stated() -> None:
    """Another jurisdiction has another basis; without any it is consent, the strictest."""
    assert Basis.PUBLIC_INTEREST is facts_for(Stated(basis=Basis.PUBLIC_INTEREST), ORDERED).basis
    assert Basis.CONSENT is facts_for(Stated(), Purpose(key="none", title="")).basis


def test_a_purpose_does_not_hear_of_what_it_survives() -> None:
    """Restriction and erasure are facts only for what they stop."""
    stopped = Stated(restricted=True, erased=True)

    assert (True, True) == facts_for(stopped, ORDERED)[4:6]
    assert (False, False) == facts_for(stopped, KEPT)[4:6]


@pytest.mark.parametrize("no", [ConsentState.WITHDRAWN, ConsentState.REFUSED])
def test_a_no_to_legitimate_interests_is_an_objection(no: ConsentState) -> None:
    """No record leads to a refusal of what rests on our interests without an objection."""
    assert facts_for(Stated(consent=no), OURS).objected
    assert not facts_for(Stated(consent=no), ORDERED).objected
    assert not facts_for(Stated(), OURS).objected


@pytest.mark.parametrize("state", [ConsentState.UNKNOWN, ConsentState.EXPIRED, ConsentState.SUPERSEDED])
def test_what_is_not_consented_to_is_not_explicit(state: ConsentState) -> None:
    """Without a live yes, or a no beside one, nothing is explicit or a guardian's."""
    assert (False, False) == facts_for(Stated(consent=state, explicit=True, by_guardian=True), ORDERED)[1:3]
