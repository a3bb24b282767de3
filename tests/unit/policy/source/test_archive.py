"""Bundles in archives."""

import gzip
import json
import os
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from sidecar.errors import BundleError
from sidecar.policy.bundle import load_bundle, read_draft
from sidecar.policy.problems import Problems
from sidecar.policy.source import archive as archives
from sidecar.policy.source import limits
from sidecar.policy.source.members import pack
from sidecar.policy.source.reading import read_source
from sidecar.policy.source.signature import sign
from tests.unit.policy.bundles import write

from .archives import CONTENTS, KEY, OTHER_KEY, archive, digest, manifest, refusal, refused, repacked, tar, trust

NAMES = list(CONTENTS)


def members(**changes: Any) -> dict[str, bytes]:
    """The members of an archive whose manifest has these *changes*."""
    return {"manifest.json": _json({**json.loads(manifest().to_bytes()), **changes}), **CONTENTS}


def _json(plain: object) -> bytes:
    return json.dumps(plain, indent=2, sort_keys=True).encode() + b"\n"


def test_an_archive_is_the_bundle_it_was_built_from(tmp_path: Path) -> None:
    """The same contents have the same revision, and are the same bundle, from a folder and from an archive."""
    folder = load_bundle(write(tmp_path / "folder"))
    (tmp_path / "bundle.tar.gz").write_bytes(archive(serial=7))
    draft = read_draft(tmp_path / "bundle.tar.gz")

    assert folder.revision == draft.files.revision == digest(CONTENTS)
    assert folder.catalog == draft.catalog
    assert 7 == draft.serial
    assert draft.source == str(tmp_path / "bundle.tar.gz")


def test_an_archive_keeps_its_evidence(tmp_path: Path) -> None:
    """What was shown before the build can be read in the manifest."""
    (tmp_path / "bundle.tar.gz").write_bytes(archive())
    read = read_source(tmp_path / "bundle.tar.gz", Problems())

    assert read.archive is not None
    assert {"tests": {"passed": 3}} == read.archive.manifest.evidence


def test_an_archive_of_a_broken_bundle_is_told_like_a_folder(tmp_path: Path) -> None:
    """What is wrong with a file is told by its name, line and column in the bundle."""
    contents = {**CONTENTS, "main.cedar": b"permit (\n"}
    broken = pack({"manifest.json": manifest(contents=contents).to_bytes(), **contents})
    (tmp_path / "bundle.tar.gz").write_bytes(broken)
    with pytest.raises(BundleError) as caught:
        load_bundle(tmp_path / "bundle.tar.gz")

    assert ["main.cedar:1"] == [f"{problem.file}:{problem.line}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("../x.cedar", "has a name that leads out of the bundle", id="up"),
        pytest.param("tests/../../x.yaml", "has a name that leads out of the bundle", id="up from a folder"),
        pytest.param("/etc/x.cedar", "has a name that leads out of the bundle", id="absolute"),
        pytest.param("./x.cedar", "has a name that leads out of the bundle", id="here"),
        pytest.param("tests//x.yaml", "has a name that leads out of the bundle", id="an empty part"),
        pytest.param("tests\\x.cedar", "has a name that leads out of the bundle", id="a backslash"),
        pytest.param("x\x1b.cedar", "has a name that leads out of the bundle", id="a control character"),
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str, said: str) -> None:
    """No member has a name that could mean a place outside, whether the manifest lists it or not."""
    contents = {**CONTENTS, name: b"// x\n"}
    evil = pack({"manifest.json": manifest(contents=contents).to_bytes(), **contents})

    assert f"bundle.archive: the member `{ascii(name)[1:-1]}` {said}" == refusal(tmp_path, evil)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.DIRTYPE, "a folder"),
        (tarfile.GNUTYPE_SPARSE, "not a plain file"),
        (tarfile.CONTTYPE, "not a plain file"),
    ],
)
def test_members_that_are_no_files(tmp_path: Path, kind: bytes, said: str) -> None:
    """Links, devices, pipes and folders are refused by name."""
    member = tarfile.TarInfo("x.cedar")
    member.type = kind
    member.linkname = "/etc/passwd"

    assert f"bundle.archive: the member `x.cedar` is {said}" == refusal(tmp_path, tar(member))


