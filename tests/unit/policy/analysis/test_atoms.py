"""Policies taken apart."""

from dataclasses import replace

import pytest
from cedarpy import pst

from sidecar.policy.cedar.atoms import And, Atom, Formula, If, Not, Or, atoms_of, formula_of, text_of
from sidecar.policy.cedar.policy import Policy, parse_policy
from sidecar.policy.cedar.tokens import split
from sidecar.policy.cedar.vocabulary import CONTEXT
from sidecar.policy.problems import Problems

ATTRIBUTES = {"flag": "Bool", "count": "Long", "region": "String", "tags": "Set<String>"}
ALL = frozenset(f"attributes.{name}" for name in ATTRIBUTES)


def parsed(text: str) -> Policy:
    """The policy in *text*; nothing but that it parses is checked."""
    (piece,) = split(text, "x.cedar")
    policy = parse_policy(piece, Problems())
    assert policy is not None
    return policy


def formula(condition: str, head: str = "principal, action, resource") -> Formula:
    """The formula of one permit."""
    return formula_of(parsed(f'@id("x") permit ({head}) when {{ {condition} }};'), ATTRIBUTES)


def atom(condition: str) -> Atom:
    """The only atom of a condition without a head."""
    (found,) = atoms_of(formula(condition))
    return found


A, B, C = (f"context.{name}" for name in ("explicit", "objected", "erased"))


def _plain(found: Formula) -> object:
    match found:
        case Atom():
            return min(found.reads, default="nothing")
        case Not(part):
            return ("not", _plain(part))
        case And(left, right):
            return ("and", _plain(left), _plain(right))
        case Or(left, right):
            return ("or", _plain(left), _plain(right))
        case If(condition, then, otherwise):
            return ("if", _plain(condition), _plain(then), _plain(otherwise))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (A, "explicit"),
        (f"!{A}", ("not", "explicit")),
        (f"{A} && {B}", ("and", "explicit", "objected")),
        (f"{A} || {B}", ("or", "explicit", "objected")),
        (f"if {A} then {B} else {C}", ("if", "explicit", "objected", "erased")),
        (f"!({A} && ({B} || !{C}))", ("not", ("and", "explicit", ("or", "objected", ("not", "erased"))))),
        (f"({A} && {B}) == {C}", "erased"),  # inside a comparison nothing is taken apart
        ("true", "nothing"),
    ],
)
def test_what_is_built_of_what(condition: str, expected: object) -> None:
    """Down to what is built by none of the four."""
    assert expected == _plain(formula(condition))


def test_conditions_follow_one_another() -> None:
    """First the head, then every clause in order: what comes later is not reached where an earlier one is false."""
    head = 'principal is Service in Service::"a", action, resource == Field::"f"'
    text = f'@id("x") forbid ({head}) when {{ {A} }} unless {{ {B} }};'

    expected = ("and", ("and", ("and", "service", "field"), "explicit"), ("not", "objected"))
    assert expected == _plain(formula_of(parsed(text), ATTRIBUTES))


def test_of_anything() -> None:
    """A policy without any condition is one atom that reads nothing."""
    (found,) = atoms_of(formula_of(parsed('@id("x") permit (principal, action, resource);'), ATTRIBUTES))

    assert (frozenset(), True, "true") == (found.reads, found.exact, text_of(found))


@pytest.mark.parametrize(
    ("head", "reads", "text"),
    [
        ('principal == Service::"a", action, resource', "service", 'principal == Service::"a"'),
        ('principal in Service::"a", action, resource', "service", 'principal in Service::"a"'),
        ("principal is Service, action, resource", "", "principal is Service"),
        ('principal is Service in Service::"a", action, resource', "service", 'principal is Service in Service::"a"'),
        ('principal, action == Action::"use", resource', "action", 'action == Action::"use"'),
        ('principal, action in Action::"use", resource', "action", 'action in [Action::"use"]'),
        ('principal, action in [Action::"use", Action::"share"], resource', "action", None),
        ('principal, action, resource == Field::"f"', "field", 'resource == Field::"f"'),
        ('principal, action, resource in DataCategory::"c"', "field", 'resource in DataCategory::"c"'),
        (
            'principal, action, resource is Field in DataCategory::"c"',
            "field",
            'resource is Field in DataCategory::"c"',
        ),
    ],
)
def test_heads_are_conditions(head: str, reads: str, text: str | None) -> None:
    """Each part of a head says the same as a condition."""
    (found,) = atoms_of(formula_of(parsed(f'@id("x") permit ({head});'), ATTRIBUTES))

    assert (frozenset(filter(None, [reads])), True, "") == (found.reads, found.exact, found.compares)
    assert text is None or text_of(found) in (text, f"({text})")


