"""Classes in words."""

import pytest

from sidecar.model.vocabulary import Action, Basis
from sidecar.policy.analysis.analysis import analyse
from sidecar.policy.analysis.differences import compare
from sidecar.policy.analysis.dimensions import Use
from sidecar.policy.analysis.people import Law
from sidecar.policy.analysis.words import Words, law_text, merged, uses_text
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.vocabulary import schema_text
from tests.unit.policy.analysis.bundles import draft

TYPES = {"amount": "Long", "loud": "Bool", "region": "String", "tags": "Set<String>"}
FORBID = """@id("x") forbid (principal == Service::"desk", action == Action::"retain", resource == Field::"mail")
when {{ {} }};"""


def _with(condition: str) -> Draft:
    policy = {"more.cedar": FORBID.format(condition)} if condition else {}
    return draft({"schema.cedarschema": schema_text(TYPES), **policy})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("true", ["always"]),
        ("context.explicit", ["explicit"]),
        ("!context.objected && !context.by_guardian", ["not by a guardian, no objection"]),
        ('context.consent == Consent::"unknown"', ["consent unknown"]),
        ('context.consent != Consent::"given"', ["consent not given"]),
        (
            'context.consent != Consent::"given" && context.consent != Consent::"expired"',
            ["consent neither expired nor given"],
        ),
        (
            'context.consent in [Consent::"given", Consent::"refused", Consent::"unknown"]',
            ["consent refused, unknown or given"],
        ),
        ('context.age in [AgeBand::"teen", AgeBand::"child"]', ["age child or teen"]),
        ("context.attributes has loud", ["not loud or loud"]),
        ("context.attributes has loud && !context.attributes.loud", ["not loud"]),
        ("!(context.attributes has loud)", ["loud not sent"]),
        ("!(context.attributes has loud && context.attributes.loud)", ["not loud or loud not sent"]),
        ("context.attributes has amount && context.attributes.amount < 5", ["amount <= 4"]),
        ("context.attributes has amount && context.attributes.amount > 5", ["amount >= 6"]),
        ("context.attributes has amount && context.attributes.amount == 5", ["amount == 5"]),
        ("context.attributes has amount && context.attributes.amount >= 0", ["amount >= 0"]),
        (
            "context.attributes has amount && context.attributes.amount > 5 && context.attributes.amount < 90",
            ["6 <= amount <= 89"],
        ),
        (
            "context.attributes has amount && (context.attributes.amount < 5 || context.attributes.amount > 90)",
            ["amount <= 4 or amount >= 91"],
        ),
        ("context.attributes has amount", ["amount sent"]),
        ("context.attributes has tags", ["tags sent"]),
        ("context.attributes has region", ["region sent"]),
        (
            'context.attributes has region && ["eu", "us"].contains(context.attributes.region)',
            ['region == "eu" or "us"'],
        ),
        ('context.attributes has region && context.attributes.region like "e*"', ['region such as "e"']),
        (
            (
                'context.attributes has region && (context.attributes.region == "us" || '
                'context.attributes.region like "e*")'
            ),
            ['region == "us" or region such as "e"'],
        ),
        (
            'context.attributes has region && !["eu", "us"].contains(context.attributes.region)',
            ['region other than "eu" or "us"'],
        ),
        (
            (
                'context.attributes has region && ["a", "b", "c"].contains(context.attributes.region) && '
                'context.attributes.region != "b"'
            ),
            ['region == "a" or "c"'],
        ),
    ],
)
def test_when(condition: str, expected: list[str]) -> None:
    """As somebody would say it; nothing is said of what does not matter."""
    difference = compare(_with(""), _with(condition))
    said = [Words(difference.analysis).box(box) for change in difference.changes for box in change.boxes]

    assert expected == said


def test_what_no_table_holds_is_told_as_written() -> None:
    """In Cedar's notation."""
    condition = 'context.attributes has tags && context.attributes.tags.contains("a")'
    difference = compare(_with(""), _with(condition))
    words = Words(difference.analysis)
    (box,) = (box for change in difference.changes for box in change.boxes)

    assert 'tags sent, `context.attributes.tags.contains("a")`' == words.box(box)
    assert words.box({"tags": frozenset()}) == "always"
    (name,) = words.conditions
    assert words.box({name: frozenset({0})}).startswith("not `")


def test_a_point_in_words() -> None:
    """Facts by name, and what is sent."""
    analysis = analyse(draft())
    words = Words(analysis)
    point = {"consent": 0, "explicit": 1, "by_guardian": 0, "objected": 0, "restricted": 0, "erased": 0, "age": 0}

    assert {"amount": 10} == words.attributes({**point, "attributes.amount": 2})
    assert {} == words.attributes({**point, "attributes.amount": 0})
    assert words.point(point)["explicit"] is True


def test_an_attribute_of_two_types() -> None:
    """What one bundle takes for a number, and the other for a flag, is told apart."""
    number = draft(
        {
            "schema.cedarschema": schema_text({**TYPES, "loud": "Long"}),
            "more.cedar": FORBID.format("context.attributes has loud && context.attributes.loud < 3"),
        }
    )
    flag = _with("context.attributes has loud && context.attributes.loud")
    difference = compare(number, flag)
    said = {Words(difference.analysis).box(box) for change in difference.changes for box in change.boxes}

    assert any("loud <= 2" in one for one in said), said


def test_laws() -> None:
    """Where a law holds."""
    assert "" == law_text(Law((), (Basis.CONSENT,)))
    assert "where the law is that of DE or US" == law_text(Law(("DE", "US"), (Basis.CONSENT,)))


def test_uses_in_few_lines() -> None:
    """What differs in one thing only is one line; of many names the first are said."""
    many = [Use(service="s", field=f"f{n}", purpose="p", action=Action.USE, channel="none") for n in range(8)]
    shared = Use(service="s", field="f", purpose="p", action=Action.SHARE, recipient="r", channel="email")

    assert [
        "`s`: use `f0`, `f1`, `f2`, `f3`, `f4`, `f5` and 2 more for `p`",
        "`s`: share `f` for `p` with `r` by email",
    ] == list(uses_text([*many, shared]))
    assert [(("a", "b"), ("x", "y"))] == merged([("a", "x"), ("b", "y"), ("a", "y"), ("b", "x")])
    assert [] == merged([])
