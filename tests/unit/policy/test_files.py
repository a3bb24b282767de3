"""The files of a bundle."""

from pathlib import Path

import pytest

from sidecar.policy.bundle import load_bundle

from .bundles import FILES, found, problems, write


def test_files_that_every_bundle_needs(tmp_path: Path) -> None:
    """Each required file that is missing is named, and what it would declare is not missed as well."""
    required = [
        "schema.cedarschema",
        "main.cedar",
        "guardrails.cedar",
        "catalog/categories.yaml",
        "catalog/data_uses.yaml",
        "catalog/purposes.yaml",
        "catalog/fields.yaml",
    ]

    assert found(tmp_path, dict.fromkeys(required)) == [
        ". bundle.missing_file",
        "catalog/categories.yaml bundle.missing_file",
        "catalog/data_uses.yaml bundle.missing_file",
        "catalog/fields.yaml bundle.missing_file",
        "catalog/purposes.yaml bundle.missing_file",
        "schema.cedarschema bundle.missing_file",
        "schema.cedarschema policy.unchecked",
    ]


def test_files_that_a_bundle_may_lack(tmp_path: Path) -> None:
    """Recipients, notices, guardrails, tests and services may be missing."""
    optional = [
        "catalog/recipients.yaml",
        "catalog/notices.yaml",
        "guardrails.cedar",
        "tests/basics.yaml",
        "catalog/services/newsletter.yaml",
        "catalog/services/fraud.yaml",
    ]
    bundle = load_bundle(write(tmp_path, dict.fromkeys(optional)))

    assert sorted(bundle.catalog.recipients) == ["first_party", "third_party"]
    assert bundle.catalog.notices == {}
    assert bundle.catalog.services == {}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param("catalog/services/old.yml", "bundle.unknown_file", id="a-service-named-yml"),
        pytest.param("catalog/services/more/x.yaml", "bundle.unknown_file", id="a-service-in-a-folder"),
        pytest.param("stray.yaml", "bundle.unknown_file", id="yaml-at-the-top"),
        pytest.param("more/x.cedar", "bundle.misplaced_policy", id="a-policy-in-a-folder"),
        pytest.param("x.CEDAR", "bundle.misplaced_policy", id="a-policy-named-in-capitals"),
    ],
)
def test_files_that_mean_nothing(tmp_path: Path, path: str, code: str) -> None:
    """A file that is not read is said to be; if it looks like policies, which would not be enforced, as an error."""
    (problem,) = problems(tmp_path, {path: "x"})

    assert (problem.file, problem.code) == (path, code)
    assert problem.warning is (code == "bundle.unknown_file")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("catalog/services/old.yml", "rename it to `catalog/services/old.yaml`"),
        ("tests/more.yml", "rename it to `tests/more.yaml`"),
        ("stray.yml", "remove or rename it"),
        ("stray.yaml", "remove or rename it"),
    ],
)
def test_the_other_ending_of_yaml(tmp_path: Path, path: str, hint: str) -> None:
    """A service or a suite that is named so is not read; the hint is the name that it should have."""
    (problem,) = problems(tmp_path, {path: "x"})

    assert hint == problem.hint


def test_documentation_and_hidden_files_are_no_matter(tmp_path: Path) -> None:
    """A readme, a licence and whatever starts with a dot may lie in a bundle."""
    assert found(tmp_path, dict.fromkeys(["README.md", "LICENSE", ".git/config", ".x.cedar"], "x")) == []


def test_of_many_files_that_mean_nothing_the_first_are_named(tmp_path: Path) -> None:
    """Who names the wrong folder is not shown its whole contents, and where the bundle seems to be."""
    strays = {f"x{number:03}.txt.bak": "x" for number in range(30)}
    write(tmp_path / "inner")
    told = problems(tmp_path, {**strays, **dict.fromkeys(FILES)})

    assert 20 == sum(problem.code == "bundle.unknown_file" and problem.file != "." for problem in told)
    assert "20 more files mean nothing here" in {problem.message for problem in told}
    assert "is `inner` in it the bundle?" in {problem.hint for problem in told}


def test_a_name_that_cannot_be_shown(tmp_path: Path) -> None:
    """A name with a control character, or that is not UTF-8, is an error that does not print it as it is."""
    assert found(tmp_path, {"tests/a\nb.yaml": "x", "tests/\udcff.yaml": "x"}) == [
        "tests/\\udcff.yaml bundle.file_name",
        "tests/a\\nb.yaml bundle.file_name",
    ]


def test_not_utf8(tmp_path: Path) -> None:
    """Bytes that are not UTF-8, or NUL, are an error at their place, and the only one about their file."""
    changes = {
        "main.cedar": b"// ok\n// \xff",
        "catalog/fields.yaml": b"\xff",
        "catalog/services/newsletter.yaml": b"ab\xff",
        "catalog/recipients.yaml": b"\xff",
        "tests/basics.yaml": b"a\nb\0",
        "schema.cedarschema": b"\xff",
    }

    assert found(tmp_path, changes) == [
        "catalog/fields.yaml:1:1 bundle.encoding",
        "catalog/recipients.yaml:1:1 bundle.encoding",
        "catalog/services/newsletter.yaml:1:3 bundle.encoding",
        "main.cedar:2:4 bundle.encoding",
        "schema.cedarschema policy.unchecked",
        "schema.cedarschema:1:1 bundle.encoding",
        "tests/basics.yaml:2:2 bundle.encoding",
    ]


def test_the_revision_is_of_content_and_names(tmp_path: Path) -> None:
    """Every file that matters, tests included, is part of the revision; documentation is not."""
    plain = load_bundle(write(tmp_path / "1")).revision
    documented = load_bundle(write(tmp_path / "2", {"README.md": "x"})).revision
    changed = [
        load_bundle(write(tmp_path / "3", {"tests/basics.yaml": "suite: others\n"})).revision,
        load_bundle(write(tmp_path / "4", {"tests/basics.yaml": None, "tests/other.yaml": "suite: basics\n"})).revision,
        load_bundle(write(tmp_path / "5", {"main.cedar": FILES["main.cedar"] + "\n"})).revision,
    ]

    assert documented == plain
    assert len({plain, *changed}) == 4
    assert plain.startswith("sha256:")
    assert len(plain) == len("sha256:") + 64
