"""Mentions: a slice is told every name of the context that its policies say, and of the caller's attributes too."""

import pytest

from sidecar.policy.cedar.mentions import Mentions, everything, mentions_of
from sidecar.policy.cedar.policy import parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems

KNOWN = everything(("count", "region"))


def said(*context: str, attributes: tuple[str, ...] = ()) -> Mentions:
    """These names."""
    return Mentions(frozenset(context), frozenset(attributes))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("true", said(), id="nothing"),
        pytest.param("context.erased", said("erased"), id="a-fact"),
        pytest.param("context.purpose.direct_marketing", said("purpose"), id="behind-a-name"),
        pytest.param("context has purpose", said("purpose"), id="has"),
        pytest.param("context has purpose.direct_marketing", said("purpose"), id="has-behind"),
        pytest.param("context.attributes.count > 1", said("attributes", attributes=("count",)), id="an-attribute"),
        pytest.param("context.attributes has count", said("attributes", attributes=("count",)), id="has-an-attribute"),
        pytest.param("context has attributes.count", said("attributes", attributes=("count",)), id="has-through"),
        pytest.param("context has attributes", said("attributes"), id="has-attributes"),
        pytest.param(
            "[context.attributes].contains(context.attributes)",
            said("attributes", attributes=("count", "region")),
            id="all-attributes",
        ),
        pytest.param("[context].contains(context)", KNOWN, id="the-context"),
        pytest.param("{c: context}.c.erased", KNOWN, id="in-a-record"),
        pytest.param("(if context.erased then context else context) has x", KNOWN, id="chosen"),
        pytest.param("resource in resource && context.nothing", said(), id="what-nothing-has"),
        pytest.param("{a: context.explicit}.a", said("explicit"), id="out-of-a-record"),
    ],
)
def test_every_name_is_found(condition: str, expected: Mentions) -> None:
    """Wherever it stands; what uses a record as a whole says all that is in it."""
    text = f'@id("x") permit (principal, action, resource) when {{ {condition} }};'
    policy = parse_policy(split(text, "x.cedar")[0], Problems())
    assert policy is not None

    assert expected == mentions_of(policy.tree, KNOWN)
