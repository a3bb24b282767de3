"""The one layout of policy files: that of Cedar's formatter, but for empty lines, braces and long lists (ADR-0012).

Cedar's formatter lays out each policy by itself. What stands between policies is comments, and those are the author's:
they stay as they are, paragraphs included.
"""

from itertools import pairwise
from typing import Final

import cedarpy

from sidecar.policy.cedar.policy import forms_of, parse_policy
from sidecar.policy.cedar.tokens import Piece, Token, comments, split, tokenize
from sidecar.policy.problems import Place, Problems

WIDTH: Final = 100
"""Columns a policy may fill; comments are not wrapped."""

_INDENT: Final = 2


def laid_out(text: str, file: str, problems: Problems) -> str | None:
    """*text* as it should look, or ``None``, and why reported, if that cannot be told.

    It means the same and has the same comments: that is checked here, not hoped for.
    """
    pieces = split(text, file)
    unparsable = [piece for piece in pieces if _unparsable(piece, problems)]
    if unparsable:
        return None
    result = _laid_out(text, pieces)
    kept = forms_of(result) == forms_of(text) and comments(result) == comments(text)
    if not kept or _laid_out(result, split(result, file)) != result:
        hint = "move comments out of expressions, and remove control characters"
        problems.error(Place(file), "policy.layout", "the layout of this file cannot be changed safely", hint)
        return None
    return result


def _unparsable(piece: Piece, problems: Problems) -> bool:
    """Whether *piece* is no policy; only then reported: what else is wrong with it is not the layout's business."""
    return parse_policy(piece, Problems()) is None and parse_policy(piece, problems) is None


def _laid_out(text: str, pieces: tuple[Piece, ...]) -> str:
    """Comments and policies, line by line; a policy has an empty line below, and two empty lines become one."""
    starts = [piece.tokens[0].start for piece in pieces]
    ends = [piece.tokens[-1].end for piece in pieces]
    # In front of a policy and behind the last one; what stands beside the `;` of one is the first line of the next gap.
    gaps = [text[end:start].split("\n") for end, start in zip([0, *ends], [*starts, None], strict=True)]
    lines = [line.strip() for line in gaps[0]]
    for piece, (beside, *below) in zip(pieces, gaps[1:], strict=True):
        lines[-1:] = _policy(piece.text).split("\n")  # in place of what indented it
        lines[-1] = f"{lines[-1]} {beside.strip()}".rstrip()
        lines += ["", *(line.strip() for line in below or [""])]
    kept = [line for before, line in pairwise(["", *lines]) if before or line]
    return "\n".join(kept).rstrip("\n") + "\n" if any(kept) else ""


def _policy(text: str) -> str:
    """One policy as Cedar's formatter has it, with braces and broken lists as everybody writes them."""
    formatted = cedarpy.format_policies(text, line_width=WIDTH, indent_width=_INDENT).strip()
    lines = formatted.split("\n")
    joined = [lines[0]]
    for before, line in pairwise(lines):
        if before in ("when", "unless") and line.startswith("{"):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return _lists("\n".join(joined))


def _lists(text: str) -> str:
    """*text* with each list that goes over several lines broken behind its bracket, one item a line."""
    tokens = tokenize(text, "")
    opened: list[int] = []
    result, done = "", 0
    for index, token in enumerate(tokens):
        if token.text == "[":
            opened.append(index)
        elif token.text == "]":
            first = opened.pop()
            items = None if opened else _items(text, tokens[first : index + 1])
            if items is not None:
                before = text[done : tokens[first].end]
                line = text[text.rfind("\n", 0, tokens[first].start) + 1 :]
                margin = " " * (len(line) - len(line.lstrip(" ")))
                inner = f"\n{margin}{' ' * _INDENT}"
                result += before + inner + f",{inner}".join(items) + f"\n{margin}"
                done = token.start
    return result + text[done:]


def _items(text: str, tokens: tuple[Token, ...]) -> list[str] | None:
    """The items of a list from bracket to bracket; ``None`` if it is to stay as it is."""
    opening, closing = tokens[0], tokens[-1]
    inside = text[opening.end : closing.start]
    if "\n" not in inside or comments(inside):
        return None
    depth, start = 0, opening.end
    items: list[str] = []
    for token in tokens[1:]:
        if not depth and (token.text == "," or token is closing):
            items.append(text[start : token.start].strip())
            start = token.end
        depth += (token.text in "([{") - (token.text in ")]}")
    return None if any("\n" in item for item in items) else items
