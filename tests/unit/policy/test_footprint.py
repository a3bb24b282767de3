"""What of a question policies observe."""

import pickle

import pytest

from sidecar.policy.cedar.footprint import FACTS, QUESTION, Footprint, footprint_of, union
from sidecar.policy.cedar.policy import parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems

ATTRIBUTES = ("count", "premium", "region", "tags")
EVERYTHING = "channel purpose recipient basis consent explicit by_guardian objected restricted erased age"
BELOW_CONTEXT = frozenset(EVERYTHING.split())


def observed(condition: str, head: str = "principal, action, resource") -> Footprint:
    """What a forbid with that *head* and *condition* observes."""
    text = f'@id("x") forbid ({head}) when {{ {condition} }};'
    policy = parse_policy(split(text, "x.cedar")[0], Problems())
    assert policy is not None
    return footprint_of(policy.tree, ATTRIBUTES)


@pytest.mark.parametrize(
    ("head", "dimensions"),
    [
        pytest.param("principal, action, resource", "", id="anything"),
        pytest.param('principal == Service::"a", action, resource', "service", id="one-service"),
        pytest.param('principal in Service::"a", action, resource', "service", id="in-a-service"),
        pytest.param("principal is Service, action, resource is Field", "", id="types-that-all-have"),
        pytest.param('principal is Service in Service::"a", action, resource', "service", id="is-in-a-service"),
        pytest.param('principal, action == Action::"use", resource', "action", id="one-action"),
        pytest.param('principal, action in [Action::"use"], resource', "action", id="some-actions"),
        pytest.param('principal, action, resource == Field::"a"', "field", id="one-field"),
        pytest.param('principal, action, resource in DataCategory::"a"', "field", id="fields-of-a-category"),
        pytest.param('principal, action, resource is Field in DataCategory::"a"', "field", id="is-in-a-category"),
    ],
)
def test_heads(head: str, dimensions: str) -> None:
    """A head observes what it restricts; the type of a principal or resource is the same in all questions."""
    assert Footprint(dimensions=frozenset(dimensions.split())) == observed("true", head)


@pytest.mark.parametrize(
    ("condition", "dimensions"),
    [
        pytest.param("true", "", id="nothing"),
        pytest.param("context.explicit", "explicit", id="a-fact"),
        pytest.param('context["explicit"]', "explicit", id="a-fact-in-quotes"),
        pytest.param('context.consent == Consent::"given"', "consent", id="compared"),
        pytest.param('Consent::"given" == context.consent', "consent", id="compared-the-other-way-round"),
        pytest.param("context.purpose == context.purpose", "purpose", id="with-itself"),
        pytest.param("context.recipient in context.recipient", "recipient", id="in-itself"),
        pytest.param('[Purpose::"a", context.purpose].contains(context.purpose)', "purpose", id="in-a-set"),
        pytest.param("context.purpose.direct_marketing", "purpose", id="what-an-entity-has"),
        pytest.param("principal.anything", "service", id="what-a-principal-has"),
        pytest.param('Purpose::"a".direct_marketing', "", id="what-a-named-entity-has"),
        pytest.param('(if context.erased then context.purpose else Purpose::"a").direct_marketing', "erased purpose"),
        pytest.param('principal == Service::"a"', "service", id="principal"),
        pytest.param('resource in DataCategory::"a"', "field", id="resource"),
        pytest.param('action in [Action::"use"]', "action", id="action"),
        pytest.param("principal is Service && action is Action && resource is Field", "", id="certain-types"),
        pytest.param("context.channel is Channel", "", id="a-certain-type-in-context"),
        pytest.param('context.purpose is Purpose in Purpose::"a"', "purpose", id="is-in"),
        pytest.param('Purpose::"a" is Purpose in context.purpose', "purpose", id="is-in-the-other-way-round"),
        pytest.param("(if context.objected then context.purpose else context.purpose) is Purpose", "objected purpose"),
        pytest.param("context has purpose", "", id="what-is-always-there"),
        pytest.param("context has purpose.direct_marketing", "", id="what-an-entity-always-has"),
        pytest.param("context.purpose has direct_marketing", "", id="what-a-purpose-always-has"),
        pytest.param("context.purpose has direct_marketing.x", "purpose", id="below-what-it-always-has"),
        pytest.param("context.purpose has other", "purpose", id="what-nothing-has"),
        pytest.param("principal has other", "service", id="what-no-principal-has"),
        pytest.param("{a: context.objected}.a", "objected", id="in-a-record"),
        pytest.param("{a: context.objected} has a", "objected", id="in-a-record-under-has"),
        pytest.param("!(context.age == context.age) || context.erased", "age erased", id="not-and-or"),
        pytest.param("context has attributes", "", id="attributes-are-always-there"),
    ],
)
def test_dimensions(condition: str, dimensions: str) -> None:
    """What is looked at anywhere in a condition is observed; what is the same in all questions is not."""
    assert Footprint(dimensions=frozenset(dimensions.split())) == observed(condition)


