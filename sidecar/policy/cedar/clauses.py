"""The clauses of a policy, in its author's own words, and which of them hold.

A policy applies if all of its clauses hold: what its head says of principal, action and resource, each conjunct of its
``when``, and of its ``unless`` that each alternative does not. A clause that is itself made of several conditions has
them as its parts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Final

import cedarpy

from sidecar.model.decision import Question
from sidecar.model.facts import Facts
from sidecar.policy.cedar.compiled import Compiled
from sidecar.policy.cedar.policies import blamed, request_of
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.cedar.tokens import Token
from sidecar.policy.problems import Place

_OPEN: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


class Truth(StrEnum):
    """What an expression comes to."""

    TRUE = "true"
    FALSE = "false"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition of a policy; *text* is on one line, without comments."""

    kind: str  # "head", "when" or "unless"
    text: str
    place: Place
    parts: tuple[str, ...]  # of what it is made; itself, if of nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A clause for one question; *holds* is ``ERROR`` if it cannot be evaluated by itself."""

    clause: Clause
    holds: Truth
    parts: tuple[tuple[str, Truth], ...]  # with what each is, not what it is for the clause


def clauses_of(policy: Policy) -> tuple[Clause, ...]:
    """The clauses of *policy*, in the order of its text; a head that says nothing has none."""
    return tuple(_clauses(policy.piece.tokens))


def weigh_clauses(
    policies: Iterable[Policy], compiled: Compiled, question: Question, facts: Facts
) -> Mapping[str, tuple[Weighed, ...]]:
    """The clauses of each of *policies*, by its id, for *question* about a person of whom *facts* hold.

    Each part is evaluated by itself: one that leans on another before it (behind a ``has``, say) errs where that one
    is false. *compiled* has the schema and the entities.
    """
    clauses = {policy.id: clauses_of(policy) for policy in policies}
    parts = dict.fromkeys(part for found in clauses.values() for clause in found for part in clause.parts)
    truths = _truths(tuple(parts), compiled, question, facts)
    return {id_: tuple(_weighed(clause, truths) for clause in found) for id_, found in clauses.items()}


def _weighed(clause: Clause, truths: Mapping[str, Truth]) -> Weighed:
    parts = tuple((part, truths[part]) for part in clause.parts)
    values = [truth for _, truth in parts]
    if clause.kind == "unless":  # made of conjuncts; holds if one is false
        holds = _all(values)
        holds = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(holds, holds)
    else:  # made of alternatives
        holds = _any(values)
    return Weighed(clause=clause, holds=holds, parts=parts)


def _all(values: Sequence[Truth]) -> Truth:
    """The first that is not true, as ``&&`` has it."""
    return next((value for value in values if value is not Truth.TRUE), Truth.TRUE)


def _any(values: Sequence[Truth]) -> Truth:
    """The first that is not false, as ``||`` has it."""
    return next((value for value in values if value is not Truth.FALSE), Truth.FALSE)


def _truths(parts: Sequence[str], compiled: Compiled, question: Question, facts: Facts) -> Mapping[str, Truth]:
    """What each of *parts* comes to: a permit for each, all asked at once."""
    text = "\n".join(f"permit (principal, action, resource) when {{ {part} }};" for part in parts)
    schema = cedarpy.Schema.from_str(compiled.schema_text)
    result = cedarpy.is_authorized(
        request_of(question, facts),
        cedarpy.PolicySet.from_str(text),
        cedarpy.Entities.from_json_str(compiled.entities_json, schema),
        schema,
    )
    truths = dict.fromkeys(parts, Truth.FALSE)
    ids = {f"policy{number}": part for number, part in enumerate(parts)}
    truths.update((ids[id_], Truth.TRUE) for id_ in result.diagnostics.reasons)
    truths.update((ids[blamed(message)[0]], Truth.ERROR) for message in result.diagnostics.errors)
    return truths


def _clauses(tokens: Sequence[Token]) -> Iterator[Clause]:
    start = next(place for place, token in enumerate(tokens) if token.text in ("permit", "forbid"))
    end = _closing(tokens, start + 1)
    for constraint in _split(tokens[start + 2 : end], ","):
        if len(constraint) > 1:
            yield _clause("head", constraint, (constraint,))
    place = end + 1
    while tokens[place].text in ("when", "unless"):
        end = _closing(tokens, place + 1)
        yield from _condition(tokens[place].text, tokens[place + 2 : end])
        place = end + 1


def _condition(kind: str, tokens: Sequence[Token]) -> Iterator[Clause]:
    outer, inner = ("&&", "||") if kind == "when" else ("||", "&&")
    for part in _flat(tokens, outer):
        yield _clause(kind, part, tuple(_flat(part, inner)))


def _clause(kind: str, tokens: Sequence[Token], parts: Sequence[Sequence[Token]]) -> Clause:
    return Clause(kind=kind, text=_text(tokens), place=tokens[0].place, parts=tuple(map(_text, parts)))


def _flat(tokens: Sequence[Token], sign: str) -> Iterator[Sequence[Token]]:
    """The operands of *sign*, if that is what *tokens* are joined by, parentheses looked through; else all of them."""
    bare = tokens
    while bare[0].text == "(" and _closing(bare, 0) == len(bare) - 1:
        bare = bare[1:-1]
    operands = _split(bare, sign)
    # `&&` binds more tightly than `||`, so what has one outside is joined by that; an `if` reaches to the end.
    if bare[0].text == "if" or len(operands) == 1 or (sign == "&&" and len(_split(bare, "||")) > 1):
        yield bare
        return
    for operand in operands:
        yield from _flat(operand, sign)


def _split(tokens: Sequence[Token], sign: str) -> list[Sequence[Token]]:
    """*tokens* cut at each *sign* that is in no brackets."""
    found: list[Sequence[Token]] = []
    depth = start = 0
    for place, token in enumerate(tokens):
        depth += _OPEN.get(token.text, 0)
        if depth == 0 and token.text == sign:
            found.append(tokens[start:place])
            start = place + 1
    return [*found, tokens[start:]]


def _closing(tokens: Sequence[Token], start: int) -> int:
    """Where the bracket at *start* is closed, which it is in a policy that parses."""
    depths = list(accumulate(_OPEN.get(token.text, 0) for token in tokens[start:]))
    return start + depths.index(0)


def _text(tokens: Sequence[Token]) -> str:
    """*tokens* as written, on one line, without comments."""
    words = [tokens[0].text]
    for before, token in pairwise(tokens):
        words.append(token.text if token.start == before.end else f" {token.text}")
    return "".join(words)
