"""How deep Cedar text is nested, told from its tokens: Cedar's parser overflows the stack, which ends the process.

Found with cedarpy 4.12.2 on a stack of 8 MiB: 560 parentheses in each other are a segmentation fault, as are 4,300 `if`
in each other, or 5,000 `&&` in a row once the tree is asked for. The limits are such that 1 MiB is enough, which is
what a thread has on some systems.
"""

from dataclasses import dataclass
from typing import Final

from sidecar.policy.cedar.tokens import Token
from sidecar.policy.problems import Problems

BRACKETS: Final = 32
"""Brackets in each other, of whatever kind, the braces of a condition included."""
STEPS: Final = 130
"""Operators and brackets above one another in a policy's tree. Cedar itself shows no tree of more than 100 levels."""

FORM: Final = 124
"""Values in each other in the JSON form of a policy, about two for each step: from more Cedar makes no policy again."""

_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_TOGETHER: Final = ("&&", "when", "unless")
_OPERATORS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "!", ".", "in", "has", "like", "is"})


def policy_nesting(tokens: tuple[Token, ...], problems: Problems) -> bool:
    """Whether Cedar may be given the policy of *tokens*; reports where it becomes too deep for that."""
    levels = [_Level(0)]
    for token in tokens:
        if token.text in _PAIRS:
            levels.append(_Level(levels[-1].steps() + 1))
        elif token.text in _PAIRS.values() and len(levels) > 1:
            inner = levels.pop()
            levels[-1].enclose(inner)
        else:
            levels[-1].take(token.text)
        if len(levels) - 1 > BRACKETS:
            return _too_deep(token, "policy.depth", problems)
        if levels[-1].steps() > STEPS:
            message = f"an expression of more than {STEPS} steps"
            problems.error(token.place, "policy.depth", message, "split the policy, or compare with a set")
            return False
    return True


def form_nesting(form: object) -> bool:
    """Whether Cedar reads *form*, the JSON form of a policy."""
    level = [form]
    for _ in range(FORM + 1):
        inner = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = [value for values in inner for value in values]
    return not level


def schema_nesting(tokens: tuple[Token, ...], problems: Problems) -> bool:
    """Whether Cedar may be given the schema of *tokens*; reports where it becomes too deep for that."""
    depth = 0
    for token in tokens:
        depth += (token.text in _PAIRS or token.text == "<") - (token.text in _PAIRS.values() or token.text == ">")
        if depth > BRACKETS:
            return _too_deep(token, "schema.depth", problems)
    return True


def _too_deep(token: Token, code: str, problems: Problems) -> bool:
    message = f"more than {BRACKETS} brackets in each other"
    problems.error(token.place, code, message, "leave out those that say nothing")
    return False


class _Level:
    """What stands between two brackets, *above* of which there are steps already."""

    def __init__(self, above: int) -> None:
        self.above = above
        self._done = 0  # the deepest of what stands before a comma
        self._segment = _Segment()

    def steps(self) -> int:
        """How deep the tree is, from the top of the policy."""
        return self.above + max(self._done, self._segment.steps())

    def take(self, text: str) -> None:
        """Count one token that is no bracket."""
        if text == ",":
            self._done = max(self._done, self._segment.steps())
            self._segment = _Segment()
        else:
            self._segment.take(text)

    def enclose(self, inner: "_Level") -> None:
        """Count brackets: what is in them, and they themselves, since `a["b"]["c"]` is one tree."""
        self._segment.operators += 1
        self._segment.inner = max(self._segment.inner, inner.steps() - inner.above)


@dataclass(slots=True)
class _Segment:
    """What stands between two commas: an upper bound of how deep its tree is, by the precedence of operators.

    `a == b && c || d` has two alternatives; the first has two parts; of those only the deepest counts.
    """

    ifs: int = 0
    alternatives: int = 0  # `||`
    together: int = 0  # `&&` since the last `||`
    most_together: int = 0
    operators: int = 0  # since the last `&&`
    inner: int = 0  # in brackets since then
    most_single: int = 0

    def steps(self) -> int:
        """How deep its tree is."""
        together = max(self.most_together, self.together)
        return self.ifs + self.alternatives + together + max(self.most_single, self.operators + self.inner)

    def take(self, text: str) -> None:
        """Count one token that is neither a bracket nor a comma."""
        if text == "||":
            self._end_single()
            self.alternatives += 1
            self.most_together = max(self.most_together, self.together)
            self.together = 0
        elif text in _TOGETHER:
            self._end_single()
            self.together += 1
        elif text == "if":
            self.ifs += 1
        elif text in _OPERATORS:
            self.operators += 1

    def _end_single(self) -> None:
        self.most_single = max(self.most_single, self.operators + self.inner)
        self.operators = 0
        self.inner = 0
