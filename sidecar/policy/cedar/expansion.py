"""How large a schema is once Cedar has put every type in place of its name, told from its tokens.

Cedar does so without a bound: thirty types, each of which names the next one twice, are minutes and gigabytes.
"""

from typing import Final

from sidecar.policy.cedar.tokens import Token
from sidecar.policy.problems import Problems

TOKENS: Final = 10_000
"""Of a schema as it is written; Cedar's time grows with their square."""
EXPANDED: Final = 100_000
"""Of a schema with every name of a type replaced by the type."""
CHAIN: Final = 32
"""Types that each name the next one."""


def schema_fits(tokens: tuple[Token, ...], problems: Problems) -> bool:
    """Whether Cedar may be given the schema of *tokens*; reports where it becomes too large for that."""
    if len(tokens) > TOKENS:
        message = f"the schema has {len(tokens):,} words and signs; {TOKENS:,} is the limit"
        hint = "what is an author's own in it is the caller's attributes, and those are few"
        problems.error(tokens[TOKENS].place, "schema.size", message, hint)
        return False
    sizes = _Sizes(tokens)
    size = 0
    for token in tokens:
        size += sizes.of(token, 0)
        if size > EXPANDED:
            message = f"`{token.text}` makes the schema too large: types in it repeat others, in it or in each other"
            problems.error(token.place, "schema.size", message, "name fewer types in types")
            return False
    return True


class _Sizes:
    """Sizes of types by name, in tokens. A name that is also that of an attribute counts as the type."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._bodies: dict[str, list[Token]] = {}
        self._known: dict[str, int] = {}
        body: list[Token] = []
        for index, token in enumerate(tokens):
            if token.text == "type" and index + 2 < len(tokens) and tokens[index + 2].text == "=":
                body = self._bodies.setdefault(tokens[index + 1].text, [])
            elif token.text == ";":
                body = []
            else:
                body.append(token)

    def of(self, token: Token, above: int) -> int:
        """How large what *token* stands for is; more than fits where *above* types name one another already."""
        name = token.text
        if name not in self._bodies:
            return 1
        if above > CHAIN:
            return EXPANDED + 1
        if name not in self._known:
            self._known[name] = 1  # a type in itself is refused by Cedar
            self._known[name] = self._total(self._bodies[name], above)
        return self._known[name]

    def _total(self, body: list[Token], above: int) -> int:
        total = 0
        for token in body:
            total += self.of(token, above + 1)
            if total > EXPANDED:
                break
        return total