def test_an_extended_header_that_lies_about_a_size(tmp_path: Path) -> None:
    """No header but the plain one is read, so none can say another size or name."""
    member = tarfile.TarInfo("x.cedar")
    member.pax_headers = {"size": "99999999999999"}

    assert "is an extended header, which could say another name and size" in refusal(tmp_path, tar(member))


def test_members_written_by_something_else(tmp_path: Path) -> None:
    """An archive of another tool is refused: what can be written in two ways can be read in two ways."""
    member = tarfile.TarInfo("manifest.json")
    member.mtime = 1

    assert "bundle.archive: the member `manifest.json` was not written by `sidecar policy build`" == refusal(
        tmp_path, tar(member)
    )


def test_a_size_below_nothing(tmp_path: Path) -> None:
    """A negative size, which tar can write, does not lead back."""
    block = bytearray(gzip.decompress(archive())[:512])
    block[124:136] = b"\xff" * 12
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)

    assert refusal(tmp_path, repacked(bytes(block))).startswith("bundle.size: the member `manifest.json` has -1 bytes")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(b"", "the archive is cut off", id="empty"),
        pytest.param(b"permit (principal, action, resource);", "not a gzipped archive", id="no gzip"),
        pytest.param(archive()[:-9], "the archive is cut off", id="cut off"),
        pytest.param(archive()[:-5] + b"\0" + archive()[-4:], "the archive is damaged", id="a wrong checksum"),
        pytest.param(archive()[:100] + b"\xff" * 9 + archive()[109:], "the archive is damaged", id="damaged"),
        pytest.param(archive() + b"x", "there is something behind the end of the archive", id="garbage"),
        pytest.param(archive() + archive(), "there is something behind the end of the archive", id="two of them"),
        pytest.param(
            repacked(gzip.decompress(archive()) + bytes(512)), "there is something behind the last member", id="padding"
        ),
        pytest.param(
            repacked(gzip.decompress(archive())[:-1024]), "the archive has no end, or a damaged member", id="no end"
        ),
        pytest.param(
            repacked(gzip.decompress(archive())[:-512]), "there is something behind the last member", id="half an end"
        ),
        pytest.param(
            repacked(gzip.decompress(archive())[:600]), "the archive ends within the member `manifest.json`", id="short"
        ),
        pytest.param(repacked(b"x" * 2048), "the archive has no end, or a damaged member", id="no tar"),
        pytest.param(repacked(bytes(1024)), "the first member must be `manifest.json`", id="nothing"),
    ],
)
def test_archives_that_are_broken(tmp_path: Path, wrong: bytes, said: str) -> None:
    """Whatever is cut off, damaged or added is said, and nothing is loaded."""
    assert f"bundle.archive: {said}" == refusal(tmp_path, wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(CONTENTS, "the first member must be `manifest.json`", id="no manifest"),
        pytest.param({**CONTENTS, **members()}, "the first member must be `manifest.json`", id="a late manifest"),
        pytest.param(
            {**members(), "manifest.sig": b"x"}, "the second member must be `manifest.sig`", id="a late signature"
        ),
        pytest.param(
            {**members(), "x.cedar": b""}, "the member `x.cedar` is not in the manifest", id="an unlisted member"
        ),
        pytest.param(
            {name: data for name, data in members().items() if name != "main.cedar"},
            "the member `main.cedar` is missing",
            id="a missing member",
        ),
        pytest.param(
            {**members(), "main.cedar": b"permit (principal, action, resource);"},
            "the member `main.cedar` is not what the manifest says",
            id="a changed member",
        ),
        pytest.param(
            {"manifest.json": members()["manifest.json"], **dict(reversed(CONTENTS.items()))},
            "the members are not in order",
            id="another order",
        ),
        pytest.param(
            {"manifest.json": manifest(contents={**CONTENTS, "zzz": b""}).to_bytes(), **CONTENTS, "zzz": b""},
            "the member `zzz` is no file of a bundle",
            id="no file of a bundle",
        ),
        pytest.param(
            {"manifest.json": manifest(contents={".x.cedar": b""}).to_bytes(), ".x.cedar": b""},
            "the member `.x.cedar` is no file of a bundle",
            id="a hidden file",
        ),
        pytest.param({**members(), "manifest.json": b"{"}, "`manifest.json` is not JSON", id="no json"),
        pytest.param(
            {**members(), "manifest.json": b"[" * 100_000}, "`manifest.json` is not JSON", id="deeply nested json"
        ),
        pytest.param(members(format=2), "the archive has format 2; 1 can be read", id="a later format"),
        *(
            pytest.param(wrong, "`manifest.json` is not a manifest as it should be", id=name)
            for name, wrong in {
                "no serial": members(serial=None),
                "a serial that is a truth": members(serial=True),
                "a serial below nothing": members(serial=-1),
                "a serial too large": members(serial=2**63),
                "files without sizes": members(files={"main.cedar": {"sha256": "x"}}),
                "more than there should be": members(more=1),
                "a list": {**members(), "manifest.json": b"[]"},
                "other white space": {**members(), "manifest.json": members()["manifest.json"] + b" "},
            }.items()
        ),
        pytest.param(
            members(revision="sha256:0"), "the revision in the manifest is not that of the files", id="a wrong revision"
        ),
    ],
)
def test_members_and_manifest_must_agree(tmp_path: Path, wrong: dict[str, bytes], said: str) -> None:
    """Nothing is missing, nothing is besides, and the manifest is written in the one way it can be."""
    assert f"bundle.archive: {said}" == refusal(tmp_path, pack(wrong))


