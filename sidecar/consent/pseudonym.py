"""Pseudonyms: what the log and the cache know people by.

One file of 32 random bytes, made on the first start, keys both the pseudonyms and the seals of subject ids. **The key
cannot be rotated without the ids**: a pseudonym tells nothing about the id it was made of, so under another key no
subject would be found again, and whoever said no would count as never asked. A backup of the log is worth nothing
without this file (ADR-0006).
"""

import os
import secrets
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sidecar.errors import ConsentLogError

KEY_BYTES: Final = 32
PSEUDONYM_BYTES: Final = 16
CODE_BYTES: Final = 16

_NONCE_BYTES = 12


class Pseudonyms:
    """Makes pseudonyms and seals ids under one key; safe for any number of threads."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes, has {len(key)}")
        self._keyed = blake2b(key=_derived(key, b"pseudonym"), digest_size=PSEUDONYM_BYTES)
        self._coded = blake2b(key=_derived(key, b"row"), digest_size=CODE_BYTES)
        self._cipher = AESGCM(_derived(key, b"seal"))
        self.key_id: Final = _derived(key, b"key id")[:8].hex()
        """Tells keys apart; not secret."""
        self.found_in: Path | None = None
        """The file that the key was found in: an earlier start made it. ``None`` for a new key."""

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Those under the key in the file *path*, which is made, readable by its owner only, if it does not exist.

        Of several processes that start at once on an empty folder all end up with the same key. Raises
        ``ConsentLogError`` if the file cannot be read or made, or is no key.
        """
        try:
            made = not path.exists() and _create(path)
            key = path.read_bytes()
        except OSError as error:
            raise ConsentLogError(f"cannot read or make the pseudonym key `{path}`: {error.strerror}") from error
        if len(key) != KEY_BYTES:
            raise ConsentLogError(
                f"the pseudonym key `{path}` has {len(key)} bytes, not {KEY_BYTES}: restore it from a backup;"
                " without it no one in the consent log can be found again"
            )
        pseudonyms = cls(key)
        pseudonyms.found_in = None if made else path
        return pseudonyms

    @classmethod
    def load(cls, path: Path) -> Self:
        """Those under the key in the file *path*; raises ``ConsentLogError`` if there is none, or as the above does."""
        if not path.exists():
            raise ConsentLogError(
                f"there is no pseudonym key `{path}`: put the key file there that the log was written under;"
                " without it nobody in it can be found"
            )
        return cls.load_or_create(path)

    def of(self, subject: str) -> bytes:
        """The pseudonym of *subject*: 16 bytes, always the same under one key."""
        hasher = self._keyed.copy()  # half the price of keying a new one
        hasher.update(subject.encode())
        return hasher.digest()

    def authenticate(self, content: bytes) -> bytes:
        """A code that only this key gives *content*: 16 bytes; other content has another one."""
        hasher = self._coded.copy()
        hasher.update(content)
        return hasher.digest()

    def seal(self, subject: str) -> bytes:
        """*subject*, readable with the key only; different each time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, subject.encode(), None)

    def unseal(self, sealed: bytes) -> str:
        """The subject that was sealed; raises ``ConsentLogError`` if *sealed* was not made with this key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise ConsentLogError("a sealed subject id is damaged, or was sealed with another key") from error


def _derived(key: bytes, use: bytes) -> bytes:
    return blake2b(key=key, digest_size=KEY_BYTES, person=use).digest()


def _create(path: Path) -> bool:
    """Make the key file as a whole or not at all, and never over another; whether it was made."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename this never replaces a key that another process just made
        except FileExistsError:
            return False
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable, as ``fsync`` does for the contents of a file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
