import json

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar

DIET = ("--service", "fridge", "--field", "customer.diet", "--purpose", "essential.service")
NEWS = ("--service", "newsletter", "--field", "customer.email", "--purpose", "marketing.communications.email")


def _run(*words: str) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "explain", "policies", *words], prog_name="sidecar")


def test_a_deny_is_explained_clause_by_clause() -> None:
    """The answer, the facts, the policies that decide with all their clauses, and what would change it."""
    result = _run(*DIET, "--consent", "given")

    assert 0 == result.exit_code
    for said in (
        "DENY  CONSENT_NOT_EXPLICIT: the person agreed, but not explicitly\n",
        "facts  consent given, age unknown, basis contract\n",
        "forbid sensitive-needs-explicit-consent applies, and decides: special categories need explicit consent\n",
        (
            '  yes  unless context.consent == Consent::"given" && context.explicit  [policies/sensitive.cedar:20:10]\n'
            '         true   context.consent == Consent::"given"\n'
            "         false  context.explicit\n"
        ),
        "permit contract applies, but does not decide: it is needed for what the person ordered\n",
        (
            "forbid restriction does not apply: processing is restricted\n"
            "  no   when context.restricted  [policies/rights.cedar:39:8]\n"
        ),
        "\nit would be allowed, all else the same, with\n  explicit\n",
    ):
        assert said in result.stdout


def test_a_person_of_a_suite_can_be_asked_about() -> None:
    """By the suite's file or name, at the suite's clock or another."""
    then = _run(*NEWS, "--timeline", "minors:max-is-seventeen")
    later = _run(*NEWS, "--timeline", "tests/minors.yaml:max-is-seventeen", "--at", "2026-12-24")

    assert (0, 0) == (then.exit_code, later.exit_code)
    assert "facts  consent given, age teen, basis consent\n" in then.stdout
    assert then.stdout.endswith("with\n  age adult or unknown\n")
    assert "it would be denied, all else the same, with\n  consent withdrawn, refused, " in later.stdout


def test_json_has_every_clause() -> None:
    """Programs get each clause with its place and what its parts are."""
    result = _run(*DIET, "--consent", "given", "--output", "json")

    told = json.loads(result.stdout)
    heard = next(one for one in told["policies"] if one["id"] == "sensitive-needs-explicit-consent")
    assert ("deny", "CONSENT_NOT_EXPLICIT", "given") == (told["effect"], told["reason"], told["facts"]["consent"])
    assert [{"effect": "allow", "facts": {"explicit": [True]}}] == told["changes"]
    assert ("sensitive.cedar", 20, 10, "true") == tuple(
        heard["clauses"][-1][key] for key in ("file", "line", "column", "holds")
    )
    assert "false" == heard["clauses"][-1]["parts"][1]["is"]


def test_what_no_person_changes_is_said() -> None:
    """A clause about the caller's attributes; what it leans on is not looked at."""
    words = ("--service", "fraud", "--field", "home.location", "--purpose", "essential.fraud_detection")
    result = _run(*words)

    assert "         -      context.attributes.amount_cents >= 10000\n" in result.stdout
    assert result.stdout.endswith("\nnothing about the person would change that\n")
    assert 0 == _run(*words, "--attribute", "amount_cents=20000").exit_code


def test_where_no_policy_is_asked_the_remedy_is_told() -> None:
    """An undeclared use is a matter of the catalog."""
    result = _run(*DIET[:-1], "train_ai_system")

    assert 0 == result.exit_code
    assert "would change it: list it under may_use in catalog/services/fridge.yaml" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("--timeline", "miners:x"), "`miners:x` names no suite\n  did you mean `minors`?", id="suite"),
        pytest.param(("--timeline", "x"), "`x` is not SUITE:SUBJECT", id="no-suite"),
        pytest.param(("--timeline", "minors:max"), "nobody is called `max` in suite `minors`", id="subject"),
        pytest.param(("--timeline", "minors:x", "--explicit"), "--timeline and --explicit both say who", id="both"),
        pytest.param(("--at", "2026-01-01"), "--at is for --timeline", id="at"),
        pytest.param(("--recipient", "grocer-partner"), "--recipient is for --action share", id="recipient"),
        pytest.param(("--action", "share"), "--action share names a --recipient", id="share"),
        pytest.param(("--attribute", "x"), "`x` is not NAME=VALUE", id="attribute"),
    ],
)
def test_a_mistake_says_what_to_do(words: tuple[str, ...], message: str) -> None:
    """Nothing is guessed."""
    result = _run(*DIET, *words)

    assert (1, "") == (result.exit_code, result.stdout)
    assert message in result.stderr
