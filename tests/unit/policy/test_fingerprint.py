"""What shows in a fingerprint: everything that may change what is read, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.policy import fingerprint as module
from sidecar.policy.fingerprint import fingerprint


def folder(root: Path) -> Path:
    """Two files, one of them below, and a link."""
    (root / "catalog").mkdir(parents=True)
    (root / "main.cedar").write_text("permit")
    (root / "catalog" / "fields.yaml").write_text("a")
    (root / "linked.cedar").symlink_to("main.cedar")
    return root


def edited(root: Path) -> None:
    """A file below was edited in place."""
    (root / "catalog" / "fields.yaml").write_text("ab")


def touched(root: Path) -> None:
    """The time of a file was set."""
    os.utime(root / "main.cedar", ns=(1, 1))


def closed(root: Path) -> None:
    """Its mode changed."""
    (root / "main.cedar").chmod(0o600)


def renamed_over(root: Path) -> None:
    """Another file of the same size and time took its place."""
    new = root / ".new"
    new.write_text("forbid")
    kept = (root / "main.cedar").stat()
    os.utime(new, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    new.replace(root / "main.cedar")


def added(root: Path) -> None:
    """A file came."""
    (root / "more.cedar").touch()


def removed(root: Path) -> None:
    """A file went."""
    (root / "catalog" / "fields.yaml").unlink()


def linked_elsewhere(root: Path) -> None:
    """A link says the same in other words."""
    (root / "linked.cedar").unlink()
    (root / "linked.cedar").symlink_to("./main.cedar")


def dangling(root: Path) -> None:
    """A link leads nowhere."""
    (root / "linked.cedar").unlink()
    (root / "linked.cedar").symlink_to("nowhere")


def gone(root: Path) -> None:
    """The whole source went."""
    root.rename(root.with_name("elsewhere"))


@pytest.mark.parametrize(
    "change",
    [edited, touched, closed, renamed_over, added, removed, linked_elsewhere, dangling, gone],
    ids=lambda change: change.__name__,
)
def test_a_change_shows(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """Whatever may change what is read."""
    root = folder(tmp_path / "bundle")
    before = fingerprint(root)

    assert before == fingerprint(root)

    change(root)

    assert before != fingerprint(root)


def test_what_is_hidden_does_not_show(tmp_path: Path) -> None:
    """An editor's swap file, git's own folder."""
    root = folder(tmp_path)
    before = fingerprint(root)
    (root / ".git").mkdir()
    (root / ".git" / "index").write_text("x")

    assert before == fingerprint(root)


def test_a_change_behind_a_hidden_link_shows(tmp_path: Path) -> None:
    """A ConfigMap: every file is a link through ``..data``, which alone is replaced, in one step."""
    for version, text in (("..1", "permit"), ("..2", "forbid")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "main.cedar").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "main.cedar").symlink_to("..data/main.cedar")
    before = fingerprint(tmp_path)
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").replace(tmp_path / "..data")

    assert before != fingerprint(tmp_path)


def test_a_source_that_is_itself_a_link_shows_where_it_leads(tmp_path: Path) -> None:
    """``current -> releases/41``, turned to 42."""
    for version in ("41", "42"):
        folder(tmp_path / version)
    current = tmp_path / "current"
    current.symlink_to("41")
    before = fingerprint(current)
    current.unlink()
    current.symlink_to("42")

    assert before != fingerprint(current)


def test_a_file_has_a_fingerprint_too(tmp_path: Path) -> None:
    """An archive that is replaced."""
    archive = tmp_path / "bundle.tar"
    archive.write_bytes(b"1")
    before = fingerprint(archive)
    archive.write_bytes(b"12")

    assert before != fingerprint(archive)


def test_folders_that_link_into_each_other_come_to_an_end(tmp_path: Path) -> None:
    """A loop of links is looked at once."""
    root = folder(tmp_path)
    (root / "catalog" / "up").symlink_to("..")

    assert fingerprint(root) == fingerprint(root)


def test_a_folder_without_end_comes_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound nothing is looked at."""
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    for number in range(5):
        (tmp_path / f"{number}.cedar").touch()
    before = fingerprint(tmp_path)
    (tmp_path / "4.cedar").write_text("x")

    assert before == fingerprint(tmp_path)

    (tmp_path / "1.cedar").write_text("x")

    assert before != fingerprint(tmp_path)


def test_whoever_looks_may_rest_after_each_entry(tmp_path: Path) -> None:
    """The folder itself, a folder in it, two files and a link."""
    rests: list[None] = []
    root = folder(tmp_path)

    assert fingerprint(root) == fingerprint(root, lambda: rests.append(None))
    assert 5 == len(rests)


def test_a_link_that_vanishes_under_the_look_is_part_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is raised, whatever happens between two system calls."""
    root = folder(tmp_path)
    before = fingerprint(root)

    def vanished(path: str) -> str:
        raise FileNotFoundError(2, "gone", path)

    monkeypatch.setattr(os, "readlink", vanished)

    assert before != fingerprint(root)
