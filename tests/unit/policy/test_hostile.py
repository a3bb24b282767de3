"""Policies and schemas that are made to do harm."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidecar.policy.cedar.nesting import BRACKETS, STEPS, policy_nesting
from sidecar.policy.cedar.tokens import tokenize
from sidecar.policy.problems import MOST, Place, Problems
from tests.unit.policy.bundles import FILES, found, problems
from tests.unit.policy.deep import EXPRESSIONS, SCHEMAS, policy

DEPTHS = (20, 30, 60, 90, 120, 700, 20_000)
FINE = ("texts", "patterns", "numbers", "paths", "a wide set", "a wide record", "closed parentheses")
"""What is not deep, however long it is."""


def _loaded(what: str, kinds: list[str]) -> list[str]:
    lines = [f"{what} {kind} {depth}" for kind in kinds for depth in DEPTHS]
    program = [sys.executable, "-m", "tests.unit.policy.hostile"]
    done = subprocess.run(program, input="\n".join(lines), capture_output=True, text=True, timeout=300, check=False)

    assert (0, "") == (done.returncode, done.stderr), f"ended by what came after {done.stdout[-200:]}"
    answers = done.stdout.splitlines()
    assert lines == [answer.partition(" -> ")[0] for answer in answers]
    return answers


def test_no_policy_ends_the_process() -> None:
    """Cedar's parser overflows the stack on deep text, which is a crash: such text never gets there."""
    answers = _loaded("policy", list(EXPRESSIONS))
    deep = [line for line in answers if int(line.split(" -> ")[0].split()[-1]) >= 700]

    assert [] == [line for line in deep if "policy.depth" not in line and not line[7:].startswith(FINE)]
    assert [] == [line for line in deep if "policy.depth" in line and " -> deep.cedar:3 policy.depth" not in line]


def test_no_schema_ends_the_process() -> None:
    """Nor does Cedar's schema parser, to which types by name are an exponential and parents a cubic effort."""
    answers = _loaded("schema", list(SCHEMAS))
    deep = [line for line in answers if int(line.split(" -> ")[0].split()[-1]) >= 700]

    fine = ("schema annotations 700 ", "schema parents 700 ")  # long, not deep
    assert [] == [x for x in deep if "schema.depth" not in x and ".size" not in x and not x.startswith(fine)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("(" * (BRACKETS - 1) + "true" + ")" * (BRACKETS - 1), [], id="as many brackets as may be"),
        pytest.param("(" * BRACKETS + "true" + ")" * BRACKETS, ["policy.depth"], id="a bracket too many"),
        pytest.param("true" + " && true" * (STEPS - 3), [], id="as many steps as may be"),
        pytest.param("true" + " && true" * (STEPS - 2), ["policy.depth"], id="a step too many"),
        pytest.param(" || ".join(["a.b == 1 && !(c.d == 2)"] * 99), [], id="wide is not deep"),
        pytest.param("[" + ", ".join(["a.b"] * 1_000) + "]", [], id="side by side is not deep"),
        pytest.param(" && ".join(["a.b == 1"] * 98), [], id="all that Cedar reads"),
        pytest.param("if true then false else " * 140 + "true", ["policy.depth"], id="else if"),
    ],
)
def test_how_deep_is_too_deep(text: str, told: list[str]) -> None:
    """Brackets in each other, and operators above one another by their precedence; what is side by side is wide."""
    seen = Problems()
    tokens = tokenize(f"permit (principal, action, resource) when {{ {text} }};", "x.cedar")

    assert (not told) == policy_nesting(tokens, seen)
    assert told == [problem.code for problem in seen.sorted()]


def test_what_cedar_writes_and_does_not_read_again_is_refused(tmp_path: Path) -> None:
    """A policy that is read from text but not from its JSON form would break the loading of the whole bundle."""
    fine = problems(tmp_path, {"deep.cedar": policy("and", 59)})
    (problem,) = problems(tmp_path, {"deep.cedar": policy("and", 60)})

    assert () == fine
    assert ("deep.cedar", 2, "policy.depth") == (problem.file, problem.line, problem.code)


def test_cedars_own_limit_has_a_place_and_a_hint(tmp_path: Path) -> None:
    """Between what crashes and what Cedar reads there is what it refuses."""
    (problem,) = problems(tmp_path, {"deep.cedar": policy("and", 110)})

    assert "deep.cedar" == problem.file
    assert "expression nesting exceeds the supported limit of 100 levels" == problem.message
    assert "split the policy, or compare with a set" == problem.hint


