"""Verdicts remembered."""

import pickle
import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.errors import OverloadedError
from sidecar.model.decision import AttributeValue, Question, Verdict
from sidecar.model.instant import SECOND
from sidecar.model.vocabulary import Action, Channel, ConsentState, Effect, Reason
from sidecar.policy.budget import MissBudget
from sidecar.policy.bundle import Bundle, load_bundle
from sidecar.policy.table import Row, VerdictTable
from sidecar.policy.verdict import reach_verdict
from sidecar.policy.warming import decide_again

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
    table = VerdictTable(bundle.policies, capacity=10)
    first = table.verdict(QUESTION, FACTS, 0)
    again = table.verdict(replace(QUESTION), FACTS._replace(), 0)

    assert first.effect is Effect.ALLOW
    assert again is first
    assert (table.hits, table.misses, len(table)) == (1, 1, 1)


def test_other_facts_are_another_question(bundle: Bundle) -> None:
    """Nothing is remembered across facts."""
    table = VerdictTable(bundle.policies, capacity=10)
    reasons = [
        table.verdict(QUESTION, facts, 0).reason
        for facts in (FACTS, FACTS._replace(objected=True), FACTS._replace(consent=ConsentState.UNKNOWN), FACTS)
    ]

    assert reasons == [Reason.ALLOWED, Reason.OBJECTED, Reason.CONSENT_UNKNOWN, Reason.ALLOWED]


def test_one_and_true_differ(bundle: Bundle) -> None:
    """In Python they are equal; a verdict on the one must never answer for the other."""
    table = VerdictTable(bundle.policies, capacity=10)
    flag = table.verdict(replace(QUESTION, attributes=(("count", "Long", True),)), FACTS, 0)
    number = table.verdict(replace(QUESTION, attributes=(("count", "Long", 1),)), FACTS, 0)

    assert flag.reason is Reason.POLICY_ERROR
    assert number.reason is Reason.FORBIDDEN


def test_never_more_than_the_capacity(bundle: Bundle) -> None:
    """Callers choose their attributes; they cannot make the table grow."""
    table = VerdictTable(bundle.policies, capacity=8)
    for count in range(2, 40):
        table.verdict(replace(QUESTION, attributes=(("count", "Long", count),)), FACTS, 0)

    assert len(table) <= 8
    assert table.misses == 38


def test_a_flood_of_attributes_has_nothing_else_forgotten(bundle: Bundle) -> None:
    """Whoever sends ever new values loses verdicts of that kind alone."""
    table = VerdictTable(bundle.policies, capacity=8)
    first = table.verdict(QUESTION, FACTS, 0)
    for count in range(2, 40):
        table.verdict(replace(QUESTION, attributes=(("count", "Long", count),)), FACTS, 0)

    assert table.knows(QUESTION, FACTS)
    assert first is table.verdict(QUESTION, FACTS, 0)
    assert not table.knows(replace(QUESTION, attributes=(("count", "Long", 2),)), FACTS)
    assert table.knows(replace(QUESTION, attributes=(("count", "Long", 39),)), FACTS)
    assert not table.knows(replace(QUESTION, service="nobody"), FACTS)


def test_an_attribute_that_no_policy_reads_shares_the_verdict(bundle: Bundle) -> None:
    """What a caller says beside the point, such as the hour, costs no new evaluation."""
    table = VerdictTable(bundle.policies, capacity=10)
    count = ("count", "Long", 2)
    first = table.verdict(replace(QUESTION, attributes=(count,)), FACTS, 0)
    others = [
        table.verdict(replace(QUESTION, attributes=(count, ("region", "String", region))), FACTS, 0)
        for region in ("eu", "us")
    ]
    alone = table.verdict(replace(QUESTION, attributes=(("region", "String", "eu"),)), FACTS, 0)
    bare = table.verdict(QUESTION, FACTS, 0)

    assert all(other is first for other in others)
    assert alone is bare
    assert (table.hits, table.misses) == (3, 2)


