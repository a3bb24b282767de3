from pathlib import Path
from typing import Final

import pytest

from sidecar.authoring.inquiry.inquiry import Inquirer, Inquiry
from sidecar.authoring.suite.suite import STRANGER, Ask, Stated, Timeline
from sidecar.model.decision import FieldResult
from sidecar.model.vocabulary import Action, AgeBand, ConsentState, Effect, Reason
from sidecar.policy.bundle import read_draft

INQUIRER: Final = Inquirer(read_draft(Path("policies")))
DIET: Final = Ask(service="fridge", subject=STRANGER, field="customer.diet", purpose="essential.service")
NEWS: Final = Ask(
    service="newsletter", subject=STRANGER, field="customer.email", purpose="marketing.communications.email"
)


def _inquire(ask: Ask, person: Stated | Timeline) -> Inquiry:
    request = ask.request()
    (item,) = INQUIRER.questions(request)
    facts = None if isinstance(item, FieldResult) else INQUIRER.facts(item, person, 0)
    return INQUIRER.inquire(request, item, facts, 0)


def test_an_answer_comes_with_every_policy() -> None:
    """Which apply, which determine, and for the others the clauses that keep them from applying."""
    inquiry = _inquire(DIET, Stated(consent=ConsentState.GIVEN))
    by_id = {heard.policy.id: heard for heard in inquiry.policies}

    assert Reason.CONSENT_NOT_EXPLICIT is inquiry.result.reason
    assert 22 == len(by_id)
    assert (True, True) == (by_id["sensitive-needs-explicit-consent"].applies, by_id["guardrail-sensitive"].determines)
    assert (True, False) == (by_id["contract"].applies, by_id["contract"].determines)
    assert ["context.restricted"] == [missing.clause.text for missing in by_id["restriction"].missing]


def test_what_would_change_a_deny_is_the_least_that_does() -> None:
    """Every smallest change, and no larger one."""
    (change,) = _inquire(DIET, Stated(consent=ConsentState.GIVEN)).changes
    assert (Effect.ALLOW, (("explicit", (True,)),)) == (change.effect, change.facts)

    (change,) = _inquire(DIET, Timeline()).changes
    assert {"consent": ("given",), "explicit": (True,)} == dict(change.facts)


def test_what_would_change_an_allow_is_told_too() -> None:
    """Values of one fact that all deny stand together."""
    changes = _inquire(NEWS, Stated(consent=ConsentState.GIVEN)).changes

    told = {name: set(values) for change in changes for name, values in change.facts}
    assert {Effect.DENY} == {change.effect for change in changes}
    assert {"withdrawn", "refused", "superseded", "expired", "unknown"} == told["consent"]
    assert {"child", "teen"} == told["age"]
    assert {"consent", "age", "objected", "restricted", "erased"} == set(told)


def test_a_purpose_that_survives_hears_of_no_restriction() -> None:
    """What no record leads to is no change."""
    kept = Ask(
        service="support",
        subject=STRANGER,
        field="customer.email",
        purpose="essential.legal_obligation",
        action=Action.RETAIN,
    )

    assert () == _inquire(kept, Stated(age=AgeBand.ADULT)).changes


@pytest.mark.parametrize(
    ("ask", "reason", "remedy"),
    [
        pytest.param(
            Ask(service="fridge", subject=STRANGER, field="customer.email", purpose="essential.service"),
            Reason.NOT_DECLARED,
            "list it under may_use in catalog/services/fridge.yaml, if the service is to have it",
            id="undeclared",
        ),
        pytest.param(
            Ask(service="frigde", subject=STRANGER, field="customer.diet", purpose="essential.service"),
            Reason.UNKNOWN_SERVICE,
            "did you mean `fridge`?",
            id="misspelt",
        ),
        pytest.param(
            Ask(
                service="fridge",
                subject=STRANGER,
                field="customer.diet",
                purpose="essential.service",
                attributes={"amount_cents": "much"},
            ),
            Reason.UNKNOWN_ATTRIBUTE,
            "`amount_cents` is a Long",
            id="an attribute of another type",
        ),
    ],
)
def test_where_no_policy_is_asked_the_catalog_is_what_to_change(ask: Ask, reason: Reason, remedy: str) -> None:
    """The first remedy is the likeliest."""
    inquiry = _inquire(ask, Timeline())

    assert (reason, (), remedy) == (inquiry.result.reason, inquiry.policies, inquiry.remedies[0])
