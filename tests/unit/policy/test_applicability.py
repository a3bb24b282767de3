"""Where a policy can apply is told from its form: as narrowly as stated here, and never too narrowly."""

from pathlib import Path

import pytest

from sidecar.model.catalog import Catalog
from sidecar.policy.bundle import load_bundle
from sidecar.policy.cedar.applicability import Applicability
from sidecar.policy.cedar.policy import parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.problems import Problems

from .bundles import write

ANY = "(principal, action, resource)"


@pytest.fixture(name="catalog")
def _catalog(tmp_path: Path) -> Catalog:
    return load_bundle(write(tmp_path)).catalog


def applies(catalog: Catalog, text: str) -> dict[str, set[str]]:
    """Where the policy *text* can apply."""
    policy = parse_policy(split(f'@id("x") {text};', "x.cedar")[0], Problems())
    assert policy is not None
    return {name: set(keys) for name, keys in Applicability(catalog).of(policy.tree).items()}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(ANY, {}, id="anything"),
        pytest.param("(principal is Service, action, resource is Field)", {}, id="types"),
        pytest.param('(principal == Service::"fraud", action, resource)', {"service": {"fraud"}}, id="service"),
        pytest.param('(principal in Service::"fraud", action, resource)', {"service": {"fraud"}}, id="in-itself"),
        pytest.param('(principal == Service::"nobody", action, resource)', {"service": set()}, id="not-in-the-catalog"),
        pytest.param('(principal, action == Action::"use", resource)', {"action": {"use"}}, id="action"),
        pytest.param(
            '(principal, action in [Action::"use", Action::"share"], resource)', {"action": {"use", "share"}}, id="some"
        ),
        pytest.param(
            '(principal, action, resource == Field::"customer.diet")', {"field": {"customer.diet"}}, id="field"
        ),
        pytest.param(
            '(principal, action, resource in DataCategory::"user")',
            {"field": {"customer.diet", "customer.email"}},
            id="category",
        ),
        pytest.param(
            '(principal, action, resource is Field in DataCategory::"user.health")',
            {"field": {"customer.diet"}},
            id="is",
        ),
    ],
)
def test_a_head_says_where(catalog: Catalog, head: str, expected: dict[str, set[str]]) -> None:
    """What Cedar looks at first."""
    assert expected == applies(catalog, f"permit {head}")


ESSENTIAL = {"purpose": {"essential", "essential.fraud"}}
EMAIL = {"channel": {"email"}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param('context.purpose in Purpose::"essential"', ESSENTIAL, id="below"),
        pytest.param(
            'context.purpose in [Purpose::"essential", Purpose::"marketing.email"]',
            {"purpose": {"essential", "essential.fraud", "marketing.email"}},
            id="below-several",
        ),
        pytest.param("context.purpose in []", {}, id="below-nothing"),
        pytest.param('context.purpose in [Purpose::"essential", context.purpose]', {}, id="below-who-knows"),
        pytest.param('Purpose::"essential" == context.purpose', {"purpose": {"essential"}}, id="the-other-way-round"),
        pytest.param('context.channel == Channel::"email"', EMAIL, id="channel"),
        pytest.param('[Channel::"email"].contains(context.channel)', EMAIL, id="among"),
        pytest.param('[Channel::"email", context.channel].contains(context.channel)', {}, id="among-who-knows"),
        pytest.param('context.channel == Channel::"email" || context.objected', {}, id="or-something-else"),
        pytest.param(
            'context.channel == Channel::"email" || context.recipient == Recipient::"grocer"',
            {},
            id="of-two-dimensions",
        ),
        pytest.param(
            'context.channel == Channel::"email" || context.channel == Channel::"sms"',
            {"channel": {"email", "sms"}},
            id="either",
        ),
        pytest.param(
            '!(context.channel != Channel::"email" && context.channel != Channel::"sms")',
            {"channel": {"email", "sms"}},
            id="not-neither",
        ),
        pytest.param('principal == Field::"fraud"', {"service": set()}, id="of-another-type"),
        pytest.param('principal is Service in Service::"fraud"', {"service": {"fraud"}}, id="is-in"),
        pytest.param('principal is Field in Service::"fraud"', {}, id="is-of-another-type"),
        pytest.param(
            'context.recipient in Recipient::"third_party"', {"recipient": {"grocer", "third_party"}}, id="third"
        ),
        pytest.param('context.objected && context.channel == Channel::"email"', EMAIL, id="behind-a-fact"),
        pytest.param('context.channel == Channel::"email" && context.attributes.premium', EMAIL, id="before-anything"),
        pytest.param('context.attributes.premium && context.channel == Channel::"email"', {}, id="behind-what-may-err"),
        pytest.param('(if true then true else false) && context.channel == Channel::"email"', {}, id="behind-an-if"),
        pytest.param(
            'context.purpose == context.purpose && context.channel == Channel::"email"', EMAIL, id="no-literal"
        ),
        pytest.param('context == context && context.channel == Channel::"email"', {}, id="behind-a-record"),
        pytest.param('context.service == Service::"fraud"', {}, id="no-such-name"),
    ],
)
def test_a_condition_says_where(catalog: Catalog, condition: str, expected: dict[str, set[str]]) -> None:
    """If it compares a name of the question with literals, and nothing before it can err."""
    assert expected == applies(catalog, f"permit {ANY} when {{ {condition} }}")


