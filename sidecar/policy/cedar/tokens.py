"""Cedar text as tokens with places, and policies cut apart.

cedarpy names no line or column, and one broken policy hides all others of its file. So a file is cut at each ``;``,
which in Cedar ends a policy and stands nowhere else but in strings and comments; then each policy is parsed by itself.
Nothing is lost by the cutting: every token belongs to exactly one piece, and every piece must parse.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sidecar.policy.problems import Place

Kind = Literal["name", "string", "number", "slot", "sign", "bad"]

# A string may not span lines here, though it may in Cedar: a forgotten quote is then found where it is missing.
_TOKEN: Final = re.compile(
    r"""(?P<skip>[^\S\x1c-\x1f]+|//[^\n]*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<string>"(?:\\.|[^"\\\n])*")
    |(?P<number>[0-9]+)
    |(?P<slot>\?[a-z]+)
    |(?P<sign>::|==|!=|<=|>=|&&|\|\||[@(){}\[\],;.<>+\-*!?:=/%])
    |(?P<bad>"[^\n]*|.)""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A token of a file; *start* is its offset in characters."""

    kind: Kind
    text: str
    start: int
    place: Place

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)


def tokenize(text: str, file: str) -> tuple[Token, ...]:
    """Every token of *text*; what is none comes as a ``bad`` one."""
    tokens: list[Token] = []
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "skip":
            newlines = match[0].count("\n")
            if newlines:
                line += newlines
                line_start = match.start() + match[0].rindex("\n") + 1
            continue
        place = Place(file, line, match.start() - line_start + 1)
        tokens.append(Token(kind, match[0], match.start(), place))  # type: ignore[arg-type]  # a group of _TOKEN
    return tuple(tokens)


def comments(text: str) -> tuple[str, ...]:
    """Every comment of *text*, from its slashes on, without the blanks at its end."""
    skipped = (match["skip"] for match in _TOKEN.finditer(text) if match["skip"])
    return tuple(comment.rstrip() for comment in skipped if comment.startswith("//"))


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one policy, cut out of its file; *tokens* keep their places in the file, and are never empty."""

    text: str
    tokens: tuple[Token, ...]

    @property
    def place(self) -> Place:
        """Where it starts."""
        return self.tokens[0].place

    @property
    def keyword(self) -> Token:
        """Its ``permit`` or ``forbid``, if it has one; else its first token."""
        return next((token for token in self.tokens if token.text in ("permit", "forbid")), self.tokens[0])

    def until(self, count: int) -> str:
        """Its text up to and with token number *count*, from 1."""
        return self.text[: self.tokens[count - 1].end - self.tokens[0].start]


def split(text: str, file: str) -> tuple[Piece, ...]:
    """The policies of a file."""
    pieces: list[Piece] = []
    pending: list[Token] = []
    for token in tokenize(text, file):
        pending.append(token)
        if token.text == ";":
            pieces.append(_piece(text, pending))
            pending = []
    if pending:
        pieces.append(_piece(text, pending))
    return tuple(pieces)


def _piece(text: str, tokens: list[Token]) -> Piece:
    return Piece(text[tokens[0].start : tokens[-1].end], tuple(tokens))


def offending(piece: Piece, complaint: Callable[[str], str], end: str = "") -> Token:
    """The token at which the parser gave up, the last one if it only missed something.

    *complaint* parses a text and gives back its error, which names a token, but not which one of those with its text.
    So look for the shortest beginning of *piece* that is refused for one of its own tokens; bisection finds it. *end*
    is what the parser must see before it reports anything, and is not itself looked for.
    """
    low, high = 1, len(piece.tokens)
    while low < high:
        middle = (low + high) // 2
        named = _UNEXPECTED.search(complaint(piece.until(middle) + end))
        if named and named[1] != end:
            high = middle
        else:
            low = middle + 1
    return piece.tokens[low - 1]


_UNEXPECTED: Final = re.compile(r"unexpected token `(.*)`")


class EntityLiteral(NamedTuple):
    """``Type::"id"`` as written; *id* is not unescaped, since no key of a catalog needs an escape."""

    type: str
    id: str
    place: Place


def entity_literals(tokens: tuple[Token, ...]) -> tuple[EntityLiteral, ...]:
    """Every entity that *tokens* name."""
    found: list[EntityLiteral] = []
    for index in range(2, len(tokens)):
        if tokens[index].kind != "string" or tokens[index - 1].text != "::":
            continue
        first = index - 2
        while first >= 2 and tokens[first - 1].text == "::":
            first -= 2
        type_name = "".join(token.text for token in tokens[first : index - 1])
        found.append(EntityLiteral(type_name, tokens[index].text[1:-1], tokens[first].place))
    return tuple(found)
