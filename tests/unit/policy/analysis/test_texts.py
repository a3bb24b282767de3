"""Witnesses of patterns and literals."""

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.policy.analysis import texts
from sidecar.policy.analysis.texts import Pattern, witnesses

LETTERS = "ab*"
SHORT = [*("".join(word) for size in range(6) for word in product("ab*z", repeat=size))]

words = st.text(LETTERS, max_size=4)
patterns = st.lists(st.sampled_from((*LETTERS, None, None)), max_size=5).map(tuple)


def _matches(text: str, literals: list[str], tried: list[Pattern]) -> tuple[bool, ...]:
    """What each of *literals* and *tried* says of *text*, by regular expressions."""
    expressions = ("".join(".*" if part is None else re.escape(part) for part in pattern) for pattern in tried)
    return (
        *(text == literal for literal in literals),
        *(re.fullmatch(expression, text, re.DOTALL) is not None for expression in expressions),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(words, max_size=3), st.lists(patterns, max_size=3))
def test_every_combination_has_one_witness(literals: list[str], tried: list[Pattern]) -> None:
    """No short text is told apart from all witnesses, and no two witnesses are alike."""
    found = witnesses(literals, tried)

    assert found is not None
    seen = [_matches(text, literals, tried) for text in found]
    assert len(seen) == len(set(seen))
    assert {_matches(text, literals, tried) for text in SHORT} <= set(seen)


def test_they_are_the_shortest() -> None:
    """What an author is shown is as short as can be, and the first in order."""
    assert ("", "-", "e", "eu", "eu-") == witnesses(["", "e"], [("e", "u", None), ("e", "u", "-", None)])


def test_nothing_to_tell_apart() -> None:
    """One text stands for all, the empty one."""
    assert ("",) == witnesses([], [])


def test_a_star_that_is_meant_is_a_character() -> None:
    """Only what stands for any text does."""
    assert ("", "*") == witnesses([], [("*",)])
    assert ("",) == witnesses([], [(None,)])


def test_the_character_that_stands_for_all_others_is_none_of_those_named() -> None:
    """Even if the whole alphabet is named."""
    alphabet = "".join(map(chr, range(ord("a"), ord("z") + 1)))
    assert ("", *alphabet) == witnesses([*alphabet], [])  # the empty text stands for all others
    assert ("", *alphabet, "\u0100") == witnesses(["", *alphabet], [])


def test_repeated_tests_count_once() -> None:
    """The same literal or pattern twice tells nothing more."""
    assert witnesses(["a"], [(None, "b")]) == witnesses(["a", "a"], [(None, "b"), (None, "b")])


def test_too_much_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past its budget the search ends without an answer, rather than with a wrong one."""
    hard = [(None, letter, *("a" * 12), None) for letter in "bcdefgh"]
    monkeypatch.setattr(texts, "BUDGET", 2_000)

    assert witnesses([], hard) is None
    assert witnesses(["x" * 20], hard[:1]) is not None
