"""One policy of a file: parsed, with its annotations read."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import cedarpy
from cedarpy import pst

from sidecar.model.vocabulary import Mask, Reason
from sidecar.policy.cedar.nesting import form_nesting, policy_nesting
from sidecar.policy.cedar.tokens import Piece, Token, offending
from sidecar.policy.problems import Place, Problems, did_you_mean

REASONS: Final = (Reason.OBJECTED, Reason.ERASED, Reason.RESTRICTED, Reason.MINOR, Reason.FORBIDDEN)
"""
What a forbid may give as its reason (ADR-0004).

The reasons before these are the engine's own, about things no policy sees. Those after them say that consent is
missing, which is found by asking again with better consent, and never taken from an author's word.
"""

_KNOWN: Final = ("id", "reason", "mask", "title")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy that parses; *id* is ``""`` if it has none that can be used."""

    piece: Piece
    tree: pst.Template
    json: dict[str, Any]  # Cedar's own form of it
    id: str
    title: str
    reason: Reason | None
    mask: Mask | None

    @property
    def place(self) -> Place:
        """Where its ``permit`` or ``forbid`` stands."""
        return self.piece.keyword.place

    def place_of(self, annotation: str) -> Place:
        """Where *annotation*, which it has, stands."""
        pairs = pairwise(self.piece.tokens)
        return next(at.place for at, name in pairs if at.text == "@" and name.text == annotation)


def parse_policy(piece: Piece, problems: Problems) -> Policy | None:
    """The policy in *piece*; ``None``, and why reported, if it is not a policy without slots."""
    bad = next((token for token in piece.tokens if token.kind == "bad"), None)
    if bad is not None:
        problems.error(bad.place, "policy.parse", f"`{bad.text}` means nothing here", hint_at(bad))
        return None
    if not policy_nesting(piece.tokens, problems):
        return None
    try:
        parsed = cedarpy.policies_to_pst(piece.text)
    except ValueError as error:
        complaint = str(error).removeprefix("cedarpy: ")
        problems.error(_place_of(complaint, piece), "policy.parse", complaint, _hint(complaint, piece))
        return None
    slot = next((token for token in piece.tokens if token.kind == "slot"), None)
    if slot is not None:
        message = f"`{slot.text}` makes this a template, which is never linked here"
        problems.error(slot.place, "policy.template", message, "name what the policy is about")
        return None
    (tree,) = parsed.static_policies.values()
    (form,) = forms_of(piece.text)
    if not form_nesting(form):
        problems.error(piece.keyword.place, "policy.depth", "an expression of more than some 60 steps", _SPLIT)
        return None
    return _annotated(piece, tree, form, problems)


_SPLIT: Final = "split the policy, or compare with a set"


def forms_of(text: str) -> tuple[dict[str, Any], ...]:
    """Cedar's JSON form of each policy in *text*, which must parse, in order."""
    policies: dict[str, Any] = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return tuple(policies[f"policy{number}"] for number in range(len(policies)))


def hint_at(bad: Token) -> str:
    """What to do about a token that is none."""
    if bad.text.startswith('"'):
        return "a string ends on the line it starts on: is a quote missing?"
    if bad.text == "\ufeff":
        return "save the file as UTF-8 without a byte order mark (U+FEFF)"
    return f"remove the character U+{ord(bad.text):04X}"


def _complaint(text: str) -> str:
    try:
        cedarpy.policies_to_pst(text)
    except ValueError as error:
        return str(error)
    return ""


def _annotated(piece: Piece, tree: pst.Template, form: dict[str, Any], problems: Problems) -> Policy:
    policy = Policy(
        piece=piece,
        tree=tree,
        json=form,
        id=tree.annotations.get("id", ""),
        title=tree.annotations.get("title", ""),
        reason=next((reason for reason in REASONS if reason == tree.annotations.get("reason")), None),
        mask=next((mask for mask in Mask if mask == tree.annotations.get("mask")), None),
    )
    if not policy.id:
        message = f"this {tree.effect} has no `@id`"
        problems.error(policy.place, "policy.id_missing", message, 'write `@id("a-name-of-its-own")` before it')
    elif not _ID.fullmatch(policy.id):
        hint = "letters, digits, `_`, `-`, `.`, `:` and `/`, at most 128"
        problems.error(policy.place_of("id"), "policy.id", f"`{policy.id}` cannot be a policy id", hint)
    _check_reason(policy, problems)
    _check_mask(policy, problems)
    for name in tree.annotations:
        if name not in _KNOWN:
            # An error: of a misspelt `@mask` or `@reason` only its absence would be left to see, in the answers.
            message = f"annotation `@{name}` means nothing here"
            problems.error(policy.place_of(name), "policy.annotation", message, did_you_mean(name, _KNOWN))
    return policy


def _check_reason(policy: Policy, problems: Problems) -> None:
    written = policy.tree.annotations.get("reason")
    if written is None:
        return
    place = policy.place_of("reason")
    if policy.tree.effect == "permit":
        problems.error(place, "policy.reason", "a permit cannot have a `@reason`", "only a forbid gives one: remove it")
    elif policy.reason is None:
        hint = "one of " + ", ".join(f"`{reason}`" for reason in REASONS)
        problems.error(place, "policy.reason", f"`{written}` is not a reason that a forbid can give", hint)


def _check_mask(policy: Policy, problems: Problems) -> None:
    written = policy.tree.annotations.get("mask")
    if written is None:
        return
    place = policy.place_of("mask")
    if policy.tree.effect == "forbid":
        problems.error(place, "policy.mask", "a forbid cannot have a `@mask`", "what is forbidden needs no mask")
    elif policy.mask is None:
        problems.unknown(place, "policy.mask", "mask", written, tuple(map(str, Mask)))


def _place_of(complaint: str, piece: Piece) -> Place:
    """Where what Cedar complains of stands, as near as can be told."""
    if complaint.startswith("unexpected token"):
        return offending(piece, _complaint, end=";").place  # after an error Cedar reads on to the end of the policy
    if complaint == "unexpected end of input":
        return piece.tokens[-1].place
    numbers = [token for token in piece.tokens if token.kind == "number"]
    if complaint.startswith("integer parse error") and numbers:
        return max(numbers, key=lambda token: len(token.text)).place
    named = re.findall(r"[`']([^`']+)[`']", complaint) or [complaint.rpartition(":")[2].strip(" @")]
    places = [token.place for token in piece.tokens if token.text.strip('"') in named]
    # The last one: of a duplicate, the second.
    return places[-1] if places else piece.keyword.place


def _hint(complaint: str, piece: Piece) -> str:
    if complaint == "unexpected end of input":
        return "a policy ends with `;`"
    if complaint.startswith("expression nesting"):
        return _SPLIT
    if sum(token.text in ("permit", "forbid") for token in piece.tokens) > 1:
        return "is the `;` missing that ends the policy before?"
    return "see https://docs.cedarpolicy.com/policies/syntax-grammar.html"
