"""What Cedar takes for false without a word: a forbid written so would never fire (ADR-0003).

Its validator lets all of these pass: an entity that does not exist; entities compared that by their types can never be
equal, or in one another; `has` with the name of an attribute that nothing has; tags. What is wrapped in a record or an
`if` on its way to such a comparison is not followed.
"""

from collections.abc import Collection, Mapping
from itertools import dropwhile
from typing import Final

from cedarpy import pst

from sidecar.policy.cedar import vocabulary
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.tokens import entity_literals
from sidecar.policy.cedar.tree import nodes
from sidecar.policy.problems import Problems, did_you_mean

_NOUNS: Final = {
    "Service": "service",
    "Field": "field",
    "DataCategory": "data category",
    "Purpose": "purpose",
    "Recipient": "recipient",
}
_TYPES: Final = (*vocabulary.ENUMS, *vocabulary.PARENTS, "Action")
_TAGS: Final = {"has_tag": "hasTag", "get_tag": "getTag"}
_VARIABLES: Final = {"principal": "Service", "action": "Action", "resource": "Field"}


def check_entities(policy: Policy, known: Mapping[str, Collection[str] | None], problems: Problems) -> None:
    """Report each entity of the catalog that *policy* names but the catalog does not have.

    *known* has the keys of each entity type, ``None`` where they cannot be known; enums are the validator's business.
    """
    unknown = {
        (str(entity.type), entity.id)
        for entity in pst.entity_uids(policy.tree)
        if (keys := known.get(str(entity.type))) is not None and entity.id not in keys
    }
    literals = entity_literals(policy.piece.tokens)
    places = [(literal.type, literal.id, literal.place) for literal in literals if literal[:2] in unknown]
    # The tree knows what is named, the tokens know where; they differ only if an id is written with escapes.
    unplaced = unknown - {(type_, id_) for type_, id_, _ in places}
    for type_, id_, place in (*places, *((type_, id_, policy.place) for type_, id_ in unplaced)):
        problems.unknown(place, "policy.unknown_entity", _NOUNS[type_], id_, known[type_] or ())


def check_possible(policy: Policy, attributes: Collection[str] | None, problems: Problems) -> None:
    """Report what can never hold, whatever is asked; *attributes* are those that callers may send, ``None``: any."""
    for node in nodes(policy.tree.clauses):
        match node:
            case pst.BinaryOp(op="in", left=left, right=right):
                _check_in(policy, _type_of(left), right, problems)
            case pst.BinaryOp(op="eq" | "not_eq", left=left, right=right):
                types = _type_of(left), _type_of(right)
                if None not in types and types[0] != types[1]:
                    message = f"a `{types[0]}` is never equal to a `{types[1]}`"
                    _report(policy, _word(right), message, f"compare it with a `{types[0]}`", problems)
            case pst.BinaryOp(op="has_tag" | "get_tag" as op):
                _report(policy, _TAGS[op], "nothing has tags", "ask for an attribute", problems)
            case pst.Is(base=base, entity_type=wanted, in_expr=above):
                type_ = _type_of(base)
                if above is not None:
                    _check_in(policy, type_, above, problems)
                if type_ is not None and str(wanted) != type_:
                    _report(policy, str(wanted), f"a `{type_}` is never a `{wanted}`", f"it is a `{type_}`", problems)
            case pst.HasAttr(base=base, attrs=attrs):
                _check_has(policy, (*_path(base), *attrs), attributes, problems)


def _check_in(policy: Policy, type_: str | None, right: pst.Expr, problems: Problems) -> None:
    if type_ is None:
        return
    above = {type_, *vocabulary.PARENTS.get(type_, ())}
    for entity in right.elements if isinstance(right, pst.Set) else (right,):
        found = _type_of(entity)
        if found is not None and found not in above:
            hint = _IN_HINTS.get(found, f"a `{type_}` can be in " + " or ".join(f"a `{one}`" for one in sorted(above)))
            _report(policy, _word(entity), f"a `{type_}` is never in a `{found}`", hint, problems)


def _check_has(policy: Policy, path: tuple[str, ...], attributes: Collection[str] | None, problems: Problems) -> None:
    """Report the first name of *path*, behind its variable, that nothing has."""
    shape = _shape(attributes).get(path[0])
    for name in path[1:]:
        if shape is None:
            return  # no entity or record, and then the validator's business; or something not followed
        if name not in shape:
            _report(policy, name, f"nothing has an attribute `{name}` here", did_you_mean(name, shape), problems)
            return
        shape = shape[name]


class _Shape(dict[str, "_Shape | None"]):
    """What an entity or record may have, by name; ``None`` for what is neither."""


def _shape(attributes: Collection[str] | None) -> _Shape:
    context = _Shape({name: _entity_shape(type_) for name, type_ in vocabulary.CONTEXT.items()})
    context["attributes"] = None if attributes is None else _Shape(dict.fromkeys(attributes))
    return _Shape({"context": context, **{name: _entity_shape(type_) for name, type_ in _VARIABLES.items()}})


def _entity_shape(type_: str) -> _Shape | None:
    return None if type_ == "Bool" else _Shape(dict.fromkeys(vocabulary.ENTITY_ATTRIBUTES.get(type_, ())))


def _report(policy: Policy, word: str, message: str, hint: str, problems: Problems) -> None:
    tokens = policy.piece.tokens
    # Behind the head, whose own types are the validator's business.
    body = dropwhile(lambda token: token.text != "{", tokens)
    place = next((token.place for token in body if token.text.strip('"') == word), policy.place)
    problems.error(place, "policy.never", f"{message}, so this is always the same", hint)


def _type_of(node: pst.Expr) -> str | None:
    """The entity type of *node*, where its form alone tells."""
    match node:
        case pst.EntityLit(value=entity):
            return str(entity.type) if str(entity.type) in _TYPES else None  # of others the validator speaks
        case pst.Var(name=name):
            return _VARIABLES.get(name)
        case pst.GetAttr(base=pst.Var(name="context"), attr=attr):
            type_ = vocabulary.CONTEXT.get(attr)
            return None if type_ == "Bool" else type_
    return None


def _word(node: pst.Expr) -> str:
    """The word that stands for *node*, whose entity type is known."""
    match node:
        case pst.EntityLit(value=entity):
            return str(entity.type)
        case pst.GetAttr(attr=attr):
            return attr
    assert isinstance(node, pst.Var)
    return node.name


def _path(node: pst.Expr) -> tuple[str, ...]:
    """The variable and attributes that *node* is; ``("",)`` if it is anything else."""
    match node:
        case pst.Var(name=name):
            return (name,)
        case pst.GetAttr(base=base, attr=attr):
            above = _path(base)
            return (*above, attr) if above[0] else above
    return ("",)


_IN_HINTS: Final = {
    "Purpose": "the purpose is `context.purpose`",
    "Recipient": "the recipient is `context.recipient`",
    "DataCategory": "what lies in data categories is the `resource`",
    "Service": "the service is the `principal`",
    "Field": "the field is the `resource`",
}
