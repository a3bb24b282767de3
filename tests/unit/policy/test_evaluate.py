"""Asking policies: what Cedar leaves open is closed (ADR-0003)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cedarpy
import pytest

from sidecar.model.catalog import Catalog
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import Action, AgeBand, Basis, Channel, ConsentState, Effect, Mask, Reason
from sidecar.policy.bundle import load_bundle
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.policy import parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.evaluation import Evaluation
from sidecar.policy.problems import Problems
from sidecar.policy.verdict import reach_verdict

from .bundles import write

QUESTION = Question(
    service="newsletter",
    action=Action.USE,
    field="customer.email",
    purpose="marketing.email",
    channel=Channel.EMAIL,
    recipient="first_party",
)
FACTS = Facts(
    consent=ConsentState.GIVEN,
    explicit=False,
    by_guardian=False,
    objected=False,
    restricted=False,
    erased=False,
    age=AgeBand.ADULT,
    basis=Basis.CONSENT,
)
PERMIT = '@id("all") permit (principal, action, resource);'


@pytest.fixture(name="catalog")
def _catalog(tmp_path: Path) -> Catalog:
    return load_bundle(write(tmp_path)).catalog


def policies(catalog: Catalog, text: str) -> Policies:
    """The policies in *text*, past every check that the loader makes."""
    parsed = [parse_policy(piece, Problems()) for piece in split(text, "x.cedar")]
    return Policies(compile_policies([policy for policy in parsed if policy is not None], catalog))


def test_who_decided(catalog: Catalog) -> None:
    """The determining policies go by our ids, and bring their reasons and masks."""
    text = """
    @id("b") @mask("hash") permit (principal, action, resource);
    @id("a") @mask("year") permit (principal, action, resource);
    @id("c") permit (principal, action, resource);
    @id("no") @reason("MINOR") forbid (principal, action, resource) when { context.objected };
    @id("never") forbid (principal, action, resource) when { context.objected };
    """
    asked = policies(catalog, text)

    assert asked.evaluate(QUESTION, FACTS) == Evaluation(
        allowed=True, determining=("a", "b", "c"), masks=frozenset({Mask.HASH, Mask.YEAR})
    )
    assert asked.evaluate(QUESTION, FACTS._replace(objected=True)) == Evaluation(
        allowed=False, determining=("never", "no"), reasons=frozenset({Reason.MINOR, Reason.FORBIDDEN})
    )
    assert policies(catalog, "").evaluate(QUESTION, FACTS) == Evaluation(allowed=False)


@pytest.mark.parametrize(
    "condition",
    [
        'principal == Service::"newsletter"',
        'action == Action::"use"',
        'resource in DataCategory::"user.contact"',
        'context.purpose in Purpose::"marketing"',
        "context.purpose.direct_marketing",
        'context.channel == Channel::"email"',
        'context.recipient == Recipient::"first_party" && !(context.recipient in Recipient::"third_party")',
        'context.basis == Basis::"consent"',
        'context.consent == Consent::"given"',
        'context.age == AgeBand::"adult"',
        "!context.explicit && !context.by_guardian && !context.objected && !context.restricted && !context.erased",
        "context.attributes has premium && context.attributes.premium && !(context.attributes has count)",
        'context.attributes has tags && context.attributes.tags.containsAll(["a", "b"])',
    ],
)
def test_what_policies_see(catalog: Catalog, condition: str) -> None:
    """Everything in the vocabulary is there to be asked about, and true to the question, the facts, the catalog."""
    question = replace(
        QUESTION, attributes=(("premium", "Bool", True), ("tags", "Set<String>", frozenset({"b", "a", "c"})))
    )
    asked = policies(catalog, f'@id("x") permit (principal, action, resource) when {{ {condition} }};')

    assert asked.evaluate(question, FACTS) == Evaluation(allowed=True, determining=("x",))


def test_no_channel_and_a_named_third_party(catalog: Catalog) -> None:
    """A question without channel says so, and a named recipient lies below the third party."""
    text = """@id("x") permit (principal, action, resource)
    when { context.channel == Channel::"none" && context.recipient in Recipient::"third_party" };"""
    question = replace(QUESTION, channel=None, recipient="grocer", action=Action.SHARE)

    assert policies(catalog, text).evaluate(question, FACTS).allowed


def test_trap_an_erring_forbid(catalog: Catalog) -> None:
    """Cedar skips a forbid that errs, and allows; we do not."""
    text = (
        PERMIT
        + """@id("big") forbid (principal, action, resource)
    when { context.attributes has count && context.attributes.count + 1 > 100 };"""
    )
    question = replace(QUESTION, attributes=(("count", "Long", 2**63 - 1),))
    evaluation = policies(catalog, text).evaluate(question, FACTS)
    request = {"principal": 'A::"a"', "action": 'Action::"a"', "resource": 'A::"a"', "context": {"n": 2**63 - 1}}
    alone = cedarpy.is_authorized(
        request,
        "permit (principal, action, resource); forbid (principal, action, resource) when { context.n + 1 > 100 };",
        [],
    )

    assert alone.allowed  # the trap is there
    assert evaluation == Evaluation(allowed=False, erring=evaluation.erring)
    assert [id_ for id_, _ in evaluation.erring] == ["big"]
    assert "overflow" in evaluation.erring[0][1]
    assert reach_verdict(question, FACTS, policies(catalog, text).evaluate).reason is Reason.POLICY_ERROR


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        pytest.param((("premium", "Bool", "yes"),), "failed to build request", id="of-another-type"),
        pytest.param((("unheard", "Bool", True),), "should not exist", id="not-declared"),
        pytest.param((("count", "Long", 2**63),), "failed to build request", id="too-large-a-number"),
    ],
)
def test_trap_no_decision(catalog: Catalog, attributes: tuple[tuple[str, str, str | int], ...], message: str) -> None:
    """Cedar raises nothing for a request that does not fit the schema; it must not pass for a plain deny."""
    question = replace(QUESTION, attributes=attributes)
    evaluation = policies(catalog, PERMIT).evaluate(question, FACTS)
    verdict = reach_verdict(question, FACTS, policies(catalog, PERMIT).evaluate)

    assert not evaluation.allowed
    assert evaluation.erring[0][0] == ""
    assert message in evaluation.erring[0][1]
    assert (verdict.effect, verdict.reason, verdict.erring) == (Effect.DENY, Reason.POLICY_ERROR, evaluation.erring)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"service": "ghost"}, 'Service::"ghost"'),
        ({"field": "ghost"}, 'Field::"ghost"'),
        ({"purpose": "ghost"}, 'Purpose::"ghost"'),
        ({"recipient": "ghost"}, 'Recipient::"ghost"'),
    ],
)
def test_trap_an_entity_that_does_not_exist(catalog: Catalog, change: dict[str, str], named: str) -> None:
    """Cedar takes an entity that it does not know for one without parents, so that a forbid above it never fires."""
    text = PERMIT + '@id("x") forbid (principal, action, resource in DataCategory::"user");'
    evaluation = policies(catalog, text).evaluate(replace(QUESTION, **change), FACTS)  # type: ignore[arg-type]

    assert evaluation == Evaluation(allowed=False, erring=(("", f"{named} is not in the catalog"),))


def test_an_exception_is_an_error_of_policy(catalog: Catalog) -> None:
    """Whatever goes wrong on the way to Cedar ends as an error, never as an exception, never as an allow."""
    question = replace(QUESTION, attributes=(("premium", "Bool", object()),))  # type: ignore[arg-type]
    evaluation = policies(catalog, PERMIT).evaluate(question, FACTS)

    assert not evaluation.allowed
    assert evaluation.erring[0][1].startswith("TypeError: ")


def raising(error: BaseException) -> Callable[..., object]:
    """A Cedar that only raises *error*."""

    def is_authorized(*_: object) -> object:
        raise error

    return is_authorized


def test_a_panic_is_an_error_of_policy(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panic in Cedar's Rust comes as what `except Exception` does not catch; the call is denied, not left hanging."""

    class PanicException(BaseException):
        """As pyo3 raises it."""

    asked = policies(catalog, PERMIT)
    monkeypatch.setattr(cedarpy, "is_authorized", raising(PanicException("index out of bounds")))

    assert asked.evaluate(QUESTION, FACTS) == Evaluation(
        allowed=False, erring=(("", "PanicException: index out of bounds"),)
    )
    assert reach_verdict(QUESTION, FACTS, asked.evaluate).reason is Reason.POLICY_ERROR


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_who_stops_the_process_is_heard(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """What stops a process or a generator is no error of policy and goes on its way."""
    asked = policies(catalog, PERMIT)
    monkeypatch.setattr(cedarpy, "is_authorized", raising(error))

    with pytest.raises(type(error)):
        asked.evaluate(QUESTION, FACTS)
