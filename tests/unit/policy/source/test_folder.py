"""Bundles in folders."""

import os
from pathlib import Path

import pytest

from sidecar.errors import BundleError
from sidecar.policy.bundle import load_bundle, read_draft
from sidecar.policy.source import limits
from tests.unit.policy.bundles import FILES, found, problems, write


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A path without a folder is one problem, not one for every file that it lacks."""
    with pytest.raises(BundleError) as caught:
        load_bundle(tmp_path / "nowhere")

    assert [problem.code for problem in caught.value.problems] == ["bundle.missing"]


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

    def refuse(path: Path, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    unread = problems(folder, {})
    monkeypatch.setattr(os, "scandir", refuse)
    unlisted = problems(folder, {})
    unreadable = [problem for problem in unread if problem.code == "bundle.unreadable"]

    assert [problem.file for problem in unreadable] == sorted(FILES)
    assert {problem.message for problem in unreadable} == {"cannot be read: permission denied"}
    assert ".: error: cannot be read: permission denied [bundle.unreadable]" in str(unlisted[1])


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    """A policy file of ten megabytes is refused by its name, and not read."""
    (problem,) = problems(tmp_path, {"huge.cedar": b"//" + b"x" * 10_000_000})

    assert ("huge.cedar", "bundle.size") == (problem.file, problem.code)
    assert "the file has 10,000,002 bytes; 2,097,152 is the limit" == problem.message


def test_files_that_are_too_large_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops where all files together are more than a bundle may have."""
    monkeypatch.setattr(limits, "TOTAL_BYTES", 500)

    assert [(problem.file, problem.code) for problem in problems(tmp_path, {})] == [(str(tmp_path), "bundle.size")]


def test_a_folder_with_more_than_a_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at too many files: `/` is no bundle. Neither are folders that links multiply."""
    monkeypatch.setattr(limits, "ENTRIES", 300)
    for number in range(1, 10):
        folder = tmp_path / f"catalog/level{number}"
        folder.mkdir(parents=True)
        for name in "ab" if number < 9 else "":
            (folder / name).symlink_to(f"../level{number + 1}")
    (told,) = problems(tmp_path, {})

    assert "more than 300 files" == told.message
    assert "is this the folder of a bundle, and of nothing else?" == told.hint


def test_folders_in_folders(tmp_path: Path) -> None:
    """Sixteen folders deep is deep enough."""
    deep = "tests/" + "x/" * 16 + "y.yaml"

    assert found(tmp_path, {deep: "suite: x\n"}) == ["tests" + "/x" * 16 + " bundle.size"]


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows under the reader is an error, for its end may be missing."""
    write(tmp_path)
    real = os.fstat

    def grow(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        with (tmp_path / "main.cedar").open("a") as file:
            file.write(" ")
        return status

    monkeypatch.setattr(os, "fstat", grow)

    assert "main.cedar bundle.changed" in found(tmp_path, {})


@pytest.mark.parametrize("gone", [False, True], ids=["swapped", "gone"])
def test_a_bundle_that_is_swapped_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, gone: bool
) -> None:
    """Where a ConfigMap is swapped half way through, some files are of the old bundle and some of the new one."""
    mounted = tmp_path / "mounted"
    write(mounted / "..1")
    write(mounted / "..2", {"main.cedar": FILES["main.cedar"] + "// new\n"})
    (mounted / "..data").symlink_to("..1")
    for name in {Path(path).parts[0] for path in FILES}:
        (mounted / name).symlink_to(Path("..data") / name)
    real = os.fstat

    def swap(descriptor: int) -> os.stat_result:
        (mounted / "..data").unlink()
        if not gone:
            (mounted / "..data").symlink_to("..2")
        monkeypatch.setattr(os, "fstat", real)
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", swap)
    with pytest.raises(BundleError) as caught:
        load_bundle(mounted)

    assert "bundle.changed" in {problem.code for problem in caught.value.problems}


def test_a_file_of_a_bundle_is_no_bundle(tmp_path: Path) -> None:
    """Who names one is told to name the folder."""
    with pytest.raises(BundleError) as caught:
        read_draft(str(write(tmp_path) / "main.cedar"))

    assert ["name the folder that it is in"] == [problem.hint for problem in caught.value.problems]