def test_a_member_twice(tmp_path: Path) -> None:
    """Of two members with one name, which counts? None."""
    whole = gzip.decompress(pack(members()))
    once = gzip.decompress(pack({"main.cedar": CONTENTS["main.cedar"]}))
    twice = repacked(whole[:-1024] + once)

    assert "bundle.archive: the member `main.cedar` is there twice" == refusal(tmp_path, twice)


def test_a_bomb(tmp_path: Path) -> None:
    """A gigabyte in a megabyte is given up at the limit, in bounded memory."""
    bomb = gzip.compress(bytes(2**30), 9)
    tracemalloc.start()
    try:
        told = refusal(tmp_path, bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert told.startswith("bundle.size: more than ")
    assert peak < 80 * 2**20


def test_a_file_that_is_too_large_in_an_archive(tmp_path: Path) -> None:
    """The limit of a file is that of folders, wherever it comes from."""
    huge = pack({**members(), "x.cedar": bytes(limits.FILE_BYTES + 1)})

    assert "bundle.size: the member `x.cedar` has 2,097,153 bytes; 2,097,152 is the limit" == refusal(tmp_path, huge)


def test_an_archive_that_is_no_file(tmp_path: Path) -> None:
    """A pipe is not waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BundleError, match="not a regular file"):
        read_draft(tmp_path / "pipe")


def test_an_archive_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says is told; a file far too large is not read."""
    (tmp_path / "bundle.tar.gz").write_bytes(archive())
    monkeypatch.setattr(archives, "ARCHIVE_BYTES", 100)
    large = refusal(tmp_path, archive())

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BundleError) as caught:
        read_draft(tmp_path / "bundle.tar.gz")
    (problem,) = caught.value.problems

    assert large.startswith("bundle.size: an archive of more than 100 bytes")
    assert "cannot be read: permission denied" == problem.message


def test_nothing_there(tmp_path: Path) -> None:
    """A path that leads nowhere is one problem."""
    with pytest.raises(BundleError, match="there is no such folder or archive"):
        read_draft(tmp_path / "nowhere.tar.gz")


