"""``policy stats``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sidecar.cli.program import sidecar
from tests.unit.policy.bundles import write

TEXT = """@id("premium") forbid (principal, action, resource)
when { context.attributes has premium && context.attributes.premium };
@id("counting") forbid (principal, action, resource)
when { context.attributes has region && context.attributes has count && context.attributes.count > 1 };
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The small bundle, with two policies about attributes."""
    return write(tmp_path, {"x.cedar": TEXT})


def _run(*words: object) -> Result:
    return CliRunner().invoke(sidecar, ["policy", "stats", *map(str, words)], prog_name="sidecar")


def test_it_names_what_is_observed(bundle: Path) -> None:
    """Of each policy and of all together; of an attribute whether only its presence is; and what nobody looks at."""
    result = _run(bundle)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]

    assert 0 == result.exit_code
    assert "consented permit consent, basis" in lines
    assert "special-needs-explicit forbid field, explicit" in lines
    assert "counting forbid attributes.count, has attributes.region" in lines
    assert "all verdicts action, field, purpose, consent, explicit, by_guardian, objected, basis" in lines[8]
    # Three questions for marketing, each of 30 states; two on legitimate interests, where a no is an objection: of 22.
    amount = "at most 134, times each value of `count`, times 3 for `premium`, times 2 for `region`"
    assert f"different questions {amount}" in lines
    assert "no policy looks at the attribute `tags`" == lines[-1]


def test_the_same_for_programs(bundle: Path) -> None:
    """As JSON; nothing of a server without an address."""
    plain = json.loads(_run(bundle, "--output", "json").stdout)

    assert {"dimensions": ["action", "field", "purpose"], "attributes": [], "presence": []} == (
        plain["policies"]["operations"]
    )
    assert {"count": None, "premium": 3, "region": 2} == plain["verdicts"]["attributes"]
    assert ["tags"] == plain["unread_attributes"]
    assert 5 == plain["sizes"]["declared_questions"]
    assert "table" not in plain


def test_a_bundle_that_is_invalid_has_none(bundle: Path) -> None:
    """Its problems are shown."""
    (bundle / "x.cedar").write_text("permit (principal, action, resource) when { context.nothing };")
    result = _run(bundle)

    assert 3 == result.exit_code
    assert "x.cedar:1:" in result.stderr
