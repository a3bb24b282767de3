"""A bundle is loaded whole, or every mistake in it is told."""

from pathlib import Path

import pytest

from sidecar.errors import BundleError
from sidecar.policy.bundle import load_bundle

from .bundles import FILES, found, write


def test_twelve_mistakes_at_once(tmp_path: Path) -> None:
    """Twelve different mistakes in one bundle are all listed, each with file, line, column and what to do."""
    mistakes = {
        "schema.cedarschema": FILES["schema.cedarschema"].replace("consent: Consent", "consent: String"),
        "main.cedar": FILES["main.cedar"]
        + "permit (principal, action, resource);\n"
        + '@id("consented") forbid (principal, action, resource);\n'
        + '@id("a") permit (principal action, resource);\n'
        + '@id("b") permit (principal, action, resource in DataCategory::"user.contct");\n'
        + '@id("c") permit (principal == ?principal, action, resource);\n'
        + '@id("d") @reason("BECAUSE") forbid (principal, action, resource);\n'
        + '@id("e") permit (principal, action, resource) when { context.purpse == Purpose::"essential" };\n'
        + '@id("f") forbid (principal, action, resource)\n'
        + "when { context.attributes has count && context.attributes.count + 1 > 2 };\n",
        "catalog/categories.yaml": FILES["catalog/categories.yaml"] + "user.wallet.coins: {title: coins}\n",
        "catalog/recipients.yaml": "grocer: {title: The grocer}\ngrocer: {title: Another}\n",
        "catalog/services/newsletter.yaml": FILES["catalog/services/newsletter.yaml"].replace(
            "purpose: marketing.email", "purpose: marketing", 1
        ),
    }
    with pytest.raises(BundleError) as caught:
        load_bundle(write(tmp_path, mistakes))

    problems = caught.value.problems
    lines = FILES["schema.cedarschema"].splitlines()
    actions = next(line for line in lines if line.startswith("action"))

    assert [f"{problem.file}:{problem.line}:{problem.column} {problem.code}" for problem in problems] == [
        "catalog/categories.yaml:5:1 catalog.unknown_parent",
        "catalog/recipients.yaml:2:1 yaml.duplicate_key",
        "catalog/services/newsletter.yaml:4:15 catalog.no_basis",
        "main.cedar:16:1 policy.id_missing",
        "main.cedar:17:1 policy.id_duplicate",
        "main.cedar:18:28 policy.parse",
        "main.cedar:19:49 policy.unknown_entity",
        "main.cedar:20:31 policy.template",
        "main.cedar:21:10 policy.reason",
        "main.cedar:22:62 policy.schema",
        "main.cedar:24:65 policy.arithmetic",
        f"schema.cedarschema:{lines.index(actions) + 1}:{actions.index('consent:') + 1} schema.closed_vocabulary",
    ]
    assert all(problem.hint for problem in problems)
    assert str(caught.value).startswith(
        f"12 problems in the bundle `{tmp_path}`:\ncatalog/categories.yaml:5:1: error: data category"
    )
    assert (
        "main.cedar:19:49: error: unknown data category `user.contct` [policy.unknown_entity]\n"
        "    did you mean `user.contact`?\n"
    ) in str(caught.value)


def test_what_is_loaded(tmp_path: Path) -> None:
    """A bundle without mistakes knows where it is from and has no findings."""
    bundle = load_bundle(write(tmp_path))

    assert bundle.source == str(tmp_path)
    assert bundle.findings == ()
    assert bundle.policies.ids == ("consented", "objection", "operations", "special-needs-explicit")


def test_findings_do_not_stop_a_bundle(tmp_path: Path) -> None:
    """A bundle with warnings only is loaded, and says them."""
    bundle = load_bundle(write(tmp_path, {"stray.yaml": "x"}))

    assert [str(finding).partition("\n")[0] for finding in bundle.findings] == [
        "stray.yaml: warning: this file means nothing here [bundle.unknown_file]"
    ]


def test_suites_of_tests_are_read(tmp_path: Path) -> None:
    """A suite that is no YAML, or says a key twice, is an error where it is wrong; its words are not looked at yet."""
    suites: dict[str, str | bytes | None] = {
        "tests/basics.yaml": "suite: basics\ntests:\n  - name: [open\n",
        "tests/more/twice.yaml": "suite: twice\nsubjects:\n  ada: []\n  bo: []\n  ada: []\n",
        "tests/words.yaml": "siute: words\n",
        "tests/bytes.yaml": b"suite: \xff",
    }

    assert found(tmp_path, suites) == [
        "tests/basics.yaml:4:1 yaml.syntax",
        "tests/bytes.yaml:1:8 bundle.encoding",
        "tests/more/twice.yaml:5:3 yaml.duplicate_key",
    ]