def test_a_signed_archive_is_taken_by_who_trusts_its_key(tmp_path: Path) -> None:
    """Among the trusted keys, as while one replaces another, any may have signed."""
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(archive(serial=5, key=KEY))

    assert 5 == read_draft(path, trust(tmp_path, KEY)).serial
    assert 5 == read_draft(path, trust(tmp_path, OTHER_KEY, KEY, min_serial=5)).serial
    assert 5 == read_draft(path).serial


def test_what_is_not_signed_by_a_trusted_key_is_refused(tmp_path: Path) -> None:
    """No signature, that of another key, that of another manifest: each is told apart."""
    trusted = trust(tmp_path, KEY)
    other = manifest(serial=1).to_bytes()
    swapped = archives.archive_of(manifest(serial=2).to_bytes(), sign(other, KEY), CONTENTS)
    forged = json.loads(sign(manifest().to_bytes(), OTHER_KEY))
    forged["key"] = trusted.keys[0].fingerprint
    masked = archives.archive_of(manifest().to_bytes(), _json(forged), CONTENTS)
    by_another = refused(tmp_path, archive(key=OTHER_KEY), trusted)

    assert "bundle.signature: the archive is not signed" == refusal(tmp_path, archive(), trusted)
    assert by_another.message.startswith("the archive is signed by another key, ed25519:")
    assert trusted.keys[0].fingerprint in by_another.hint
    assert "the signature is not one of this manifest" in refusal(tmp_path, swapped, trusted)
    assert "the signature is not one of this manifest" in refusal(tmp_path, masked, trusted)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[" * 100_000,
        b"{}",
        _json({"algorithm": "none", "key": "x", "signature": ""}),
        _json({"algorithm": "ed25519", "key": "x", "signature": "!"}),
        _json({"algorithm": "ed25519", "key": "x", "signature": "", "more": 1}),
    ],
    ids=["empty", "nested", "nothing", "another algorithm", "no base64", "more"],
)
def test_a_signature_that_is_none(tmp_path: Path, wrong: bytes) -> None:
    """What is no signature is refused, and taken for nothing else."""
    data = archives.archive_of(manifest().to_bytes(), wrong, CONTENTS)

    assert "bundle.signature: `manifest.sig` is not a signature" == refusal(tmp_path, data, trust(tmp_path, KEY))


def test_a_signature_is_checked_before_anything_is_believed(tmp_path: Path) -> None:
    """A forged manifest is not even read."""
    forged = pack({**members(), "manifest.json": b"{", "x.cedar": b""})

    assert "bundle.signature: the archive is not signed" == refusal(tmp_path, forged, trust(tmp_path, KEY))


def test_a_floor_keeps_older_archives_out(tmp_path: Path) -> None:
    """A serial below the floor is refused; signed or not."""
    below = archive(serial=4, key=KEY)

    assert "bundle.serial: the archive has serial 4, and at least 5 is required" == refusal(
        tmp_path, below, trust(tmp_path, KEY, min_serial=5)
    )


def test_a_folder_is_no_archive_that_somebody_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a signature or a serial is required, a folder or revision, which has none, is refused."""
    write(tmp_path / "bundle")
    monkeypatch.chdir(tmp_path)

    def told(source: Path | str, min_serial: int, *, keys: bool) -> str:
        trusted = trust(tmp_path, KEY, min_serial=min_serial)
        with pytest.raises(BundleError) as caught:
            read_draft(source, trusted if keys else type(trusted)(min_serial=min_serial))
        (problem,) = caught.value.problems
        return f"{problem.message}; {problem.hint}"

    assert told(Path("bundle"), 0, keys=True) == (
        "a folder cannot be signed, and a signature is required; "
        "name an archive: `sidecar policy build`, then `sidecar policy sign`"
    )
    assert told("main", 0, keys=True).startswith("a revision cannot be signed")
    assert told("bundle", 3, keys=False).startswith("a folder has no serial, and at least 3 is required")
