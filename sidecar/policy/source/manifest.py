"""What an archive says of itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from sidecar.policy.source.members import refused

FORMAT: Final = 1
MOST_SERIAL: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of the bundle: its digest in hex, its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The first member of an archive. *serial* is the author's: what a floor against rollback compares."""

    revision: str
    serial: int = 0
    files: Mapping[str, Listed] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)  # JSON values: what was shown of it before the build

    def to_bytes(self) -> bytes:
        """As it stands in the archive: the same for equal manifests."""
        plain = {
            "format": FORMAT,
            "revision": self.revision,
            "serial": self.serial,
            "files": {path: {"sha256": one.sha256, "size": one.size} for path, one in sorted(self.files.items())},
            "evidence": self.evidence,
        }
        return json.dumps(plain, indent=2, sort_keys=True).encode() + b"\n"


def manifest_of(contents: Mapping[str, bytes], revision: str, serial: int, evidence: Mapping[str, Any]) -> Manifest:
    """The manifest of a bundle with these *contents*."""
    files = {path: listed(content) for path, content in contents.items()}
    return Manifest(revision=revision, serial=serial, files=files, evidence=evidence)


def listed(content: bytes) -> Listed:
    """How *content* is listed."""
    return Listed(sha256(content).hexdigest(), len(content))


def read_manifest(content: bytes) -> Manifest:
    """The manifest in *content*; raises ``RefusedError`` if it is none that ``to_bytes`` gives."""
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise refused("`manifest.json` is not JSON") from error
    if isinstance(plain, dict) and plain.get("format") not in (None, FORMAT):
        message = f"the archive has format {json.dumps(plain['format'])[:20]}; {FORMAT} can be read"
        raise refused(message, "build it again with this version of sidecar")
    manifest = _of(plain)
    if manifest is None or manifest.to_bytes() != content:
        raise refused("`manifest.json` is not a manifest as it should be")
    return manifest


def _of(plain: object) -> Manifest | None:
    match plain:
        case {
            "revision": str(revision),
            "serial": int(serial),
            "files": dict(files),
            "evidence": dict(evidence),
        } if 0 <= serial <= MOST_SERIAL and not isinstance(serial, bool):
            found = {path: _listed(one) for path, one in files.items()}
            known = {path: one for path, one in found.items() if one is not None}
            if len(known) == len(found):
                return Manifest(revision=revision, serial=serial, files=known, evidence=evidence)
    return None


def _listed(plain: object) -> Listed | None:
    match plain:
        case {"sha256": str(digest), "size": int(size)}:
            return Listed(digest, size)
    return None