@pytest.mark.parametrize(
    ("condition", "values", "presence"),
    [
        pytest.param("context.attributes.premium", "premium", "", id="accessed"),
        pytest.param('context["attributes"]["premium"]', "premium", "", id="accessed-through-quotes"),
        pytest.param("context.attributes has premium", "", "premium", id="asked-for"),
        pytest.param('context["attributes"] has "premium"', "", "premium", id="asked-for-in-quotes"),
        pytest.param("context has attributes.premium", "", "premium", id="asked-for-from-above"),
        pytest.param("context has attributes.premium.x", "premium", "", id="asked-for-what-it-has"),
        pytest.param("context.attributes has premium && context.attributes.premium", "premium", "", id="both"),
        pytest.param("!(if true then [context.attributes.tags] else []).isEmpty()", "tags", "", id="deep-inside"),
        pytest.param("{a: {b: context.attributes.tags}}.a.b.contains(principal)", "tags", "", id="in-records"),
        pytest.param('principal.getTag(context.attributes.region) == "a"', "region", "", id="in-an-argument"),
        pytest.param('context.attributes.region like "eu*"', "region", "", id="compared-with-a-pattern"),
        pytest.param("context.attributes == {premium: true}", " ".join(ATTRIBUTES), "", id="all-compared"),
        pytest.param("{a: context.attributes}.a.premium", " ".join(ATTRIBUTES), "", id="all-in-a-record"),
        pytest.param("(if true then context.attributes else {}) has tags", " ".join(ATTRIBUTES), "", id="all-chosen"),
    ],
)
def test_attributes(condition: str, values: str, presence: str) -> None:
    """`has` observes presence only; the record as a whole observes every attribute that can be sent."""
    found = observed(condition)

    assert frozenset(values.split()) == found.values
    assert frozenset(presence.split()) == found.presence
    assert BELOW_CONTEXT.isdisjoint(found.dimensions)


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("context == {}", id="compared"),
        pytest.param("[context].contains(context)", id="in-a-set"),
        pytest.param("{a: context}.a.explicit", id="in-a-record"),
        pytest.param("(if true then context else context).explicit", id="chosen"),
        pytest.param("context.other", id="a-name-that-nothing-has"),
        pytest.param("context has other", id="presence-of-a-name-that-nothing-has"),
    ],
)
def test_the_context_as_a_whole(condition: str) -> None:
    """Who uses all of it, or what is not followed, observes everything below."""
    assert Footprint(dimensions=BELOW_CONTEXT, values=frozenset(ATTRIBUTES)) == observed(condition)


def test_depth_is_no_limit() -> None:
    """What a bundle may hold can be read."""
    assert frozenset({"erased"}) == observed("!" * 4 + "(" * 30 + "context.erased" + ")" * 30).dimensions


def test_a_bundle_observes_what_any_policy_does() -> None:
    """A value that one policy looks at and of which another only asks presence is looked at."""
    one = Footprint(dimensions=frozenset({"age"}), values=frozenset({"count"}), presence=frozenset({"tags"}))
    other = Footprint(values=frozenset({"tags"}), presence=frozenset({"region"}))
    both = Footprint(dimensions=frozenset({"age"}), values=frozenset({"count", "tags"}), presence=frozenset({"region"}))

    assert both == union((one, other))
    assert Footprint() == union(())
    assert both == pickle.loads(pickle.dumps(both))


@pytest.mark.parametrize("name", ["consent", "explicit", "by_guardian"])
def test_the_reason_of_a_deny_observes_all_of_consent(name: str) -> None:
    """It says what better consent would change, so it tells more apart than the policies do."""
    alone = Footprint(dimensions=frozenset({name, "age"}))

    assert {"consent", "explicit", "by_guardian", "age"} == alone.with_counterfactual().dimensions
    assert observed("context.erased") == observed("context.erased").with_counterfactual()


def test_every_dimension_has_a_name() -> None:
    """Those of the question and those of the facts are all there are."""
    assert BELOW_CONTEXT | {"service", "action", "field"} == {*QUESTION, *FACTS}