@pytest.mark.parametrize(
    "certain",
    [
        "true",
        "context.explicit",
        "!context.explicit",
        "context.purpose.direct_marketing",
        "(context.explicit || context.erased)",
        "context.explicit == context.erased",
        "1 != 2",
        'context.basis == Basis::"consent"',
        'resource in [DataCategory::"user", resource]',
        "resource in resource",
        "[1, 2].contains(1)",
        "[1, 2].containsAny([2])",
        "[1, 2].containsAll([2])",
        "resource is Field",
        "resource is Field in resource",
        "resource is Field in [resource]",
        "context has purpose",
        "context.attributes has premium",
        "context has attributes.premium",
    ],
)
def test_what_cannot_err_is_passed_over(catalog: Catalog, certain: str) -> None:
    """Whatever it comes to, what is behind it says where."""
    assert EMAIL == applies(catalog, f'permit {ANY} when {{ {certain} && context.channel == Channel::"email" }}')


@pytest.mark.parametrize(
    "uncertain",
    [
        "context.nothing",
        "context.purpose.nothing",
        "context.consent.nothing",
        "(context.explicit && context.attributes.premium)",
        "context.explicit == context.attributes.premium",
        "context.attributes.premium == context.explicit",
        "context.attributes.count > 1",
        "context.purpose in context.explicit",
        "context.explicit in context.purpose",
        "[1].containsAll(1)",
        "[1].contains(context.attributes.count)",
        "[context.attributes.count].contains(1)",
        "context.attributes.count is Field",
        "resource is Field in context.explicit",
        "context.attributes.premium has x",
        "{a: 1} has context.x",
        'context.attributes.region like "x"',
    ],
)
def test_what_may_err_hides_what_is_behind_it(catalog: Catalog, uncertain: str) -> None:
    """A policy that errs denies, whatever the rest of it says."""
    assert {} == applies(catalog, f'permit {ANY} when {{ {uncertain} && context.channel == Channel::"email" }}')


def test_every_clause_says_where(catalog: Catalog) -> None:
    """Together with the head; of an ``unless``, what it leaves."""
    text = """forbid (principal == Service::"fraud", action, resource)
        when { context.purpose in Purpose::"essential" }
        unless { context.purpose == Purpose::"essential" || context.channel != Channel::"email" || !context.erased }
        when { principal == Service::"newsletter" }"""
    expected = {"service": set[str](), "purpose": {"essential.fraud"}, "channel": {"email"}}

    assert expected == applies(catalog, text)
