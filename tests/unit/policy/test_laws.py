"""Laws of policies, on policy sets made up at random; named after the theorems of Cedar's specification.

Source: cedar-spec, ``Cedar/Thm/Authorization.lean``.
"""

import tempfile
from pathlib import Path
from typing import Any

import cedarpy
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.model.catalog import Catalog
from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.model.vocabulary import PRECEDENCE, Action, Channel, ConsentState, Effect, Reason
from sidecar.policy.bundle import load_bundle
from sidecar.policy.cedar.compiled import compile_policies
from sidecar.policy.cedar.policies import Policies
from sidecar.policy.cedar.policy import REASONS, Policy, parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems
from sidecar.policy.verdict import reach_verdict
from tests.drawn import facts

from .bundles import write


def _catalog() -> Catalog:
    with tempfile.TemporaryDirectory() as folder:
        return load_bundle(write(Path(folder))).catalog


CATALOG = _catalog()

questions = st.builds(
    Question,
    service=st.sampled_from(sorted(CATALOG.services)),
    action=st.sampled_from([Action.USE, Action.SHARE]),
    field=st.sampled_from(sorted(CATALOG.fields)),
    purpose=st.sampled_from(sorted(CATALOG.purposes)),
    channel=st.sampled_from([None, Channel.EMAIL]),
    recipient=st.sampled_from(sorted(CATALOG.recipients)),
    attributes=st.sampled_from([(), (("count", "Long", 1),), (("count", "Long", 2**63 - 1),)]),
)
conditions = st.sampled_from(
    [
        "true",
        'context.consent == Consent::"given"',
        'context.consent == Consent::"given" && context.explicit',
        "context.by_guardian",
        "context.objected",
        'context.age == AgeBand::"child"',
        'context.purpose in Purpose::"marketing"',
        'context.basis == Basis::"contract"',
        'context.recipient in Recipient::"third_party"',
        # Overflows for the largest number: what the loader refuses, so that an error can be had at all.
        "context.attributes has count && context.attributes.count + 1 > 2",
    ]
)
heads = st.sampled_from(
    [
        "principal, action, resource",
        'principal == Service::"newsletter", action, resource',
        'principal, action == Action::"use", resource in DataCategory::"user.contact"',
    ]
)


@st.composite
def policy_texts(draw: st.DrawFn) -> str:
    """One policy, but for its id."""
    effect = draw(st.sampled_from(["permit", "forbid"]))
    annotation = {
        "permit": draw(st.sampled_from(["", '@mask("hash") ', '@mask("redact") '])),
        "forbid": draw(st.sampled_from(["", *(f'@reason("{reason}") ' for reason in REASONS)])),
    }[effect]
    return f"{annotation}{effect} ({draw(heads)}) when {{ {draw(conditions)} }};"


policy_sets = st.lists(policy_texts(), max_size=5)
checks = settings(max_examples=40, deadline=None)


def parsed(texts: list[str]) -> list[Policy]:
    """The policies, with ids from their places in the list."""
    text = "\n".join(f'@id("p{number}") {policy}' for number, policy in enumerate(texts))
    found = [parse_policy(piece, Problems()) for piece in split(text, "x.cedar")]
    return [policy for policy in found if policy is not None]


def effect(texts: list[str], question: Question, about: Facts) -> Effect:
    """The effect of the verdict."""
    return reach_verdict(question, about, Policies(compile_policies(parsed(texts), CATALOG)).evaluate).effect


@given(texts=policy_sets, question=questions, about=facts)
@checks
def test_allowed_only_if_explicitly_permitted(texts: list[str], question: Question, about: Facts) -> None:
    """A verdict allows only what Cedar alone allows, by a permit, without any error."""
    verdict = reach_verdict(question, about, Policies(compile_policies(parsed(texts), CATALOG)).evaluate)
    alone = cedarpy.is_authorized(_request(question, about), "\n".join(texts), _entities())

    assert (verdict.effect is not Effect.DENY) == (alone.allowed and not alone.diagnostics.errors)
    if verdict.effect is not Effect.DENY:
        assert {int(id_.removeprefix("p")) for id_ in verdict.determining} == {
            int(id_.removeprefix("policy")) for id_ in alone.diagnostics.reasons
        }
        assert all(texts[int(id_.removeprefix("p"))].find("permit") >= 0 for id_ in verdict.determining)


