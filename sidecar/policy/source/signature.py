"""Signatures of manifests: Ed25519, with the key told by its fingerprint."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from sidecar.errors import KeyFileError
from sidecar.policy.source.refusal import RefusedError

_CONTEXT: Final = b"sidecar bundle manifest 1\n"
"""Signed before the manifest, so that a signature made for anything else is none for a bundle."""
_MOST: Final = 65_536
_PEM: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key whose signatures count; *file* is where it was read, for people."""

    raw: bytes
    file: str

    @property
    def fingerprint(self) -> str:
        """What people tell keys apart by."""
        return f"ed25519:{sha256(self.raw).hexdigest()[:16]}"


def public_key_of(key: Ed25519PrivateKey, file: str) -> PublicKey:
    """The public half of *key*, which was read from *file*."""
    return PublicKey(key.public_key().public_bytes_raw(), file)


def sign(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """The content of ``manifest.sig``: the same for the same manifest and key."""
    signature = {
        "algorithm": "ed25519",
        "key": public_key_of(key, "").fingerprint,
        "signature": base64.b64encode(key.sign(_CONTEXT + manifest)).decode(),
    }
    return json.dumps(signature, indent=2).encode() + b"\n"


def signer_of(manifest: bytes, signature: bytes | None, keys: tuple[PublicKey, ...]) -> PublicKey:
    """The one of *keys* whose *signature* of *manifest* this is; raises ``RefusedError`` if it is none."""
    names = ", ".join(f"{key.fingerprint} (`{key.file}`)" for key in keys)
    if signature is None:
        raise _refused("the archive is not signed", f"sign it with `sidecar policy sign`; trusted is {names}")
    fingerprint, raw = _read(signature)
    key = next((key for key in keys if key.fingerprint == fingerprint), None)
    if key is None:
        raise _refused(f"the archive is signed by another key, {fingerprint}", f"trusted is {names}")
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(raw, _CONTEXT + manifest)
    except InvalidSignature as error:
        message = "the signature is not one of this manifest: one of them was changed"
        raise _refused(message, "get the archive again from who signed it") from error
    return key


def read_public_keys(path: Path) -> tuple[PublicKey, ...]:
    """The Ed25519 keys in the PEM file *path*, one or, while one replaces another, several.

    Raises ``KeyFileError`` if there is none, or anything else.
    """
    content = _key_file(path)
    keys: list[PublicKey] = []
    for block in _PEM.finditer(content):
        if b"PRIVATE" in block[1]:
            raise KeyFileError(f"`{path}` has a private key; name the file of the public one")
        try:
            key = load_pem_public_key(block[0])
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"`{path}` has no public key in PEM that can be read; {_MAKE_ONE}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFileError(f"`{path}` has a key that is not Ed25519; {_MAKE_ONE}")
        keys.append(PublicKey(key.public_bytes_raw(), str(path)))
    if not keys:
        raise KeyFileError(f"`{path}` has no public key in PEM; {_MAKE_ONE}")
    return tuple(keys)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in the PEM file *path*; raises ``KeyFileError`` if it is not one."""
    content = _key_file(path)
    if b"PUBLIC KEY" in content:
        raise KeyFileError(f"`{path}` has a public key; signing needs the private one")
    try:
        key = load_pem_private_key(content, None)
    except TypeError as error:  # cryptography's way to say that it has a password
        hint = "decrypt it to a pipe: `--key <(openssl pkey -in KEY.pem)`"
        raise KeyFileError(f"`{path}` is protected by a password; {hint}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"`{path}` has no private key in PEM that can be read; {_MAKE_ONE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"`{path}` has a key that is not Ed25519; {_MAKE_ONE}")
    return key


_MAKE_ONE: Final = "make a pair with `sidecar policy keygen`"


def _read(signature: bytes) -> tuple[str, bytes]:
    try:
        match json.loads(signature):
            case {"algorithm": "ed25519", "key": str(key), "signature": str(text), **rest} if not rest:
                return key, base64.b64decode(text, validate=True)
    except (ValueError, RecursionError, binascii.Error):
        pass
    raise _refused("`manifest.sig` is not a signature", "sign the archive again with `sidecar policy sign`")


def _refused(message: str, hint: str) -> RefusedError:
    return RefusedError("bundle.signature", message, hint)


def _key_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        raise KeyFileError(f"`{path}` cannot be read: {(error.strerror or str(error)).lower()}") from error
