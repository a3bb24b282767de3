"""Archives that are built and signed."""

import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.authoring.release import build_archive, signed_archive
from sidecar.authoring.writing import write_whole
from sidecar.errors import BundleError
from sidecar.policy.bundle import read_draft
from sidecar.policy.files import matters
from sidecar.policy.problems import Problems
from sidecar.policy.source.archive import archive_of
from sidecar.policy.source.manifest import manifest_of
from sidecar.policy.source.reading import read_source
from tests.unit.policy.bundles import write
from tests.unit.policy.source.archives import CONTENTS, KEY, archive, digest, trust


def test_the_same_bundle_is_the_same_bytes(tmp_path: Path) -> None:
    """Wherever it lies, whenever and in which order its files were written, whatever else lies there."""
    first = read_draft(write(tmp_path / "first"))
    second = tmp_path / "second"
    for name in reversed(CONTENTS):
        write(second, {**dict.fromkeys(CONTENTS), name: CONTENTS[name], "README.md": "x"})
    for path in second.rglob("*"):
        os.utime(path, (0, 0))
    built = [build_archive(draft, serial=1, evidence={}) for draft in (first, read_draft(second))]
    (tmp_path / "built.tar.gz").write_bytes(built[0])

    assert built[0] == built[1]
    assert built[0] == build_archive(read_draft(tmp_path / "built.tar.gz"), serial=1, evidence={})
    assert built[0] != build_archive(first, serial=2, evidence={})
    assert built[0] != build_archive(first, serial=1, evidence={"tests": {}})


def test_other_tools_can_list_it(tmp_path: Path) -> None:
    """It is a plain tar file: owned by nobody, from no time, manifest first."""
    path = tmp_path / "built.tar.gz"
    path.write_bytes(build_archive(read_draft(write(tmp_path / "bundle")), serial=1, evidence={}))
    with tarfile.open(path) as file:
        members = file.getmembers()

    assert ["manifest.json", *CONTENTS] == [member.name for member in members]
    assert {(0, 0, 0, "", "", 0o644)} == {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members}


def test_a_signature_is_put_in_and_replaced(tmp_path: Path) -> None:
    """Signing changes nothing else, and twice is the same as once."""
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(archive(serial=3))
    held, once = signed_archive(path, KEY)
    path.write_bytes(once)
    _, twice = signed_archive(path, KEY)

    assert once == twice == archive(serial=3, key=KEY)
    assert 3 == held.manifest.serial
    assert 3 == read_draft(path, trust(tmp_path, KEY)).serial


def test_only_a_whole_archive_is_signed(tmp_path: Path) -> None:
    """What was changed on the way is not given a signature that says it is right."""
    path = tmp_path / "bundle.tar.gz"
    contents = {**CONTENTS, "main.cedar": b"permit (principal, action, resource);"}
    path.write_bytes(archive_of(manifest_of(CONTENTS, digest(CONTENTS), 0, {}).to_bytes(), None, contents))
    with pytest.raises(BundleError, match=r"`main\.cedar` is not what the manifest says"):
        signed_archive(path, KEY)


def test_a_name_too_long_for_an_archive(tmp_path: Path) -> None:
    """It is told by name, with what is allowed."""
    name = "x" * 101 + ".yaml"
    draft = read_draft(write(tmp_path, {f"tests/{name}": "suite: x\n"}))
    with pytest.raises(BundleError, match="100 bytes for the file and 155 for its folders"):
        build_archive(draft, serial=0, evidence={})


NAMES = st.one_of(
    st.sampled_from(sorted(CONTENTS)),
    st.from_regex(r"(tests/|catalog/services/|)[a-zé]{1,8}\.(cedar|yaml|md)", fullmatch=True),
)


@settings(max_examples=60, deadline=None)
@given(changes=st.dictionaries(NAMES, st.one_of(st.none(), st.binary(max_size=40)), max_size=6))
def test_same_contents_same_revision_wherever_they_come_from(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, bytes | None]
) -> None:
    """A folder and an archive with the same contents have the same files and the same problems, valid or not."""
    contents = {path: data for path, data in {**CONTENTS, **changes}.items() if data is not None}
    folder = tmp_path_factory.mktemp("bundle")
    write(folder, {**dict.fromkeys(CONTENTS), **contents})
    kept = {path: data for path, data in contents.items() if matters(path)}
    packed = tmp_path_factory.mktemp("archive") / "bundle.tar.gz"
    packed.write_bytes(archive_of(manifest_of(kept, digest(kept), 0, {}).to_bytes(), None, kept))
    of_folder, of_archive = Problems(), Problems()

    assert read_source(folder, of_folder).files == read_source(packed, of_archive).files
    known = {problem for problem in of_folder.sorted() if matters(problem.file) or problem.file == "."}
    assert known == set(of_archive.sorted())


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing fails, the old file stays, and nothing lies beside it; its mode and a link to it stay."""
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to("file")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_whole(link, b"new")
    before = (file.read_bytes(), sorted(path.name for path in tmp_path.iterdir()))
    write_whole(link, b"new")
    write_whole(tmp_path / "fresh", b"x")

    assert (b"old", ["file", "link"]) == before
    assert (b"new", 0o640, True) == (file.read_bytes(), file.stat().st_mode & 0o777, link.is_symlink())
    assert 0o644 == (tmp_path / "fresh").stat().st_mode & 0o777
