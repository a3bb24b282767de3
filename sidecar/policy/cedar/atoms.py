"""A policy taken apart: a short-circuit combination of atoms, the smallest conditions not built by ``&& || ! if``.

An atom depends on the values of a few dimensions of a question and on nothing else. Most are *exact*: their values can
be tabulated. One that looks at a text, number or set of the caller's in any other way than comparing it with literals
is not: it has infinitely many columns, and only Cedar knows which.
Source: design, "Exact analysis".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import cedarpy
from cedarpy import pst

from sidecar.policy.cedar.footprint import observed
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.tree import nodes

ATTRIBUTE: Final = "attributes."
"""What the name of the dimension of a caller's attribute begins with."""

_CONTEXT: Final = pst.Var(name="context")
_ATTRIBUTES: Final = pst.GetAttr(base=_CONTEXT, attr="attributes")
_COMPARISONS: Final = ("eq", "not_eq", "less", "less_eq", "greater", "greater_eq")
_LITERALS: Final = pst.StringLit | pst.LongLit
_PARENTHESES: Final = re.compile(r"(?<!\w)\(([a-z]+(?:\.\w+)*)\)")
"""Around a path."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A condition as Cedar's tree has it, and all dimensions whose value it depends on."""

    expression: pst.Expr
    reads: frozenset[str]
    exact: bool
    compares: str = ""  # the caller's text or number that it compares with literals, if it is exact and does


@dataclass(frozen=True, slots=True)
class Not:
    """True where *part* is false."""

    part: "Formula"


@dataclass(frozen=True, slots=True)
class And:
    """*right* counts only where *left* is true."""

    left: "Formula"
    right: "Formula"


@dataclass(frozen=True, slots=True)
class Or:
    """*right* counts only where *left* is false."""

    left: "Formula"
    right: "Formula"


@dataclass(frozen=True, slots=True)
class If:
    """*then* where *condition* is true, *otherwise* where it is false."""

    condition: "Formula"
    then: "Formula"
    otherwise: "Formula"


Formula = Atom | Not | And | Or | If


def formula_of(policy: Policy, attributes: Mapping[str, str]) -> Formula:
    """When *policy* applies: its head, then its conditions in order; *attributes* are the schema's, with types."""
    reader = _Reader(attributes)
    tree = policy.tree
    parts = [
        *_head("principal", tree.principal),
        *_head_of_action(tree.action),
        *_head("resource", tree.resource),
        *(clause.expr if isinstance(clause, pst.When) else pst.UnaryOp("not", clause.expr) for clause in tree.clauses),
    ]
    formula = reader.formula(parts[0]) if parts else reader.formula(pst.BoolLit(value=True))
    for part in parts[1:]:
        formula = And(formula, reader.formula(part))
    return formula


def atoms_of(formula: Formula) -> Iterator[Atom]:
    """Every atom of *formula*, repeated ones too."""
    stack: list[Formula] = [formula]
    while stack:
        part = stack.pop()
        if isinstance(part, Atom):
            yield part
        elif isinstance(part, Not):
            stack.append(part.part)
        elif isinstance(part, If):
            stack += (part.condition, part.then, part.otherwise)
        else:
            stack += (part.left, part.right)


def text_of(atom: Atom) -> str:
    """*atom* in Cedar's notation, which may have more parentheses than its author wrote."""
    text = str(cedarpy.PolicySet.from_pst(policy_set_of({"atom": atom.expression})))
    text, inner = "", text[text.index("when {") + len("when {") : text.rindex("}")].strip()
    while text != inner:
        text, inner = inner, _PARENTHESES.sub(r"\1", inner)
    return text


