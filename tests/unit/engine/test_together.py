"""One answer about several people: what of it is whose."""

from sidecar.engine.together import together
from sidecar.model.decision import ConsentToAsk, FieldResult, Others
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import AgeBand, Basis, ConsentState, Effect, Mask, Reason

UNKNOWN = Facts(
    ConsentState.UNKNOWN,
    explicit=False,
    by_guardian=False,
    objected=False,
    restricted=False,
    erased=False,
    age=AgeBand.UNKNOWN,
    basis=Basis.CONSENT,
)
GIVEN = UNKNOWN._replace(consent=ConsentState.GIVEN)
ASK = ConsentToAsk(purpose="p", categories=("c",), channel=None, recipient="r", explicit=False, by_guardian=False)


def allowed(*policies: str, mask: Mask | None = None) -> FieldResult:
    """An allow."""
    effect = Effect.ALLOW if mask is None else Effect.ALLOW_WITH_OBLIGATIONS
    return FieldResult(field="f", effect=effect, reason=Reason.ALLOWED, determining=policies, mask=mask, facts=GIVEN)


def denied(reason: Reason, *policies: str, facts: Facts | None = UNKNOWN) -> FieldResult:
    """A deny that names the consent to ask for."""
    return FieldResult(
        field="f", effect=Effect.DENY, reason=reason, determining=policies, ask=ASK, ask_not_before=7, facts=facts
    )


def test_what_is_allowed_for_all_has_the_strictest_mask_and_all_permits() -> None:
    """Policies that determined for anybody are told, each once and sorted."""
    result = together(allowed("b"), [allowed("c", "b", mask=Mask.YEAR), allowed("a", mask=Mask.HASH), allowed("a")])

    assert result == FieldResult(
        field="f",
        effect=Effect.ALLOW_WITH_OBLIGATIONS,
        reason=Reason.ALLOWED,
        determining=("a", "b", "c"),
        mask=Mask.HASH,
        facts=GIVEN,
        others=Others(facts=(GIVEN, GIVEN, GIVEN), deny=False),
    )


def test_what_is_allowed_for_all_without_a_mask_needs_none() -> None:
    """No obligation comes from nowhere."""
    result = together(allowed(), [allowed()])

    assert (Effect.ALLOW, None) == (result.effect, result.mask)


def test_a_deny_of_the_subject_is_the_answer() -> None:
    """Whatever others say, and with the consent to ask the subject for."""
    own = denied(Reason.CONSENT_UNKNOWN, "x")
    result = together(own, [denied(Reason.OBJECTED, "y"), allowed("z")])

    assert (own.reason, own.determining, own.ask, own.ask_not_before, own.facts) == (
        result.reason,
        result.determining,
        result.ask,
        result.ask_not_before,
        result.facts,
    )
    assert Others(facts=(GIVEN, UNKNOWN), deny=False) == result.others


def test_of_the_denies_of_others_the_first_in_precedence_is_told_and_nobody_is_asked() -> None:
    """With the policies behind that reason; what the subject would need, a mask, is not needed any more."""
    result = together(
        allowed("a", mask=Mask.HASH),
        [
            denied(Reason.CONSENT_REFUSED, "later"),
            denied(Reason.RESTRICTED, "two"),
            allowed("b"),
            denied(Reason.RESTRICTED, "one"),
        ],
    )

    assert result == FieldResult(
        field="f",
        effect=Effect.DENY,
        reason=Reason.RESTRICTED,
        determining=("one", "two"),
        facts=GIVEN,
        others=Others(facts=(GIVEN, UNKNOWN, UNKNOWN, UNKNOWN), deny=True),
    )


def test_a_record_that_could_not_be_read_denies_and_has_no_facts() -> None:
    """It comes before all that a record may say."""
    result = together(allowed(), [denied(Reason.OBJECTED), denied(Reason.CONSENT_UNAVAILABLE, facts=None)])

    assert (Reason.CONSENT_UNAVAILABLE, Others(facts=(UNKNOWN,), deny=True)) == (result.reason, result.others)


def test_the_order_of_the_others_does_not_show() -> None:
    """Nothing in the answer tells who of them it was."""
    others = [denied(Reason.CONSENT_REFUSED, "x"), allowed("y"), denied(Reason.OBJECTED, "z")]

    assert together(allowed(), others) == together(allowed(), others[::-1])