def test_every_attribute_counts_where_the_record_is_used_as_a_whole() -> None:
    """A policy that takes all attributes at once sees each of them, so verdicts are remembered for each."""
    whole = """@id("x") forbid (principal, action, resource)
    when { [context.attributes].contains({region: "eu"}) };"""
    bundle = unchecked(whole)
    table = VerdictTable(bundle.policies, capacity=10)
    for region in ("eu", "us", "eu"):
        table.verdict(replace(QUESTION, attributes=(("region", "String", region),)), FACTS, 0)

    assert {"premium", "count", "region", "tags"} == bundle.policies.footprint.values
    assert (table.hits, table.misses) == (1, 2)


def test_a_large_attribute_costs_a_small_key(tmp_path: Path) -> None:
    """The table keeps a digest, so that what callers send is not kept for as long as the verdict."""
    region = """@id("x") forbid (principal, action, resource)
    when { context.attributes has region && context.attributes.region == "eu" };"""
    table = VerdictTable(load_bundle(write(tmp_path, {"x.cedar": region})).policies, capacity=1000)
    tracemalloc.start()
    try:
        for number in range(50):
            large = f"{number}" + "x" * 100_000
            table.verdict(replace(QUESTION, attributes=(("region", "String", large),)), FACTS, 0)
        del large
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(table) == 50
    assert held < 500_000  # the values are ten times that


def test_only_new_questions_cost_a_service_its_budget(bundle: Bundle) -> None:
    """What is remembered is always answered, also to whoever has none left; others do not feel it."""
    table = VerdictTable(bundle.policies, 100, MissBudget(per_second=1, burst=2))
    varied = [replace(QUESTION, attributes=(("count", "Long", count),)) for count in (2, 3, 4)]
    first = [table.verdict(question, FACTS, 0) for question in varied[:2]]
    other = replace(QUESTION, service="fraud", purpose="essential.fraud", channel=None)

    with pytest.raises(OverloadedError):
        table.verdict(varied[2], FACTS, 0)
    assert first == [table.verdict(question, FACTS, 0) for question in varied[:2]]
    assert Effect.ALLOW_WITH_OBLIGATIONS is table.verdict(other, FACTS, 0).effect
    assert Effect.ALLOW is table.verdict(varied[2], FACTS, SECOND).effect
    assert (table.hits, table.misses) == (2, 4)


@pytest.mark.parametrize("dimension", ["service", "field", "purpose", "recipient"])
def test_an_unknown_name_is_never_answered_from_memory(dimension: str) -> None:
    """Not even where no policy looks at that dimension, so that the name is in no key; nor is it remembered."""
    bundle = unchecked('@id("all") permit (principal, action, resource);')
    table = VerdictTable(bundle.policies, capacity=10)
    unknown = replace(QUESTION, **{dimension: "nobody"})  # type: ignore[arg-type]  # of four that are texts
    before, known, after = (table.verdict(question, FACTS, 0) for question in (unknown, QUESTION, unknown))
    table.remember([Row(unknown, FACTS, before)])

    assert (Reason.POLICY_ERROR, Reason.ALLOWED, Reason.POLICY_ERROR) == (before.reason, known.reason, after.reason)
    assert [known] == [row.verdict for row in table.rows()]


