"""What a hold makes of an answer."""

from dataclasses import replace

import pytest

from sidecar.engine.hold import on_hold
from sidecar.model.decision import ConsentToAsk, FieldResult, Others
from sidecar.model.vocabulary import Effect, Mask, Reason
from tests.unit.engine.test_together import GIVEN, UNKNOWN, allowed, denied

HELD = FieldResult(field="f", effect=Effect.DENY, reason=Reason.RESTRICTED, facts=GIVEN, held=True)
ASK = ConsentToAsk(purpose="p", categories=("c",), channel=None, recipient="r", explicit=False, by_guardian=False)


@pytest.mark.parametrize("mask", [None, Mask.HASH])
def test_what_is_allowed_is_held(mask: Mask | None) -> None:
    """With all that it would have been allowed with gone."""
    assert HELD == on_hold(allowed("a", mask=mask))


@pytest.mark.parametrize("reason", list(Reason)[:-1], ids=str)
def test_a_deny_that_comes_first_stays(reason: Reason) -> None:
    """The others, the person's own restriction too, are told as the hold that there is: nobody is to be asked."""
    before = replace(denied(reason, "policy"), others=None)
    first = list(Reason).index(reason) < list(Reason).index(Reason.RESTRICTED)

    assert (before if first else replace(HELD, facts=UNKNOWN)) == on_hold(before)


def test_what_others_deny_is_held_for_all() -> None:
    """Whoever else says no as well does not matter; what was seen of them stays known."""
    others = Others(facts=(UNKNOWN,), deny=True)
    held = on_hold(replace(denied(Reason.CONSENT_UNKNOWN), others=others))

    assert (Others(facts=(UNKNOWN,), deny=False), True) == (held.others, held.held)
