"""The layout of policy files."""

import cedarpy
import pytest

from sidecar.policy.cedar import layout
from sidecar.policy.cedar.layout import laid_out
from sidecar.policy.problems import Problems

P = "permit (principal, action, resource)"
LONG = [f'DataCategory::"user.{letter * 30}"' for letter in "abc"]
LISTED = f"{P}\nwhen {{\n  resource in [\n    {f',{chr(10)}    '.join(LONG)}\n  ]\n}};\n"
SCOPED = """\
permit (
  principal,
  action in
    [
      Action::"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      Action::"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    ],
  resource
);
"""
NESTED = f"""\
{P}
when {{
  [
    ["{"a" * 50}", "{"b" * 30}"],
    ["{"c" * 50}", context.b]
  ].contains
    (
      context.a
    )
}};
"""

SETTLED = {
    "an empty file": "",
    "one policy": f"{P};\n",
    "two policies": f"{P};\n\n{P};\n",
    "comments only": "// a\n\n// b\n",
    "a paragraph above the comment of a policy": f"// the file\n\n// the policy\n{P};\n",
    "a comment apart from its policy": f"// the file\n\n{P};\n",
    "a comment beside a policy": f"{P}; // beside\n\n// below\n{P}; // last\n",
    "comments inside": f"{P} // scope\n// before\nwhen {{\n  // first\n  context.a && // why\n  context.b\n}};\n",
    "a comment in a list": f"{P}\nwhen {{\n  resource in [{LONG[0]}, // why\n   {LONG[1]}]\n}};\n",
    "annotations": f'@id("x")\n@title("y")\n{P};\n',
    "a long list": LISTED,
    "a long list in the scope": SCOPED,
    "lists in a list": NESTED,
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name.replace(" ", "-")) for name, text in SETTLED.items()])
def test_what_is_laid_out_stays(text: str) -> None:
    """Nothing is to be done about a file that looks like this."""
    problems = Problems()

    assert (text, ()) == (laid_out(text, "x.cedar", problems), problems.sorted())


CHANGED = {
    "blanks": (f"  {P}  ;  \n", f"{P};\n"),
    "no newline at the end": (f"{P};", f"{P};\n"),
    "only empty lines": ("\n \n", ""),
    "empty lines": (f"\n\n// a\n\n\n\n// b\n{P};\n\n\n", f"// a\n\n// b\n{P};\n"),
    "policies on one line": (f"{P}; {P};{P};", f"{P};\n\n{P};\n\n{P};\n"),
    "carriage returns": (f"// a\r\n\r\n{P}\r\nwhen {{ true }};\r\n", f"// a\n\n{P}\nwhen {{ true }};\n"),
    "tabs": (f"\t// a\n\t{P};\t// b\t\n", f"// a\n{P}; // b\n"),
    "annotations on one line": (f'@id("x") @mask("hash") {P};', f'@id("x")\n@mask("hash")\n{P};\n'),
    "braces by themselves": (f"{P}\nwhen\n{{ true }};", f"{P}\nwhen {{ true }};\n"),
    "a list on one line": (f"{P} when {{ resource in [{','.join(LONG)}] }};", LISTED),
    "nothing between policy and comment": (f"{P};\n// b\n{P};", f"{P};\n\n// b\n{P};\n"),
}


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*pair, id=name.replace(" ", "-")) for name, pair in CHANGED.items()]
)
def test_what_is_not_laid_out_is(text: str, expected: str) -> None:
    """It comes out as everybody has it."""
    assert expected == laid_out(text, "x.cedar", Problems())


def test_what_does_not_parse_has_no_layout() -> None:
    """It is left alone, and every broken policy is reported at its place."""
    problems = Problems()

    assert laid_out(f"{P}\n{P};\n\nwhat;\n", "x.cedar", problems) is None
    assert ["x.cedar:2:8", "x.cedar:4:5"] == [f"{p.file}:{p.line}:{p.column}" for p in problems.sorted()]


def test_what_is_wrong_otherwise_does_not_matter() -> None:
    """A policy without an id is no valid one, but it has a layout."""
    problems = Problems()

    assert f'@masc("x")\n{P};\n' == laid_out(f'@masc("x") {P};', "x.cedar", problems)
    assert () == problems.sorted()


@pytest.mark.parametrize(
    "mangled",
    [
        pytest.param(lambda text: text.replace("permit", "forbid"), id="another effect"),
        pytest.param(lambda text: text.replace("// why", ""), id="a comment lost"),
        pytest.param(lambda text: text.replace("&&", "&&\n// more\n"), id="a comment more"),
    ],
)
def test_a_formatter_that_mangles_is_not_believed(monkeypatch: pytest.MonkeyPatch, mangled: object) -> None:
    """Whatever changes policies or comments is refused, so that no file is ever written like that."""
    formatter = cedarpy.format_policies
    monkeypatch.setattr(layout.cedarpy, "format_policies", lambda text, **how: mangled(formatter(text, **how)))  # type: ignore[operator,attr-defined]
    problems = Problems()

    assert laid_out(f"{P} when {{ context.a && context.b // why\n }};", "x.cedar", problems) is None
    assert ["policy.layout"] == [problem.code for problem in problems.sorted()]


def test_a_formatter_that_never_settles_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run must find nothing to do, or `--check` would fail right after `fmt`."""
    monkeypatch.setattr(layout.cedarpy, "format_policies", lambda text, **_: text.replace("(", "( "))  # type: ignore[attr-defined]
    problems = Problems()

    assert laid_out(f"{P};", "x.cedar", problems) is None
    assert ["policy.layout"] == [problem.code for problem in problems.sorted()]
