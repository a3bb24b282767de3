"""Archives of the small bundle, whole and broken, and keys made for one run of the tests."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sidecar.errors import BundleError, Problem
from sidecar.policy.bundle import read_draft
from sidecar.policy.source.archive import archive_of
from sidecar.policy.source.manifest import Manifest, manifest_of
from sidecar.policy.source.signature import sign
from sidecar.policy.source.trust import EVERYTHING, Trust
from tests.unit.policy.bundles import FILES

CONTENTS: Final = {path: text.encode() for path, text in sorted(FILES.items())}
KEY: Final = Ed25519PrivateKey.generate()
OTHER_KEY: Final = Ed25519PrivateKey.generate()


def digest(contents: Mapping[str, bytes]) -> str:
    """The revision of *contents*, written down a second time."""
    named = [(name.encode(), data) for name, data in contents.items()]
    parts = (b"%d %s %d %s" % (len(name), name, len(data), data) for name, data in sorted(named))
    return f"sha256:{sha256(b''.join(parts)).hexdigest()}"


def manifest(serial: int = 0, contents: Mapping[str, bytes] = CONTENTS) -> Manifest:
    """The manifest of *contents*."""
    return manifest_of(contents, digest(contents), serial, {"tests": {"passed": 3}})


def archive(*, serial: int = 0, key: Ed25519PrivateKey | None = None) -> bytes:
    """The archive of the small bundle."""
    signed = manifest(serial).to_bytes()
    return archive_of(signed, None if key is None else sign(signed, key), CONTENTS)


def tar(*members: tarfile.TarInfo, **contents: bytes) -> bytes:
    """A gzipped tar file as any tool would write it: *members* have the content that *contents* has for their name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as file:
        for member in members:
            file.addfile(member, io.BytesIO(contents.get(member.name, bytes(member.size))))
    return buffer.getvalue()


def repacked(data: bytes) -> bytes:
    """The gzip file of *data*."""
    return gzip.compress(data, mtime=0)


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public half of *key* as a file has it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """*key* as a file has it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def trust(folder: Path, *keys: Ed25519PrivateKey, min_serial: int = 0) -> Trust:
    """Trust in *keys*, whose file is in *folder*."""
    file = folder / "trusted.pem"
    file.write_bytes(b"".join(map(public_pem, keys)))
    return Trust.of(file, min_serial)


def refusal(folder: Path, data: bytes, trusted: Trust = EVERYTHING) -> str:
    """The only problem of the archive *data*, written to *folder*: its code and message."""
    problem = refused(folder, data, trusted)
    return f"{problem.code}: {problem.message}"


def refused(folder: Path, data: bytes, trusted: Trust = EVERYTHING) -> Problem:
    """The only problem of the archive *data*, which names its file and says what to do."""
    path = folder / "bundle.tar.gz"
    path.write_bytes(data)
    try:
        read_draft(path, trusted)
    except BundleError as error:
        (problem,) = error.problems
        assert str(path) == problem.file
        assert problem.hint
        return problem
    raise AssertionError("it was read")