class _Reader:
    def __init__(self, attributes: Mapping[str, str]) -> None:
        self._attributes = attributes

    def formula(self, expression: pst.Expr) -> Formula:
        match expression:
            case pst.UnaryOp(op="not", arg=arg):
                return Not(self.formula(arg))
            case pst.BinaryOp(op="and", left=left, right=right):
                return And(self.formula(left), self.formula(right))
            case pst.BinaryOp(op="or", left=left, right=right):
                return Or(self.formula(left), self.formula(right))
            case pst.IfThenElse(cond=condition, then_expr=then, else_expr=otherwise):
                return If(self.formula(condition), self.formula(then), self.formula(otherwise))
        return self._atom(expression)

    def _atom(self, expression: pst.Expr) -> Atom:
        seen = observed(expression, self._attributes)
        reads = seen.dimensions | {ATTRIBUTE + name for name in seen.values | seen.presence}
        hard = any(self._attributes.get(name) != "Bool" for name in seen.values)
        compares = _compares(expression) if hard else ""
        return Atom(expression, reads, exact=not hard or bool(compares), compares=compares)


def _compares(expression: pst.Expr) -> str:
    """The attribute that *expression* compares with literals, if that is all it does."""
    match expression:
        case pst.BinaryOp(op=op, left=left, right=right) if op in _COMPARISONS:
            one, other = (left, right) if isinstance(right, _LITERALS) else (right, left)
            return _attribute(one) if isinstance(other, _LITERALS) else ""
        case pst.Like(base=base):
            return _attribute(base)
        case pst.BinaryOp(op="contains", left=pst.Set(elements=elements), right=right):
            return _attribute(right) if all(isinstance(one, _LITERALS) for one in elements) else ""
    return ""


def _attribute(expression: pst.Expr) -> str:
    match expression:
        case pst.GetAttr(base=base, attr=attr) if base == _ATTRIBUTES:
            return attr
    return ""


def _head(variable: pst.VarName, constraint: pst.PrincipalOrResourceConstraint) -> Iterator[pst.Expr]:
    """The condition that a head of `principal` or `resource` is."""
    subject = pst.Var(name=variable)
    match constraint:
        case pst.ScopeEq(entity=pst.EntityUid() as entity):
            yield pst.BinaryOp("eq", subject, pst.EntityLit(entity))
        case pst.ScopeIn(entity=pst.EntityUid() as entity):
            yield pst.BinaryOp("in", subject, pst.EntityLit(entity))
        case pst.ScopeIs(entity_type=type_):
            yield pst.Is(subject, type_, None)
        case pst.ScopeIsIn(entity_type=type_, entity=pst.EntityUid() as entity):
            yield pst.Is(subject, type_, pst.EntityLit(entity))
        case _:
            assert isinstance(constraint, pst.ScopeAny)  # a slot would make it a template, which no bundle has


def _head_of_action(constraint: pst.ActionConstraint) -> Iterator[pst.Expr]:
    subject = pst.Var(name="action")
    match constraint:
        case pst.ActionEq(entity=entity):
            yield pst.BinaryOp("eq", subject, pst.EntityLit(entity))
        case pst.ActionIn(entities=entities):
            yield pst.BinaryOp("in", subject, pst.Set(tuple(pst.EntityLit(entity) for entity in entities)))


def policy_set_of(expressions: Mapping[str, pst.Expr]) -> pst.PolicySet:
    """One permit for each of *expressions*, which applies exactly where it is true."""
    return _set_of({name: _template(name, expression) for name, expression in expressions.items()})


def _set_of(templates: Mapping[str, pst.Template]) -> pst.PolicySet:
    return pst.PolicySet(templates={}, static_policies=pst.FrozenMap(templates), template_links=())


def _template(name: str, expression: pst.Expr) -> pst.Template:
    anything = pst.ScopeAny()
    return pst.Template(name, "permit", anything, anything, anything, (pst.When(expression),), pst.FrozenMap())


def literals_of(expression: pst.Expr) -> Iterator[str | int | tuple[str | None, ...]]:
    """What *expression* compares a text or number with: literals, and patterns (``None`` stands for any text)."""
    for node in nodes(expression):
        if isinstance(node, _LITERALS):
            yield node.value
        elif isinstance(node, pst.Like):
            yield tuple(part.value if isinstance(part, pst.Char) else None for part in node.pattern)
