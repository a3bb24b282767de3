"""Bundles in git."""

import subprocess
from pathlib import Path

import pytest

from sidecar.errors import BundleError
from sidecar.policy.bundle import load_bundle, read_draft
from sidecar.policy.source import git, limits
from tests.unit.policy.bundles import FILES, write


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a repository with the small bundle in `policies`, one commit."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # of whoever runs the tests from a hook
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "repository"
    write(folder / "policies")
    monkeypatch.chdir(folder)
    run("init", "--quiet", "--initial-branch", "main")
    commit()
    return folder


def run(*words: str) -> None:
    """Run git in the working folder, as nobody in particular."""
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], check=True, capture_output=True)


def commit() -> None:
    """Commit everything."""
    run("add", "--all")
    run("commit", "--quiet", "--message", "x")


def told(source: str) -> str:
    """The only problem of a bundle, with its hint."""
    with pytest.raises(BundleError) as caught:
        read_draft(source)
    (problem,) = caught.value.problems
    assert source == problem.file
    return f"{problem.message}; {problem.hint} [{problem.code}]"


@pytest.mark.parametrize("source", ["main:policies", "main:./policies", "main", "HEAD:policies/", "@{0}:policies"])
def test_a_revision_is_the_bundle_that_was_committed(repository: Path, source: str) -> None:
    """What was committed is read, whatever lies in the folder now, with the same revision as from the folder."""
    committed = load_bundle(repository / "policies").revision
    write(repository / "policies", {"more.cedar": "nonsense", ".hidden": "x"})
    draft = read_draft(source)

    assert committed == draft.files.revision
    assert draft.source.startswith(source.removesuffix("/"))


def test_a_revision_seen_from_a_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in git: a path is seen from the top of the repository, one with `./` from here; alone, the bundle here."""
    revision = load_bundle(repository / "policies").revision
    monkeypatch.chdir(repository / "policies")

    assert {revision} == {load_bundle(source).revision for source in ("main:policies", "main", "main:./")}
    monkeypatch.chdir(repository / "policies" / "catalog")
    assert (
        "`services` is no folder in the revision `main`; seen from here it is `./services` [bundle.revision]"
        == told("main:services")
    )
    assert (
        "the revision `main` has no bundle here, nor in `policies`; bundles in it: `policies` [bundle.revision]"
        == told("main")
    )


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param(
            "mian:policies",
            "there is neither a folder nor an archive `mian`, nor a revision of that name in git; did you mean `main`?",
            id="a revision misspelt",
        ),
        pytest.param(
            "main:polices",
            "`polices` is no folder in the revision `main`; bundles in it: `policies`",
            id="a folder misspelt",
        ),
        pytest.param(
            "main:policies/main.cedar",
            "`policies/main.cedar` is no folder in the revision `main`; bundles in it: `policies`",
            id="a file",
        ),
        pytest.param(
            ":policies",
            "`` cannot be a revision; write `REVISION:PATH`, for example `main:policies`",
            id="no revision",
        ),
        pytest.param(
            "--output=x",
            "`--output=x` cannot be a revision; write `REVISION:PATH`, for example `main:policies`",
            id="an option of git",
        ),
    ],
)
def test_a_revision_that_has_no_bundle(source: str, problem: str) -> None:
    """What is missing is said, and what there is instead."""
    assert f"{problem} [bundle.revision]" == told(source)


def test_a_repository_without_commits_or_bundles(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any branch, or any bundle, to suggest, the hint says what can be written."""
    run("rm", "-r", "--quiet", "--cached", "policies")
    run("commit", "--quiet", "--allow-empty", "--message", "x")
    none = told("main")
    empty = repository / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    run("init", "--quiet")

    assert "the revision `main` has no bundle here, nor in `policies`; it has no bundle [bundle.revision]" == none
    assert told("main").endswith("; name a folder, an archive, or `REVISION:PATH` [bundle.revision]")


def test_where_there_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt folder outside any repository is told as such, with what git says."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)

    assert told("polices").startswith(
        "there is neither a folder nor an archive `polices`, and git says: not a git repo"
    )


@pytest.mark.usefixtures("repository")
def test_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git is not installed, that is the problem."""
    monkeypatch.setenv("PATH", "/nowhere")

    assert told("main").startswith("reading a revision needs git, which is not there; install it")


@pytest.mark.usefixtures("repository")
def test_git_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that takes too long or says too much is given up."""
    monkeypatch.setattr(git, "OUTPUT_BYTES", 10)
    much = told("main")
    monkeypatch.setattr(git, "SECONDS", 0.0)

    assert much.startswith("more than a bundle can have")
    assert told("main").startswith("git took longer than 0 seconds")


def test_links_in_a_revision(repository: Path) -> None:
    """A link to a file of the bundle is that file, as in a folder; any other is an error."""
    folder = repository / "policies"
    (folder / "main.cedar").rename(folder / "README.md")
    (folder / "main.cedar").symlink_to("README.md")
    commit()

    assert load_bundle(folder).revision == load_bundle("main").revision

    (folder / "out.cedar").symlink_to("../main.cedar")
    (folder / "loop.cedar").symlink_to("loop.cedar")
    commit()
    with pytest.raises(BundleError) as caught:
        load_bundle("main")
    assert [f"{problem.file} {problem.code}" for problem in caught.value.problems] == [
        "loop.cedar bundle.symlink",
        "out.cedar bundle.symlink",
    ]


def test_sizes_in_a_revision(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of folders are those of revisions."""
    (repository / "policies" / "huge.cedar").write_bytes(b"//" + b"x" * 3_000_000)
    commit()
    with pytest.raises(BundleError) as caught:
        load_bundle("main")
    monkeypatch.setattr(limits, "ENTRIES", 3)

    assert [f"{problem.file} {problem.code}" for problem in caught.value.problems] == ["huge.cedar bundle.size"]
    assert told("main").startswith("more than 3 files; is this the folder of a bundle")


def test_a_bundle_at_the_top(repository: Path) -> None:
    """A repository may be nothing but a bundle."""
    for path in FILES:
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / "policies" / path).rename(repository / path)
    commit()

    assert load_bundle(repository).revision == load_bundle("main").revision == load_bundle("main:").revision
