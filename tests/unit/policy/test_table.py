"""Verdicts remembered."""

import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.model.decision import AttributeValue
from sidecar.model.vocabulary import ConsentState, Effect, Reason
from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.policy.table import VerdictTable
from sidecar.policy.verdict import reach_verdict

from .bundles import FILES, write
from .test_evaluate import FACTS, QUESTION, policies


def _small() -> Bundle:
    with tempfile.TemporaryDirectory() as folder:
        return load_bundle(write(Path(folder)))


BUNDLE = _small()


def unchecked(text: str) -> Bundle:
    """The small bundle with the policies in *text* only, past every check that the loader makes."""
    return replace(BUNDLE, policies=policies(BUNDLE.catalog, text))


@pytest.fixture(name="bundle")
def _bundle(tmp_path: Path) -> Bundle:
    big = """@id("big") forbid (principal, action, resource)
    when { context.attributes has count && context.attributes.count == 1 };"""
    return load_bundle(write(tmp_path, {"x.cedar": big}))


def test_each_question_is_decided_once(bundle: Bundle) -> None:
    """The same question with the same facts gets the same verdict, without asking the policies again."""
    table = VerdictTable(bundle, capacity=10)
    first = table.verdict(QUESTION, FACTS)
    again = table.verdict(replace(QUESTION), FACTS._replace())

    assert first.effect is Effect.ALLOW
    assert again is first
    assert (table.hits, table.misses, len(table)) == (1, 1, 1)


def test_other_facts_are_another_question(bundle: Bundle) -> None:
    """Nothing is remembered across facts."""
    table = VerdictTable(bundle, capacity=10)
    reasons = [
        table.verdict(QUESTION, facts).reason
        for facts in (FACTS, FACTS._replace(objected=True), FACTS._replace(consent=ConsentState.UNKNOWN), FACTS)
    ]

    assert reasons == [Reason.ALLOWED, Reason.OBJECTED, Reason.CONSENT_UNKNOWN, Reason.ALLOWED]


def test_one_and_true_differ(bundle: Bundle) -> None:
    """In Python they are equal; a verdict on the one must never answer for the other."""
    table = VerdictTable(bundle, capacity=10)
    flag = table.verdict(replace(QUESTION, attributes=(("count", "Long", True),)), FACTS)
    number = table.verdict(replace(QUESTION, attributes=(("count", "Long", 1),)), FACTS)

    assert flag.reason is Reason.POLICY_ERROR
    assert number.reason is Reason.FORBIDDEN


def test_never_more_than_the_capacity(bundle: Bundle) -> None:
    """Callers choose their attributes; they cannot make the table grow."""
    table = VerdictTable(bundle, capacity=8)
    for count in range(2, 40):
        table.verdict(replace(QUESTION, attributes=(("count", "Long", count),)), FACTS)

    assert len(table) <= 8
    assert table.misses == 38


def test_an_attribute_that_no_policy_reads_shares_the_verdict(bundle: Bundle) -> None:
    """What a caller says beside the point, such as the hour, costs no new evaluation."""
    table = VerdictTable(bundle, capacity=10)
    count = ("count", "Long", 2)
    first = table.verdict(replace(QUESTION, attributes=(count,)), FACTS)
    others = [
        table.verdict(replace(QUESTION, attributes=(count, ("region", "String", region))), FACTS)
        for region in ("eu", "us")
    ]
    alone = table.verdict(replace(QUESTION, attributes=(("region", "String", "eu"),)), FACTS)
    bare = table.verdict(QUESTION, FACTS)

    assert all(other is first for other in others)
    assert alone is bare
    assert (table.hits, table.misses) == (3, 2)


def test_every_attribute_counts_where_the_record_is_used_as_a_whole() -> None:
    """A policy that takes all attributes at once sees each of them, so verdicts are remembered for each."""
    whole = """@id("x") forbid (principal, action, resource)
    when { [context.attributes].contains({region: "eu"}) };"""
    bundle = unchecked(whole)
    table = VerdictTable(bundle, capacity=10)
    for region in ("eu", "us", "eu"):
        table.verdict(replace(QUESTION, attributes=(("region", "String", region),)), FACTS)

    assert bundle.policies.attributes_read is None
    assert (table.hits, table.misses) == (1, 2)


def test_a_large_attribute_costs_a_small_key(tmp_path: Path) -> None:
    """The table keeps a digest, so that what callers send is not kept for as long as the verdict."""
    region = """@id("x") forbid (principal, action, resource)
    when { context.attributes has region && context.attributes.region == "eu" };"""
    table = VerdictTable(load_bundle(write(tmp_path, {"x.cedar": region})), capacity=1000)
    tracemalloc.start()
    try:
        for number in range(50):
            large = f"{number}" + "x" * 100_000
            table.verdict(replace(QUESTION, attributes=(("region", "String", large),)), FACTS)
        del large
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(table) == 50
    assert held < 500_000  # the values are ten times that


OBSERVING = """
@id("count") forbid (principal, action, resource)
when { context.attributes has count && context.attributes.count == 1 };
@id("tags") @mask("hash") permit (principal, action, resource)
when { context.attributes has tags && context.attributes.tags.contains("a") };
@id("premium") forbid (principal, action, resource)
when { context has attributes.premium && context.attributes.premium };
"""
WHOLE = """@id("whole") forbid (principal, action, resource)
when { context.attributes == context.attributes && context.attributes has region && context.attributes.region == "eu" };
"""
ATTRIBUTES: dict[str, tuple[str, st.SearchStrategy[AttributeValue]]] = {
    "count": ("Long", st.sampled_from([0, 1, 2, -(2**63), 2**63 - 1])),
    "premium": ("Bool", st.booleans()),
    "region": ("String", st.sampled_from(["eu", "us", "", "1", "True", "'"]) | st.text(max_size=3)),
    "tags": ("Set<String>", st.frozensets(st.sampled_from(["a", "b", "", "a', 'b"]), max_size=3)),
}


@st.composite
def attributes(draw: st.DrawFn) -> tuple[tuple[str, str, AttributeValue], ...]:
    """Any of the declared attributes, of the declared types, sorted."""
    names = draw(st.sets(st.sampled_from(sorted(ATTRIBUTES))))
    return tuple((name, ATTRIBUTES[name][0], draw(ATTRIBUTES[name][1])) for name in sorted(names))


@pytest.mark.parametrize("text", ["", OBSERVING, OBSERVING + WHOLE], ids=["none", "some", "all"])
@given(asked=st.lists(st.tuples(attributes(), st.booleans()), min_size=2, max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_remembered_verdict_is_the_verdict(
    text: str, asked: list[tuple[tuple[tuple[str, str, AttributeValue], ...], bool]]
) -> None:
    """Whatever was asked before, the table gives what the policies say to this very question."""
    bundle = unchecked(text + FILES["main.cedar"])
    table = VerdictTable(bundle, capacity=8)
    for given_attributes, objected in asked:
        question = replace(QUESTION, attributes=given_attributes)
        facts = FACTS._replace(objected=objected)
        expected = reach_verdict(question, facts, bundle.policies.evaluate)

        assert expected == table.verdict(question, facts)
        assert expected.reason is not Reason.POLICY_ERROR
