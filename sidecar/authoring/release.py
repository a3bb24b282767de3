"""Archives of a bundle: built, signed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sidecar.errors import BundleError
from sidecar.policy.bundle import Draft
from sidecar.policy.problems import Place, Problems
from sidecar.policy.source.archive import Archive, archive_of, read_archive
from sidecar.policy.source.manifest import manifest_of
from sidecar.policy.source.refusal import RefusedError
from sidecar.policy.source.signature import sign


def build_archive(draft: Draft, *, serial: int, evidence: Mapping[str, Any]) -> bytes:
    """The archive of *draft*, unsigned: the same bytes for the same bundle, serial and evidence.

    Raises ``BundleError`` if a path is too long for an archive.
    """
    contents = {path: draft.files.texts[path].encode() for path in draft.files.paths}
    manifest = manifest_of(contents, draft.files.revision, serial, evidence)
    try:
        return archive_of(manifest.to_bytes(), None, contents)
    except RefusedError as error:
        raise _invalid(draft.source, error) from error


def signed_archive(path: Path, key: Ed25519PrivateKey) -> tuple[Archive, bytes]:
    """The archive in *path* and the same one signed with *key*, in place of any signature that it has.

    Raises ``BundleError`` if it is not a whole archive.
    """
    try:
        archive = read_archive(path)
    except RefusedError as error:
        raise _invalid(str(path), error) from error
    return archive, archive_of(archive.signed, sign(archive.signed, key), archive.contents)


def _invalid(source: str, error: RefusedError) -> BundleError:
    problems = Problems()
    problems.error(Place(source), error.code, error.message, error.hint)
    return BundleError(problems.sorted(), source=source)