@pytest.mark.parametrize(
    ("condition", "reads", "exact", "compares"),
    [
        ("context.explicit", {"explicit"}, True, ""),
        ('context["explicit"]', {"explicit"}, True, ""),
        ('principal == Service::"a"', {"service"}, True, ""),
        ('action == Action::"use"', {"action"}, True, ""),
        ('resource in [DataCategory::"a", DataCategory::"b"]', {"field"}, True, ""),
        ("resource is Field", set(), True, ""),
        ('resource is Field in DataCategory::"a"', {"field"}, True, ""),
        ("context.purpose.direct_marketing", {"purpose"}, True, ""),
        ("context.purpose has direct_marketing", set(), True, ""),
        ("[context.purpose, context.recipient].contains(context.purpose)", {"purpose", "recipient"}, True, ""),
        ("{a: context.age, b: principal} == {a: context.age, b: principal}", {"age", "service"}, True, ""),
        (
            "(if context.explicit then context.objected else context.erased) == true",
            {"explicit", "objected", "erased"},
            True,
            "",
        ),
        ("context has purpose", set(), True, ""),
        ("context has attributes", set(), True, ""),
        ("context.attributes has flag", {"attributes.flag"}, True, ""),
        ("context.attributes has count", {"attributes.count"}, True, ""),
        ("context.attributes.flag", {"attributes.flag"}, True, ""),
        ("context.attributes.flag == context.explicit", {"attributes.flag", "explicit"}, True, ""),
        ("context.attributes.count == 1", {"attributes.count"}, True, "count"),
        ("1 < context.attributes.count", {"attributes.count"}, True, "count"),
        ("context.attributes.count >= 1", {"attributes.count"}, True, "count"),
        ("context.attributes.count != 1", {"attributes.count"}, True, "count"),
        ('context.attributes.region like "eu*"', {"attributes.region"}, True, "region"),
        ('context.attributes.region == "eu"', {"attributes.region"}, True, "region"),
        ('["eu", "us"].contains(context.attributes.region)', {"attributes.region"}, True, "region"),
        ("[1, 2].contains(context.attributes.count)", {"attributes.count"}, True, "count"),
        ("[context.attributes.region].contains(context.attributes.region)", {"attributes.region"}, False, ""),
        ('["eu", context.attributes.region].contains(context.attributes.region)', {"attributes.region"}, False, ""),
        ("context.attributes.count < context.attributes.count", {"attributes.count"}, False, ""),
        ("context.attributes.count + 1 == 2", {"attributes.count"}, False, ""),
        ('context.attributes.tags.contains("a")', {"attributes.tags"}, False, ""),
        ('context.attributes.tags == ["a"]', {"attributes.tags"}, False, ""),
        ("context.attributes.tags.isEmpty()", {"attributes.tags"}, False, ""),
        ("(context.attributes.count == 1) == context.explicit", {"attributes.count", "explicit"}, False, ""),
        ("context.attributes == context.attributes", ALL, False, ""),
        ("context == context", {*CONTEXT, *ALL}, False, ""),
        ("{a: context.attributes.count} == {a: 1}", {"attributes.count"}, False, ""),
        (
            '(if context.attributes.flag then context.attributes.region else "eu") like "e*"',
            {"attributes.flag", "attributes.region"},
            False,
            "",
        ),
        ("1 == 1", set(), True, ""),
    ],
)
def test_what_an_atom_reads(condition: str, reads: set[str], exact: bool, compares: str) -> None:  # noqa: FBT001
    """All that its value can depend on; and whether finitely many values of it tell everything."""
    found = atom(condition)

    assert (frozenset(reads), exact, compares) == (found.reads, found.exact, found.compares)


CONTEXT_ITSELF = pst.Var(name="context")
SENT = pst.GetAttr(base=CONTEXT_ITSELF, attr="attributes")


@pytest.mark.parametrize(
    ("base", "path", "reads", "exact"),
    [
        (CONTEXT_ITSELF, ("attributes", "flag"), {"attributes.flag"}, True),
        (CONTEXT_ITSELF, ("attributes", "tags", "more"), {"attributes.tags"}, False),
        (CONTEXT_ITSELF, ("purpose", "direct_marketing"), set(), True),
        (SENT, ("tags", "more"), {"attributes.tags"}, False),
        (pst.Var(name="resource"), ("any",), {"field"}, True),
    ],
)
def test_presence_along_a_path(base: pst.Expr, path: tuple[str, ...], reads: set[str], exact: bool) -> None:  # noqa: FBT001
    """Cedar's parser makes several of it; what is built without it may not."""
    policy = parsed('@id("x") permit (principal, action, resource);')
    tree = replace(policy.tree, clauses=(pst.When(pst.HasAttr(base=base, attrs=path)),))
    (found,) = atoms_of(formula_of(replace(policy, tree=tree), ATTRIBUTES))

    assert (frozenset(reads), exact) == (found.reads, found.exact)


def test_an_atom_in_words() -> None:
    """As Cedar writes it."""
    assert 'context.consent == Consent::"given"' == text_of(atom('context.consent == Consent::"given"'))
