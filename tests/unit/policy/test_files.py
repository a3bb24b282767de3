"""The files of a bundle."""

import os
from pathlib import Path

import pytest

from sidecar.errors import BundleError
from sidecar.policy.bundle import load_bundle

from .bundles import FILES, found, problems, write


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A path without a folder is one problem, not one for every file that it lacks."""
    with pytest.raises(BundleError) as caught:
        load_bundle(tmp_path / "nowhere")

    assert [problem.code for problem in caught.value.problems] == ["bundle.missing"]


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


def test_documentation_and_hidden_files_are_no_matter(tmp_path: Path) -> None:
    """A readme, a licence and whatever starts with a dot may lie in a bundle."""
    assert found(tmp_path, dict.fromkeys(["README.md", "LICENSE", ".git/config", ".x.cedar"], "x")) == []


def test_not_utf8(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are an error at their place, and the only one about their file."""
    changes = {
        "main.cedar": b"// ok\n// \xff",
        "catalog/fields.yaml": b"\xff",
        "catalog/services/newsletter.yaml": b"ab\xff",
        "catalog/recipients.yaml": b"\xff",
        "schema.cedarschema": b"\xff",
    }

    assert found(tmp_path, changes) == [
        "catalog/fields.yaml:1:1 bundle.encoding",
        "catalog/recipients.yaml:1:1 bundle.encoding",
        "catalog/services/newsletter.yaml:1:3 bundle.encoding",
        "main.cedar:2:4 bundle.encoding",
        "schema.cedarschema policy.unchecked",
        "schema.cedarschema:1:1 bundle.encoding",
    ]


def test_links_within_the_bundle(tmp_path: Path) -> None:
    """A mounted ConfigMap, all links to a hidden folder, is a bundle with the same revision."""
    plain = load_bundle(write(tmp_path / "plain"))
    mounted = tmp_path / "mounted"
    write(mounted / "..2026_01_01")
    (mounted / "..data").symlink_to("..2026_01_01")
    for name in {Path(path).parts[0] for path in FILES}:
        (mounted / name).symlink_to(Path("..data") / name)

    assert load_bundle(mounted).revision == plain.revision


def test_links_to_elsewhere(tmp_path: Path) -> None:
    """A link out of the bundle, to nothing, to itself or to a folder around it is an error."""
    (tmp_path / "outside.cedar").write_text("")
    folder = write(tmp_path / "bundle")
    (folder / "outside.cedar").symlink_to("../outside.cedar")
    (folder / "nothing.cedar").symlink_to("no-such-file")
    (folder / "self.cedar").symlink_to("self.cedar")
    (folder / "catalog" / "round").symlink_to("..")

    assert found(folder, {}) == [
        "catalog/round bundle.symlink",
        "nothing.cedar bundle.unreadable",
        "outside.cedar bundle.symlink",
        "self.cedar bundle.unreadable",
    ]


def test_a_pipe(tmp_path: Path) -> None:
    """What is no regular file is not opened: reading a pipe would wait for ever."""
    os.mkfifo(write(tmp_path) / "pipe.cedar")

    assert found(tmp_path, {}) == ["pipe.cedar bundle.unreadable"]


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or folder that the system refuses is a problem of its own, with the system's words."""
    folder = write(tmp_path)

    def refuse(path: Path) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    unread = problems(folder, {})
    monkeypatch.setattr(Path, "iterdir", refuse)
    unlisted = problems(folder, {})
    unreadable = [problem for problem in unread if problem.code == "bundle.unreadable"]

    assert [problem.file for problem in unreadable] == sorted(FILES)
    assert {problem.message for problem in unreadable} == {"cannot be read: permission denied"}
    assert ".: error: cannot be read: permission denied [bundle.unreadable]" in str(unlisted[1])


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