@given(texts=policy_sets, question=questions, about=facts)
@checks
def test_forbid_trumps_permit(texts: list[str], question: Question, about: Facts) -> None:
    """With a forbid that applies to everything nothing is allowed, and it is among the determining policies."""
    texts = [*texts, "forbid (principal, action, resource);"]
    verdict = reach_verdict(question, about, Policies(compile_policies(parsed(texts), CATALOG)).evaluate)

    assert verdict.effect is Effect.DENY
    assert verdict.reason is Reason.POLICY_ERROR or f"p{len(texts) - 1}" in verdict.determining


@given(texts=policy_sets, forbid=conditions, question=questions, about=facts)
@checks
def test_unchanged_deny_when_add_forbid(texts: list[str], forbid: str, question: Question, about: Facts) -> None:
    """Adding a forbid never turns a deny into an allow, even if the forbid errs."""
    more = [*texts, f"forbid (principal, action, resource) when {{ {forbid} }};"]

    assert effect(texts, question, about) is not Effect.DENY or effect(more, question, about) is Effect.DENY


@given(texts=policy_sets, question=questions, about=facts, data=st.data())
@checks
def test_order_independent(texts: list[str], question: Question, about: Facts, data: st.DataObject) -> None:
    """The order of policies changes nothing."""
    policies = parsed(texts)
    shuffled = data.draw(st.permutations(policies))

    assert reach_verdict(question, about, Policies(compile_policies(policies, CATALOG)).evaluate) == reach_verdict(
        question, about, Policies(compile_policies(shuffled, CATALOG)).evaluate
    )


@given(texts=policy_sets, question=questions, about=facts)
@checks
def test_the_consent_to_ask_for_is_enough_and_no_more(texts: list[str], question: Question, about: Facts) -> None:
    """Where consent is what is missing, the consent to ask for is allowed, and none that is weaker is."""
    verdict = reach_verdict(question, about, Policies(compile_policies(parsed(texts), CATALOG)).evaluate)

    def allowed(*, explicit: bool, by_guardian: bool) -> bool:
        given = about._replace(consent=ConsentState.GIVEN, explicit=explicit, by_guardian=by_guardian)
        return effect(texts, question, given) is not Effect.DENY

    if verdict.lacks_consent:
        assert allowed(explicit=verdict.needs_explicit, by_guardian=verdict.needs_guardian)
        assert not (verdict.needs_explicit or verdict.needs_guardian) or not allowed(explicit=False, by_guardian=False)
    elif verdict.effect is Effect.DENY and verdict.reason is not Reason.POLICY_ERROR:
        assert not allowed(explicit=True, by_guardian=True)
        assert verdict.reason is Reason.NO_PERMIT or PRECEDENCE[verdict.reason] <= PRECEDENCE[Reason.FORBIDDEN]


def _uid(type_: str, id_: str) -> dict[str, str]:
    return {"type": type_, "id": id_}


def _request(question: Question, about: Facts) -> dict[str, Any]:
    """The same question, put to Cedar by hand."""
    entity = {
        "purpose": _uid("Purpose", question.purpose),
        "channel": _uid("Channel", question.channel or "none"),
        "recipient": _uid("Recipient", question.recipient),
        "basis": _uid("Basis", about.basis),
        "consent": _uid("Consent", about.consent),
        "age": _uid("AgeBand", about.age),
    }
    flags = {name: getattr(about, name) for name in ("explicit", "by_guardian", "objected", "restricted", "erased")}
    attributes = {name: value for name, _, value in question.attributes}
    return {
        "principal": _uid("Service", question.service),
        "action": _uid("Action", question.action),
        "resource": _uid("Field", question.field),
        "context": {**{name: {"__entity": uid} for name, uid in entity.items()}, **flags, "attributes": attributes},
    }


def _entities() -> list[dict[str, Any]]:
    """The entities of the small bundle, written down by hand."""
    parents = {
        ("Purpose", "essential"): [],
        ("Purpose", "essential.fraud"): [("Purpose", "essential")],
        ("Purpose", "marketing"): [],
        ("Purpose", "marketing.email"): [("Purpose", "marketing")],
        ("Recipient", "first_party"): [],
        ("Recipient", "third_party"): [],
        ("Recipient", "grocer"): [("Recipient", "third_party")],
        ("DataCategory", "user"): [],
        ("DataCategory", "user.contact"): [("DataCategory", "user")],
        ("DataCategory", "user.contact.email"): [("DataCategory", "user.contact")],
        ("DataCategory", "user.health"): [("DataCategory", "user")],
        ("Field", "customer.email"): [("DataCategory", "user.contact.email")],
        ("Field", "customer.diet"): [("DataCategory", "user.health")],
    }
    return [
        {"uid": _uid(*entity), "attrs": {}, "parents": [_uid(*parent) for parent in above]}
        for entity, above in parents.items()
    ]
