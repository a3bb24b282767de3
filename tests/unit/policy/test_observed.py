"""Which of the caller's attributes policies look at."""

import pytest

from sidecar.policy.cedar.observed import attributes_read
from sidecar.policy.cedar.policy import parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems


def read(*conditions: str) -> frozenset[str] | None:
    """What forbids of *conditions* look at."""
    texts = (f'@id("x") forbid (principal, action, resource) when {{ {condition} }};' for condition in conditions)
    parsed = [parse_policy(piece, Problems()) for text in texts for piece in split(text, "x.cedar")]
    assert None not in parsed
    return attributes_read(policy.tree for policy in parsed if policy is not None)


def test_no_policy_looks_at_nothing() -> None:
    """Without policies, and with such as have no condition, no attribute matters."""
    tree = parse_policy(split('@id("x") forbid (principal, action, resource);', "x.cedar")[0], Problems())
    assert tree is not None

    assert attributes_read([]) == frozenset()
    assert attributes_read([tree.tree]) == frozenset()


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        pytest.param("context.attributes.premium", "premium", id="accessed"),
        pytest.param('context.attributes["is premium"]', "is premium", id="accessed-in-quotes"),
        pytest.param('context["attributes"].premium', "premium", id="accessed-through-quotes"),
        pytest.param("context.attributes has premium", "premium", id="asked-for"),
        pytest.param('context.attributes has "premium"', "premium", id="asked-for-in-quotes"),
        pytest.param("context has attributes.premium", "premium", id="asked-for-from-above"),
        pytest.param("!(if true then [context.attributes.tags] else []).isEmpty()", "tags", id="deep-inside"),
        pytest.param("{a: {b: context.attributes.tags}}.a.b.contains(principal)", "tags", id="in-records"),
        pytest.param('principal.hasTag("a") && principal.getTag(context.attributes.tag)', "tag", id="in-an-argument"),
        pytest.param('context.attributes.region like "eu*"', "region", id="compared-with-a-pattern"),
        pytest.param("context.attributes.since.year == 1", "since", id="as-a-record"),
    ],
)
def test_names_that_are_mentioned(condition: str, name: str) -> None:
    """A name that is accessed, or asked for with `has`, is looked at wherever it stands."""
    names = read(condition)

    assert names is not None
    assert name in names
    assert "unheard" not in names


def test_names_of_all_policies() -> None:
    """What any policy looks at matters, whatever the others do."""
    names = read("context.attributes.premium", "context.objected", "context.attributes has count")

    assert names == frozenset({"premium", "count", "attributes", "objected"})


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("context.attributes == {premium: true}", id="attributes-compared"),
        pytest.param("[context.attributes].isEmpty()", id="attributes-in-a-set"),
        pytest.param("{a: context.attributes}.a.premium", id="attributes-in-a-record"),
        pytest.param("(if true then context.attributes else {}).premium", id="attributes-chosen"),
        pytest.param("context == {}", id="context-compared"),
        pytest.param("{a: context}.a.attributes.premium", id="context-in-a-record"),
        pytest.param("(if true then context else context).attributes.premium", id="context-chosen"),
        pytest.param('context["attributes"] == {}', id="attributes-in-quotes"),
        pytest.param("context.attributes.premium && context.attributes == {}", id="as-a-whole-and-by-name"),
    ],
)
def test_the_record_as_a_whole(condition: str) -> None:
    """Who uses the record as a whole may look at any name in it, whatever other policies name."""
    assert read(condition) is None
    assert read("context.attributes.premium", condition, "context.attributes has count") is None
