"""A bundle in an archive that ``sidecar policy build`` made; never extracted to disk.

Its members: ``manifest.json``; ``manifest.sig``, if it is signed; the files of the bundle, sorted by path.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.policy.files import hidden, matters
from sidecar.policy.problems import Problems
from sidecar.policy.source.limits import Budget
from sidecar.policy.source.manifest import Manifest, listed, read_manifest
from sidecar.policy.source.members import ARCHIVE_BYTES, pack, refused, unpack
from sidecar.policy.source.refusal import RefusedError
from sidecar.policy.source.signature import PublicKey, signer_of
from sidecar.policy.source.trust import EVERYTHING, Trust

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What an archive holds, with nothing missing and nothing besides."""

    manifest: Manifest
    signed: bytes  # the manifest as it stands
    signer: PublicKey | None  # whose signature was checked
    contents: dict[str, bytes]


def read_archive(path: Path, trust: Trust = EVERYTHING) -> Archive:
    """The archive in the file *path*; bounded.

    Raises ``RefusedError`` if it cannot be read, is not whole, or is none that *trust* takes.
    """
    members = unpack(archive_bytes(path))
    names = list(members)
    signed = members.pop(MANIFEST, None)
    if signed is None or names[0] != MANIFEST:
        raise refused(f"the first member must be `{MANIFEST}`")
    signature = members.pop(SIGNATURE, None)
    if signature is not None and names[1] != SIGNATURE:
        raise refused(f"the second member must be `{SIGNATURE}`")
    # Before anything is believed.
    signer = signer_of(signed, signature, trust.keys) if trust.keys else None
    manifest = read_manifest(signed)
    trust.check_serial(manifest.serial)
    _check_members(members, manifest)
    return Archive(manifest=manifest, signed=signed, signer=signer, contents=members)


def archive_of(manifest: bytes, signature: bytes | None, contents: Mapping[str, bytes]) -> bytes:
    """The archive with these members; raises ``RefusedError`` if a path is too long for it."""
    signatures = {} if signature is None else {SIGNATURE: signature}
    return pack({MANIFEST: manifest, **signatures, **dict(sorted(contents.items()))})


def archive_bytes(path: Path) -> bytes:
    """What is in the file *path*; raises ``RefusedError`` if that is no file, cannot be read, or is too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would be waited for
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise RefusedError("bundle.unreadable", "not a regular file", "name a folder or an archive")
            archive = file.read(ARCHIVE_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise RefusedError("bundle.unreadable", message, "check that it exists, and its mode") from error
    if len(archive) > ARCHIVE_BYTES:
        raise RefusedError("bundle.size", f"an archive of more than {ARCHIVE_BYTES:,} bytes", "name an archive")
    return archive


def _check_members(members: dict[str, bytes], manifest: Manifest) -> None:
    for path in manifest.files.keys() - members.keys():
        raise refused(f"the member `{path}` is missing", "get the archive again")
    budget = Budget(Problems())
    for path, content in members.items():
        expected = manifest.files.get(path)
        if expected is None:
            raise refused(f"the member `{path}` is not in the manifest")
        if not matters(path) or hidden(path):
            raise refused(f"the member `{path}` is no file of a bundle")
        if listed(content) != expected:
            raise refused(f"the member `{path}` is not what the manifest says", "get the archive again")
        budget.entry()
        budget.size(path, len(content))  # each was held to its limit when it was unpacked
    if list(members) != sorted(members):
        raise refused("the members are not in order")
