"""Where a policy can apply: for which services, actions, fields, purposes, channels and recipients.

Anywhere else it neither applies nor errs, so nothing is lost if it is not asked there. Told from the form of its tree:
by its head, which Cedar looks at first, and by those conditions that compare a name of the question with literals, as
far as nothing that is evaluated before them can err. A policy may be said to apply where it does not, never otherwise.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from cedarpy import pst

from sidecar.model.catalog import Catalog
from sidecar.policy.cedar.vocabulary import ACTIONS, CONTEXT, ENTITY_ATTRIBUTES, ENUMS
from sidecar.policy.cedar.world import lineage

Keys = tuple[str, frozenset[str]]
"""A dimension of a question, and some of its keys."""

_TYPES: Final = {
    "service": "Service",
    "action": "Action",
    "field": "Field",
    "purpose": "Purpose",
    "channel": "Channel",
    "recipient": "Recipient",
}
_VARIABLES: Final = {"principal": "service", "action": "action", "resource": "field"}
_SETS: Final = ("contains", "contains_all", "contains_any")
_HAS: Final = (("context",), ("context", "attributes"))
"""What is always a record, so that it can always be asked whether it has something."""


class Applicability:
    """What of questions about one catalog a policy can apply to."""

    def __init__(self, catalog: Catalog) -> None:
        entities = lineage(catalog)
        keys = {"Action": ACTIONS, "Channel": ENUMS["Channel"]}
        self.keys: Final = {
            dimension: frozenset(keys.get(type_, (key for kind, key in entities if kind == type_)))
            for dimension, type_ in _TYPES.items()
        }
        """Every key that a question can have in a dimension."""
        self._within: dict[tuple[str, str, str], set[str]] = {}  # by dimension and entity, the keys in that
        for dimension, type_ in _TYPES.items():
            for key in self.keys[dimension]:
                for entity in entities.get((type_, key), ((type_, key),)):
                    self._within.setdefault((dimension, *entity), set()).add(key)

    def of(self, tree: pst.Template) -> Mapping[str, frozenset[str]]:
        """By dimension the keys to which the policy *tree* can apply; it can to any key of a dimension left out."""
        found: dict[str, frozenset[str]] = {}
        for condition, wanted in _conditions(tree):
            keys = self._where(condition)
            if keys is not None:
                dimension, those = keys
                every = self.keys[dimension]
                found[dimension] = found.get(dimension, every) & (those if wanted else every - those)
            elif not _is_certain(condition):
                break
        return found

    def _where(self, condition: pst.Expr) -> Keys | None:  # noqa: PLR0911 - one for each form
        """The keys of the one dimension that *condition* is about where it is true; ``None`` if it is not like that."""
        match condition:
            case pst.UnaryOp(op="not", arg=arg):
                return self._but(self._where(arg))
            case pst.BinaryOp(op="and" | "or" as op, left=left, right=right):
                one, other = self._where(left), self._where(right)
                if one is None or other is None or one[0] != other[0]:
                    return None
                return one[0], one[1] & other[1] if op == "and" else one[1] | other[1]
            case pst.BinaryOp(op="eq", left=left, right=right):
                return self._equal(left, right) or self._equal(right, left)
            case pst.BinaryOp(op="not_eq", left=left, right=right):
                return self._but(self._equal(left, right) or self._equal(right, left))
            case pst.BinaryOp(op="in", left=left, right=right):
                return self._in(left, right)
            case pst.BinaryOp(op="contains", left=pst.Set(elements=elements), right=right):
                return self._any(elements, right)
            case pst.Is(base=base, in_expr=pst.EntityLit() as above, entity_type=type_):
                return self._in(base, above) if self._is(base, type_) else None
        return None

    def _but(self, keys: Keys | None) -> Keys | None:
        return None if keys is None else (keys[0], self.keys[keys[0]] - keys[1])

    def _equal(self, subject: pst.Expr, literal: pst.Expr) -> Keys | None:
        dimension = _dimension(subject)
        if dimension is None or not isinstance(literal, pst.EntityLit):
            return None
        same = str(literal.value.type) == _TYPES[dimension]
        return dimension, self.keys[dimension] & {literal.value.id} if same else frozenset()

    def _any(self, elements: tuple[pst.Expr, ...], subject: pst.Expr) -> Keys | None:
        return _joined([self._equal(subject, element) for element in elements])

    def _in(self, subject: pst.Expr, above: pst.Expr) -> Keys | None:
        return _joined(
            [self._below(subject, one) for one in (above.elements if isinstance(above, pst.Set) else (above,))]
        )

    def _below(self, subject: pst.Expr, above: pst.Expr) -> Keys | None:
        dimension = _dimension(subject)
        if dimension is None or not isinstance(above, pst.EntityLit):
            return None
        entity = above.value
        return dimension, frozenset(self._within.get((dimension, str(entity.type), entity.id), ()))

    def _is(self, subject: pst.Expr, type_: pst.EntityType) -> bool:
        dimension = _dimension(subject)
        return dimension is not None and _TYPES[dimension] == str(type_)


def _joined(found: list[Keys | None]) -> Keys | None:
    """All keys of *found*, which are of one dimension; ``None`` if there are none, or one of them is not known."""
    known = [keys for keys in found if keys is not None]
    if not known or len(known) < len(found):
        return None
    return known[0][0], frozenset().union(*(keys for _, keys in known))


def _conditions(tree: pst.Template) -> Iterator[tuple[pst.Expr, bool]]:
    """All that must hold for a policy to apply, in the order in which Cedar looks at it; or not hold, if ``False``."""
    yield from _head(pst.Var("principal"), tree.principal)
    yield from _head(pst.Var("action"), tree.action)
    yield from _head(pst.Var("resource"), tree.resource)
    for clause in tree.clauses:
        yield from _conjuncts(clause.expr, wanted=isinstance(clause, pst.When))


def _head(
    subject: pst.Var, constraint: pst.PrincipalOrResourceConstraint | pst.ActionConstraint
) -> Iterator[tuple[pst.Expr, bool]]:
    match constraint:
        case pst.ScopeEq(entity=pst.EntityUid() as entity) | pst.ActionEq(entity=entity):
            yield pst.BinaryOp("eq", subject, pst.EntityLit(entity)), True
        case pst.ScopeIn(entity=pst.EntityUid() as entity):
            yield pst.BinaryOp("in", subject, pst.EntityLit(entity)), True
        case pst.ScopeIsIn(entity_type=type_, entity=pst.EntityUid() as entity):
            yield pst.Is(subject, type_, pst.EntityLit(entity)), True
        case pst.ActionIn(entities=entities):
            yield pst.BinaryOp("in", subject, pst.Set(tuple(map(pst.EntityLit, entities)))), True


def _conjuncts(condition: pst.Expr, *, wanted: bool) -> Iterator[tuple[pst.Expr, bool]]:
    """*condition*, or that it does not hold, as conditions that must all be so, in the order of evaluation."""
    match condition:
        case pst.UnaryOp(op="not", arg=arg):
            yield from _conjuncts(arg, wanted=not wanted)
        case pst.BinaryOp(op="and", left=left, right=right) if wanted:
            yield from _conjuncts(left, wanted=True)
            yield from _conjuncts(right, wanted=True)
        case pst.BinaryOp(op="or", left=left, right=right) if not wanted:
            yield from _conjuncts(left, wanted=False)
            yield from _conjuncts(right, wanted=False)
        case _:
            yield condition, wanted


def _is_certain(condition: pst.Expr) -> bool:  # noqa: PLR0911 - one for each form
    """Whether *condition* comes to true or false, and never to an error, for every question."""
    match condition:
        case pst.BoolLit():
            return True
        case pst.GetAttr():
            return _type_of(condition) == "Bool"
        case pst.UnaryOp(op="not", arg=arg):
            return _is_certain(arg)
        case pst.BinaryOp(op="and" | "or", left=left, right=right):
            return _is_certain(left) and _is_certain(right)
        case pst.BinaryOp(op="eq" | "not_eq", left=left, right=right):
            return _has_value(left) and _has_value(right)
        case pst.BinaryOp(op="in", left=left, right=right):
            return _is_entity(left) and (_is_entity(right) or _are_entities(right))
        case pst.BinaryOp(op=op, left=pst.Set(elements=elements), right=right) if op in _SETS:
            others = right.elements if isinstance(right, pst.Set) else (right,)
            return isinstance(right, pst.Set) == (op != "contains") and all(map(_has_value, (*elements, *others)))
        case pst.Is(base=base, in_expr=above):
            return _is_entity(base) and (above is None or _is_entity(above) or _are_entities(above))
        case pst.HasAttr(base=base, attrs=attrs):
            path = _path(base)
            return path != () and (*path, *attrs[:-1]) in _HAS
    return False


def _has_value(part: pst.Expr) -> bool:
    """Whether *part* always comes to a value, of any type."""
    return _is_entity(part) or isinstance(part, pst.LongLit | pst.StringLit) or _is_certain(part)


def _is_entity(part: pst.Expr) -> bool:
    match part:
        case pst.EntityLit():
            return True
        case pst.Var(name=name):
            return name in _VARIABLES
    return _type_of(part) in _ENTITIES


def _are_entities(part: pst.Expr) -> bool:
    return isinstance(part, pst.Set) and all(map(_is_entity, part.elements))


_ENTITIES: Final = frozenset(CONTEXT.values()) - {"Bool"}


def _type_of(part: pst.Expr) -> str:
    """The type of *part*, if it is something that every question has; else empty."""
    match _path(part):
        case ("context", name):
            return CONTEXT.get(name, "")
        case ("context", name, attribute):
            return ENTITY_ATTRIBUTES.get(CONTEXT.get(name, ""), {}).get(attribute, "")
    return ""


def _dimension(part: pst.Expr) -> str | None:
    """The dimension of a question that *part* is; ``None`` if it is something else."""
    match _path(part):
        case (name,):
            return _VARIABLES.get(name)
        case ("context", name) if name in _TYPES and name in CONTEXT:
            return name
    return None


def _path(part: pst.Expr) -> tuple[str, ...]:
    """The variable and the names behind it that *part* is; empty if it is anything else."""
    match part:
        case pst.Var(name=name):
            return (name,)
        case pst.GetAttr(base=base, attr=attr):
            above = _path(base)
            return (*above, attr) if above else ()
    return ()
