"""Tables: what they hold, and what is beyond them."""

import pytest

from sidecar.policy.analysis import texts
from sidecar.policy.analysis.analysis import Inexact, analyse
from sidecar.policy.analysis.differences import compare
from sidecar.policy.analysis.tables import Tables, tabulate
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.tabulate import Tabulator
from sidecar.policy.cedar.vocabulary import schema_text
from tests.unit.policy.analysis.bundles import draft, extended

SENT = "context.attributes has region && "


def _with(*conditions: str, type_: str = "String") -> Draft:
    policies = "".join(
        f'@id("x{number}") forbid (principal, action, resource) when {{ {condition} }};\n'
        for number, condition in enumerate(conditions)
    )
    return draft({"schema.cedarschema": schema_text({"amount": "Long", "region": type_}), "more.cedar": policies})


def _classes(tables: Tables, name: str) -> list[list[object]]:
    (dimension,) = (one for one in tables.dimensions if one.name == name)
    return [[dimension.values[place] for place in members] for members in dimension.classes]


def test_values_that_nothing_tells_apart_are_one_class() -> None:
    """Numbers on one side of a bound, texts that match the same; not sent is a class of its own."""
    region = SENT + 'context.attributes.region == "eu" || ' + SENT + 'context.attributes.region like "e*"'
    tables = tabulate([_with(region)])

    assert [[None], [8, 9], [10]] == _classes(tables, "attributes.amount")
    assert [[None], [""], ["e"], ["eu"]] == _classes(tables, "attributes.region")


def test_two_bundles_are_told_apart_by_what_either_looks_at() -> None:
    """The common refinement; and by which of them knows the value."""
    one, other = _with(SENT + 'context.attributes.region == "a"'), _with(SENT + 'context.attributes.region == "b"')
    flag = _with(SENT + "context.attributes.region", type_="Bool")

    assert [[None], [""], ["a"], ["b"]] == _classes(tabulate([one, other]), "attributes.region")
    assert [[None], [""], ["a"], [False], [True]] == _classes(tabulate([one, flag]), "attributes.region")


def test_too_many_texts_to_tell_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their atoms are taken for anything, with a text that is sent; and the analysis says so."""
    monkeypatch.setattr(texts, "BUDGET", 1)
    bundle = _with(SENT + 'context.attributes.region like "e*"', "!(context.attributes has region) && context.erased")
    analysis = analyse(bundle)

    assert (Inexact('context.attributes.region like "e*"', ("x0",)),) == analysis.inexact
    assert [[None], [""]] == _classes(analysis.tables, "attributes.region")


def test_too_many_combinations() -> None:
    """What reads too much at once is taken for anything, too; the rest stays exact."""
    both = "[context.objected, context.restricted].contains(context.erased)"
    bundle = _with(both, "context.explicit")

    assert () == analyse(bundle).inexact
    assert [both] == [one.text for one in analyse(bundle, budget=6).inexact if "contains" in one.text]
    assert not any("explicit" in one.text for one in analyse(bundle, budget=6).inexact if "x1" in one.policies)


def test_the_same_condition_is_the_same_in_both_bundles() -> None:
    """What no table holds is taken for the same in both, where only the caller decides it or the catalogs are equal."""
    tags = '@id("x") forbid (principal, action, resource) when {{ context.attributes has region && {} }};'
    loose = tags.format('context.attributes.region.contains("a")')
    tied = tags.format("[context.attributes].contains(context.attributes) && context == context")
    schema = schema_text({"amount": "Long", "region": "Set<String>"})
    for text, changed in ((loose, True), (tied, False)):
        old = draft({"schema.cedarschema": schema, "more.cedar": text})
        again = draft({"schema.cedarschema": schema, "more.cedar": text})
        more = "shoe: {title: s, categories: [user]}\n"
        other = draft({"schema.cedarschema": schema, "more.cedar": text, **extended("catalog/fields.yaml", more)})

        assert () == compare(old, again).changes
        assert changed == (compare(old, other).changes == ())


def test_what_cedar_takes_for_malformed_is_no_value() -> None:
    """A table is not filled with falsehoods, but not made."""
    (atom,) = tabulate([_with("context.objected")]).sides[0].atoms[-1:]
    tabulator = Tabulator(draft({}).catalog)

    with pytest.raises(ValueError, match="cannot evaluate"):
        tabulator.table([atom], [{"age": "old as the hills"}])
