"""YAML with places."""

import pytest

from sidecar.policy.document import Mapping, Scalar, Sequence, parse_document
from sidecar.policy.problems import Place, Problems


def parse(text: str) -> tuple[object, list[str]]:
    """What *text* is, and what is wrong with it."""
    problems = Problems()
    node = parse_document(text, "x.yaml", problems)
    return node, [f"{p.line}:{p.column} {p.code}" for p in problems.sorted()]


def test_a_document_with_places() -> None:
    """Every node knows its line and column, counted in characters from 1; keys and texts are as written."""
    node, wrong = parse("é: [NO, 'ü']\nb: {c: 01}\n")

    assert wrong == []
    assert node == Mapping(
        Place("x.yaml", 1, 1),
        (
            (
                Scalar(Place("x.yaml", 1, 1), "é", "str"),
                Sequence(
                    Place("x.yaml", 1, 4),
                    (Scalar(Place("x.yaml", 1, 5), "NO", "bool"), Scalar(Place("x.yaml", 1, 9), "ü", "str")),
                ),
            ),
            (
                Scalar(Place("x.yaml", 2, 1), "b", "str"),
                Mapping(
                    Place("x.yaml", 2, 4),
                    ((Scalar(Place("x.yaml", 2, 5), "c", "str"), Scalar(Place("x.yaml", 2, 8), "01", "int")),),
                ),
            ),
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~\n"])
def test_an_empty_document_is_an_empty_mapping(text: str) -> None:
    """A file with nothing in it declares nothing, and is no mistake."""
    assert parse(text) == (Mapping(Place("x.yaml", 1, 1), ()), [])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param("a: 1\n b: 2\n", ["2:3 yaml.syntax"], id="bad-indentation"),
        pytest.param("a: b\nc: é\x01d", ["2:5 yaml.syntax"], id="a-control-character"),
        pytest.param("a: 'b", ["1:6 yaml.syntax"], id="an-open-quote"),
        pytest.param("%YAML 9.9\n---\na: 1", ["1:1 yaml.syntax"], id="another-yaml"),
        pytest.param("a: &x [*x]", ["1:8 yaml.alias"], id="a-cycle-of-aliases"),
        pytest.param("a: &x 1\nb: *x", ["2:4 yaml.alias"], id="an-alias"),
        pytest.param("a: *x", ["1:4 yaml.alias"], id="an-alias-of-nothing"),
        pytest.param("*x : 1", ["1:1 yaml.alias"], id="an-alias-as-key"),
        pytest.param("a: !!python/name:os.system x", ["1:4 yaml.tag"], id="a-tag"),
        pytest.param("a: !x [1]", ["1:4 yaml.tag"], id="a-tag-on-a-list"),
        pytest.param("a: 1\n---\nb: 2", ["2:1 yaml.documents"], id="two-documents"),
        pytest.param("[" * 5000 + "]" * 5000, ["1:18 yaml.depth"], id="absurd-nesting"),
    ],
)
def test_broken_documents(text: str, wrong: list[str]) -> None:
    """What cannot be read, or would be dangerous to, is one error at its place, and the document is nothing."""
    assert parse(text) == (None, wrong)


def test_a_tag_that_says_nothing() -> None:
    """The tag `!` only says that a text is a text."""
    assert parse("! a") == (Scalar(Place("x.yaml", 1, 1), "a", "str"), [])


def test_keys_twice_and_keys_that_are_none() -> None:
    """Duplicate and compound keys are all reported, at the later place; the first value stands."""
    node, wrong = parse("a: 1\nb: 2\na: 3\n[c]: 4\na: 5\n")

    assert wrong == ["3:1 yaml.duplicate_key", "4:1 yaml.key", "5:1 yaml.duplicate_key"]
    assert isinstance(node, Mapping)
    assert [(key.text, value.text) for key, value in node.entries if isinstance(value, Scalar)] == [
        ("a", "1"),
        ("b", "2"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("a:\n\tb: 1\n", "2:1", id="instead-of-blanks"),
        pytest.param("a:\n  b: é\n  \tc: 2\n", "3:3", id="behind-blanks"),
        pytest.param("a:\r\n\tb: 1\r\n", "2:1", id="in-lines-of-windows"),
        pytest.param("\ufeffa: 1\n\tb: 2\n", "2:1", id="behind-a-byte-order-mark"),
        pytest.param("-\ta: 1\n", "1:2", id="behind-a-dash"),
        pytest.param("a: |\n  x\n\ty\n", "3:1", id="in-a-text"),
    ],
)
def test_tabs(text: str, place: str) -> None:
    """A tab cannot be seen, so it is named, with what to write instead."""
    problems = Problems()
    parse_document(text, "x.yaml", problems)
    (problem,) = problems.sorted()

    assert str(problem) == f"x.yaml:{place}: error: there is a tab character [yaml.syntax]\n    indent with blanks"


@pytest.mark.parametrize("text", ["a:\tb\n", "a: 1\t# c\n", "a: {\n\tb: 1}\n", "a: 'x\n\ty'\n"])
def test_tabs_that_do_no_harm(text: str) -> None:
    """Where YAML lets a tab stand, it may."""
    assert parse(text)[1] == []
