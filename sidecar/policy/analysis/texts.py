"""Texts told apart by patterns and literals: one witness for each way in which they can match at once.

A pattern is a finite automaton, all literals together are one (their trie); run side by side from the empty text, a
breadth-first search finds every combination of matches that any text has, and the shortest text that has it. All
characters that nothing names behave alike, so one of them stands for the rest.
"""

from collections import deque
from collections.abc import Iterable
from itertools import chain, count
from typing import Final

Pattern = tuple[str | None, ...]
"""Characters; ``None`` stands for any text."""

BUDGET: Final = 200_000
"""Steps of the search; 1,000 literals of 30 characters, or a dozen long patterns with several wildcards, fit."""

_DEAD: Final = -1
_State = tuple[int, ...]


def witnesses(literals: Iterable[str], patterns: Iterable[Pattern]) -> tuple[str, ...] | None:
    """One text for each combination of *literals* and *patterns* that match at once; ``None`` beyond the budget."""
    machine = _Machine(tuple(dict.fromkeys(literals)), tuple(dict.fromkeys(patterns)))
    queue: deque[tuple[_State, str]] = deque([(machine.start, "")])
    seen = {machine.start}
    found: dict[_State, str] = {}
    steps = 0
    while queue:
        state, text = queue.popleft()
        found.setdefault(machine.matches(state), text)
        for character in machine.alphabet:
            steps += 1
            after = machine.step(state, character)
            if after not in seen:
                seen.add(after)
                queue.append((after, text + character))
        if steps > BUDGET:
            return None
    return tuple(found.values())


class _Machine:
    """All patterns and the trie of all literals, side by side: a state is a node of the trie, then sets of places."""

    def __init__(self, literals: tuple[str, ...], patterns: tuple[Pattern, ...]) -> None:
        self._patterns = patterns
        self._next: list[dict[str, int]] = [{}]
        self._ends: dict[int, int] = {}
        for number, literal in enumerate(literals):
            node = 0
            for character in literal:
                if character not in self._next[node]:
                    self._next[node][character] = len(self._next)
                    self._next.append({})
                node = self._next[node][character]
            self._ends[node] = number
        named = {character for literal in literals for character in literal}
        named |= {character for pattern in patterns for character in pattern if character is not None}
        codes = chain(range(ord("a"), ord("z") + 1), count(0x100))
        other = next(character for character in map(chr, codes) if character not in named)
        self.alphabet = (*sorted(named), other)
        self.start: _State = (0, *(self._closed(pattern, 1) for pattern in patterns))

    def step(self, state: _State, character: str) -> _State:
        node = _DEAD if state[0] == _DEAD else self._next[state[0]].get(character, _DEAD)
        return (node, *(self._moved(p, places, character) for p, places in zip(self._patterns, state[1:], strict=True)))

    def matches(self, state: _State) -> _State:
        """Which literal matches (-1: none), then for each pattern whether it does."""
        accepted = (places >> len(p) & 1 for p, places in zip(self._patterns, state[1:], strict=True))
        return (self._ends.get(state[0], _DEAD), *accepted)

    def _moved(self, pattern: Pattern, places: int, character: str) -> int:
        after = 0
        for place, part in enumerate(pattern):
            if places >> place & 1:
                if part is None:
                    after |= 1 << place
                elif part == character:
                    after |= 1 << (place + 1)
        return self._closed(pattern, after)

    def _closed(self, pattern: Pattern, places: int) -> int:
        """*places*, and behind each wildcard also the place after it: it may match nothing."""
        for place, part in enumerate(pattern):
            if part is None and places >> place & 1:
                places |= 1 << (place + 1)
        return places