def test_a_schema_too_large_names_the_word_that_makes_it_so(tmp_path: Path) -> None:
    """So that it is found; a schema that is merely long is told likewise."""
    schema = FILES["schema.cedarschema"]
    line = schema.count("\n") + 1
    doubled = problems(tmp_path, {"schema.cedarschema": schema + SCHEMAS["doubled by name"](40)})
    endless = problems(tmp_path, {"schema.cedarschema": schema + "type T0 = {a: T1}; type T1 = {a: T0};"})

    assert (line, "schema.size") == next((p.line, p.code) for p in doubled if not p.warning)
    nested = problems(tmp_path, {"schema.cedarschema": schema + SCHEMAS["records"](100)})

    assert (line, "schema.depth") == next((p.line, p.code) for p in nested if not p.warning)
    assert "schema.parse" in {problem.code for problem in endless}
    assert "schema.cedarschema policy.unchecked" in found(
        tmp_path, {"schema.cedarschema": schema + "type T = Long; " * 3_000}
    )


def test_very_many_problems_are_bounded(tmp_path: Path) -> None:
    """The first thousand are told, and how many more there are."""
    told = problems(tmp_path, {"x.cedar": "; " * 3_000})
    (rest,) = (problem for problem in told if problem.code == "bundle.problems")

    assert MOST + 1 == len(told)
    assert (".", "2,000 more problems are not listed", False) == (rest.file, rest.message, rest.warning)


def test_an_error_counts_even_where_there_is_no_room_to_tell_it() -> None:
    """Warnings that fill the list must not make a bundle valid."""
    seen = Problems()
    for number in range(MOST + 5):
        seen.warning(Place("x", number), "x", "x" * 10_000)
    before = seen.invalid, seen.sorted()[-1].warning
    seen.error(Place("y"), "y", "y")
    seen.warning(Place("x", 1), "x", "x" * 10_000)

    assert (False, True) == before
    assert seen.invalid
    assert (False, "6 more problems are not listed") == (seen.sorted()[-1].warning, seen.sorted()[-1].message)
    assert max(len(problem.message) for problem in seen.sorted()) == 503


def test_hints_are_looked_for_a_hundred_times() -> None:
    """The nearest of thousands of names takes milliseconds to find."""
    seen = Problems()
    for number in range(102):
        seen.unknown(Place("x", number), "x", "field", "fuel", ["fuels"])

    assert "did you mean `fuels`?" == seen.sorted()[99].hint
    assert "see the fields that are declared" == seen.sorted()[100].hint


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("broken", 20.0, id="one broken word among thousands of policies"),
        pytest.param("semicolons", 20.0, id="no semicolon at all"),
        pytest.param("quote", 20.0, id="a quote that is missing"),
    ],
)
def test_finding_a_mistake_in_a_large_file_is_bounded(tmp_path: Path, text: str, seconds: float) -> None:
    """A megabyte takes seconds, whatever is wrong with it: nothing is looked through again for every policy."""
    one = '@id("p%d") permit (principal, action, resource in DataCategory::"user.contact") when { context.explicit };\n'
    whole = "".join(one % number for number in range(3_000))
    middle = whole.index("when", len(whole) // 2)
    texts = {
        "broken": whole[:middle] + "wen" + whole[middle + 4 :],
        "semicolons": whole.replace(";\n", "\n"),
        "quote": whole.replace('"p1500"', '"p1500', 1),
    }
    start = time.monotonic()
    told = problems(tmp_path, {"main.cedar": texts[text]})

    assert ["main.cedar"] == [problem.file for problem in told]
    assert time.monotonic() - start < seconds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("[" * 500_000, "yaml.depth", id="lists in lists"),
        pytest.param("{a: " * 200_000, "yaml.depth", id="mappings in mappings"),
        pytest.param("- " * 200_000, "yaml.depth", id="items in items"),
        pytest.param("? " * 200_000, "yaml.depth", id="keys in keys"),
        pytest.param("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "yaml.alias", id="aliases that multiply"),
        pytest.param("!a " * 200_000, "yaml.tag", id="tags"),
        pytest.param("--- a\n" * 100_000, "yaml.documents", id="documents"),
        pytest.param("k: 1\n" * 20_000, "yaml.duplicate_key", id="one key many times"),
        pytest.param("a: " + "9" * 1_000_000, "catalog.wrong_type", id="a number of a million digits"),
        pytest.param("a: " + "1:" * 500_000 + "1", "catalog.wrong_type", id="a number in base sixty"),
        pytest.param('a: "' + "\\x41" * 400_000 + '"', "catalog.wrong_type", id="a long text"),
        pytest.param("a: " + ":" * 500_000, "yaml.syntax", id="colons"),
        pytest.param("\n" * 2_000_000, "catalog.unknown_field", id="nothing, at length"),
    ],
)
def test_yaml_that_is_made_to_do_harm(tmp_path: Path, text: str, code: str) -> None:
    """Whatever fills a file to its limit is told within seconds, and its expansion is never made."""
    start = time.monotonic()
    told = problems(tmp_path, {"catalog/fields.yaml": text})

    assert code in {problem.code for problem in told}
    assert time.monotonic() - start < 20.0