def test_only_what_is_observed_tells_questions_apart() -> None:
    """Here policies ask for the presence of one attribute and the value of another, and nothing else."""
    text = """@id("a") permit (principal, action, resource)
    when { context.attributes has region && (context.attributes has count && context.attributes.count > 1) };"""
    table = VerdictTable(unchecked(text).policies, capacity=10)

    def ask(region: str | None, count: int, question: Question = QUESTION) -> Effect:
        sent = (("count", "Long", count), *((("region", "String", region),) if region is not None else ()))
        return table.verdict(replace(question, attributes=sent), FACTS, 0).effect

    other = replace(QUESTION, field="customer.diet", service="fraud")

    assert Effect.ALLOW is ask("eu", 2) is ask("us", 2) is ask("us", 2, other)
    assert Effect.DENY is ask("eu", 1) is ask(None, 2)
    assert (table.hits, table.misses) == (2, 3)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(frozenset({"a", "b"}), frozenset({"b", "a"}), id="sets-have-no-order"),
        pytest.param(frozenset("ab" * 40), frozenset("ba"), id="nor-double-elements"),
        pytest.param(frozenset({"x" * 80, "y" * 80}), frozenset({"y" * 80, "x" * 80}), id="long-ones-neither"),
    ],
)
def test_equal_values_are_one_question(one: AttributeValue, other: AttributeValue) -> None:
    """However they were written."""
    table = VerdictTable(unchecked(OBSERVING).policies, capacity=10)
    for value in (one, other):
        table.verdict(replace(QUESTION, attributes=(("tags", "Set<String>", value),)), FACTS, 0)

    assert (table.hits, table.misses) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        pytest.param("String", "1", 1, id="text-and-number"),
        pytest.param("Long", 1, True, id="number-and-truth"),
        pytest.param("String", "x" * 100 + "a", "x" * 100 + "b", id="long-texts"),
        pytest.param("Set<String>", frozenset({"x" * 100, "a"}), frozenset({"x" * 100, "b"}), id="long-sets"),
        pytest.param("Set<String>", frozenset({"x" * 80 + "', 'y"}), frozenset({"x" * 80, "y"}), id="quotes-in-texts"),
        pytest.param("Set<String>", frozenset(), frozenset({""}), id="empty-and-empty-text"),
    ],
)
def test_other_values_are_another_question(kind: str, one: AttributeValue, other: AttributeValue) -> None:
    """Whatever their length; and `1`, `True` and `"1"` differ."""
    name = {"String": "region", "Long": "count", "Set<String>": "tags"}[kind]
    table = VerdictTable(unchecked(WHOLE).policies, capacity=10)
    for value in (one, other):
        table.verdict(replace(QUESTION, attributes=((name, kind, value),)), FACTS, 0)

    assert (table.hits, table.misses) == (0, 2)


def test_a_new_table_is_warmed_with_the_questions_of_the_old_one() -> None:
    """Rows travel between processes; those that the new catalog does not know stay behind, and so do long values."""
    old = VerdictTable(unchecked(OBSERVING + FILES["main.cedar"]).policies, capacity=10)
    region, count = ("region", "String", "eu"), ("count", "Long", 1)
    asked = (
        QUESTION,
        replace(QUESTION, attributes=(count, region)),
        replace(QUESTION, attributes=(("tags", "Set<String>", frozenset({"x" * 100})),)),
        replace(QUESTION, service="fraud", purpose="essential.fraud", channel=None, action=Action.RETAIN),
    )
    for question in asked:
        old.verdict(question, FACTS, 0)
    fewer = {key: service for key, service in BUNDLE.catalog.services.items() if key != "fraud"}
    policies_now = unchecked('@id("x") forbid (principal, action, resource == Field::"customer.email");').policies
    rows = pickle.loads(pickle.dumps(old.rows()))
    warmed = pickle.loads(pickle.dumps(list(decide_again(rows, policies_now, replace(BUNDLE.catalog, services=fewer)))))
    new = VerdictTable(policies_now, capacity=10)
    new.remember(warmed)

    assert [replace(QUESTION, attributes=(count,)), QUESTION, asked[3]] == [row.question for row in old.rows()]
    assert [(replace(QUESTION, attributes=(count,)), Reason.FORBIDDEN), (QUESTION, Reason.FORBIDDEN)] == [
        (row.question, row.verdict.reason) for row in warmed
    ]
    assert Reason.FORBIDDEN is new.verdict(QUESTION, FACTS, 0).reason
    assert (new.hits, new.misses, len(new)) == (1, 0, 1)


