"""The layout of policy files, over policies written in every way."""

import re
from typing import Final

import cedarpy
from hypothesis import assume, given
from hypothesis import strategies as st

from sidecar.policy.cedar.layout import laid_out
from sidecar.policy.cedar.tokens import tokenize
from sidecar.policy.problems import Problems
from tests.case_files import DEMO
from tests.random_bundles import random_bundle

TEXTS: Final = tuple(path.read_text("utf-8") for path in sorted(DEMO.glob("*.cedar")))
_COMMENT: Final = re.compile(r"//[^\n]*")  # no string of the demo has slashes

_names = st.sampled_from(("a", "when", "a_name_that_takes_its_time", "b"))
_strings = st.sampled_from(('"x"', '"a [text, with] {brackets}; // and slashes"', '"\\"\\u{1F600}"', '""'))
_atoms = st.one_of(
    _names.map("context.{}".format),
    _strings,
    st.integers(0, 10**18).map(str),
    st.sampled_from(("true", 'Purpose::"marketing"', "principal", 'DataCategory::"user.behavior.browsing_history"')),
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(("&&", "||", "==", "!=", "in", "<", "+")), inner).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        inner.map("[1].contains({})".format),
        inner.map("!({})".format),
        st.tuples(inner, inner, inner).map("(if {0[0]} then {0[1]} else {0[2]})".format),
        st.tuples(_names, inner).map("{{{0[0]}: {0[1]}}}".format),
        st.tuples(inner, _names).map("({0[0]} has {0[1]})".format),
        st.tuples(inner, _strings).map("({0[0]} like {0[1]})".format),
    )


_expressions = st.recursive(_atoms, _compound, max_leaves=12)
_scopes = st.sampled_from(
    (
        "(principal, action, resource)",
        '(principal == Service::"a", action in [Action::"use", Action::"collect"], resource is Field)',
    )
)
_clauses = st.tuples(st.sampled_from(("when", "unless")), _expressions).map("{0[0]} {{ {0[1]} }}".format)
_policies = st.tuples(
    st.lists(st.sampled_from(('@id("x")', '@title("a; b // c")')), unique=True).map(" ".join),
    st.sampled_from(("permit", "forbid")),
    _scopes,
    st.lists(_clauses, max_size=2).map(" ".join),
).map("{0[0]} {0[1]} {0[2]} {0[3]};".format)
_files = st.one_of(st.sampled_from(TEXTS), st.lists(_policies, max_size=3).map("\n".join))

_blanks = st.sampled_from((" ", "\n", "  \n\n ", "\t", "\r\n"))
_comments = st.sampled_from(("// why\n", " // two\n  // lines\n\n", "//\n"))


def _respaced(text: str, draw: st.DrawFn, gaps: st.SearchStrategy[str]) -> str:
    tokens = tokenize(text, "")
    return draw(gaps) + "".join(token.text + draw(gaps) for token in tokens)


@st.composite
def _spaced_twice(draw: st.DrawFn) -> tuple[str, str]:
    text = draw(_files)
    return _respaced(text, draw, _blanks), _respaced(text, draw, _blanks)


@st.composite
def _commented(draw: st.DrawFn) -> str:
    return _respaced(draw(_files), draw, st.one_of(_blanks, _blanks, _blanks, _comments))


def _comments_of(text: str) -> list[str]:
    """Comments, by another way than the product's: strings taken out first."""
    bare = re.sub(r'"(?:\\.|[^"\\])*"|(//[^\n]*)', lambda match: match[1] or "", text)
    return [comment.rstrip() for comment in _COMMENT.findall(bare)]


@given(_spaced_twice())
def test_how_it_was_written_does_not_matter(texts: tuple[str, str]) -> None:
    """Blanks and lines between tokens are the layout's business alone, and it means what it meant."""
    one, other = texts
    problems = Problems()

    result = laid_out(one, "x.cedar", problems)

    assert () == problems.sorted()
    assert result is not None
    assert result == laid_out(other, "x.cedar", Problems())
    assert result == laid_out(result, "x.cedar", Problems())
    assert cedarpy.policies_to_json_str(one) == cedarpy.policies_to_json_str(result)


@given(_commented())
def test_comments_stay_or_the_file_is_refused(text: str) -> None:
    """Wherever comments are, none is lost and none changes places with another, and a second run does nothing."""
    result = laid_out(text, "x.cedar", Problems())

    assume(result is not None)
    assert result is not None
    assert _comments_of(text) == _comments_of(result)
    assert result == laid_out(result, "x.cedar", Problems())
    assert cedarpy.policies_to_json_str(text) == cedarpy.policies_to_json_str(result)


def test_the_demo_bundle_is_laid_out() -> None:
    """It is what authors start from."""
    assert list(TEXTS) == [laid_out(text, "x.cedar", Problems()) for text in TEXTS]


def test_random_bundles_can_be_laid_out() -> None:
    """Every policy that random bundles are made of: once laid out it stays, and the bundle decides as it did."""
    for seed in range(60):
        bundle = random_bundle(seed)
        texts = {path: text for path, text in bundle.texts.items() if path.endswith(".cedar")}
        problems = Problems()
        for path, text in texts.items():
            result = laid_out(text, path, problems)

            assert result is not None
            assert result == laid_out(result, path, problems)
            assert cedarpy.policies_to_json_str(text) == cedarpy.policies_to_json_str(result)
        assert texts
        assert () == problems.sorted()