def test_the_latest_questions_come_first() -> None:
    """No more than wanted, and none that is not kept."""
    table = VerdictTable(unchecked(OBSERVING).policies, capacity=10)
    asked = [replace(QUESTION, attributes=(("count", "Long", number),) if number else ()) for number in (3, 2, 0, 1)]
    for question in asked:
        table.verdict(question, FACTS, 0)
    table.verdict(replace(QUESTION, attributes=(("tags", "Set<String>", frozenset({"x" * 100})),)), FACTS, 0)

    assert 5 == len(table)
    assert [row.question for row in reversed(table.rows())][:2] == [row.question for row in table.latest(3)]
    assert list(reversed(table.rows())) == list(table.latest(100))


def test_a_table_that_is_retired_answers_as_before(bundle: Bundle) -> None:
    """It forgets step by step, and decides again what it is asked meanwhile."""
    table = VerdictTable(bundle.policies, capacity=1_000)
    before = table.verdict(QUESTION, FACTS, 0)
    steps = len(list(table.retire()))

    assert (1, 0) == (steps, len(table))
    assert before == table.verdict(QUESTION, FACTS, 0)


@pytest.mark.parametrize(
    ("dimension", "value"),
    [
        pytest.param("service", "nobody", id="service-gone"),
        pytest.param("purpose", "nothing", id="purpose-gone"),
        pytest.param("field", "nothing", id="field-gone"),
        pytest.param("recipient", "nobody", id="recipient-gone"),
        pytest.param("action", Action.COLLECT, id="no-longer-declared"),
        pytest.param("channel", Channel.SMS, id="another-channel"),
        pytest.param("channel", None, id="no-channel"),
        pytest.param("attributes", (("count", "String", "1"),), id="attribute-of-another-type"),
        pytest.param("attributes", (("gone", "String", "1"),), id="attribute-gone"),
    ],
)
def test_what_can_no_longer_be_asked_is_not_decided(dimension: str, value: object) -> None:
    """Its verdict would be an error, and might be remembered for what can be asked."""
    row = Row(replace(QUESTION, **{dimension: value}), FACTS, VERDICT)  # type: ignore[arg-type]  # any dimension

    assert [] == list(decide_again([row], BUNDLE.policies, BUNDLE.catalog))
    assert 1 == len(list(decide_again([Row(QUESTION, FACTS, VERDICT)], BUNDLE.policies, BUNDLE.catalog)))


VERDICT = Verdict(effect=Effect.DENY, reason=Reason.NO_PERMIT)
OBSERVING = """
@id("count") forbid (principal, action, resource)
when { context.attributes has count && context.attributes.count == 1 };
@id("tags") @mask("hash") permit (principal, action, resource)
when { context.attributes has tags && context.attributes.tags.contains("a") };
@id("premium") forbid (principal, action, resource)
when { context has attributes.premium && context.attributes.premium };
"""
WHOLE = """@id("whole") forbid (principal, action, resource)
when { [context].contains(context) }
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
    table = VerdictTable(bundle.policies, capacity=8)
    for given_attributes, objected in asked:
        question = replace(QUESTION, attributes=given_attributes)
        facts = FACTS._replace(objected=objected)
        expected = reach_verdict(question, facts, bundle.policies.evaluate)

        assert expected == table.verdict(question, facts, 0)
        assert expected.reason is not Reason.POLICY_ERROR


def test_what_errs_in_a_child_is_left_to_the_parent() -> None:
    """It may have been the child's want of memory; a deny for that would be remembered."""
    errs = '@id("errs") permit (principal, action, resource) when { context.attributes.premium };'

    assert [] == list(decide_again([Row(QUESTION, FACTS, VERDICT)], policies(BUNDLE.catalog, errs), BUNDLE.catalog))
