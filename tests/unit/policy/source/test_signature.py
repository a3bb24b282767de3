"""Keys in files."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from sidecar.errors import KeyFileError
from sidecar.policy.source.signature import read_private_key, read_public_keys, sign

from .archives import KEY, OTHER_KEY, private_pem, public_pem

CURVE = generate_private_key(SECP256R1())
CURVE_PRIVATE = CURVE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
CURVE_PUBLIC = CURVE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
LOCKED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
NONSENSE = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"


def test_a_file_may_have_several_public_keys(tmp_path: Path) -> None:
    """So that archives of the old and of the new key are taken while one replaces the other."""
    file = tmp_path / "keys.pem"
    file.write_bytes(b"# until May\n" + public_pem(KEY) + b"# from May\n" + public_pem(OTHER_KEY))
    keys = read_public_keys(file)

    assert [KEY.public_key().public_bytes_raw(), OTHER_KEY.public_key().public_bytes_raw()] == [k.raw for k in keys]
    assert len({key.fingerprint for key in keys}) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "has no public key in PEM", id="empty"),
        pytest.param(NONSENSE, "has no public key in PEM that can be read", id="nonsense"),
        pytest.param(private_pem(KEY), "has a private key; name the file of the public one", id="a private key"),
        pytest.param(CURVE_PUBLIC, "has a key that is not Ed25519", id="another kind"),
    ],
)
def test_a_file_without_a_public_key(tmp_path: Path, content: bytes, said: str) -> None:
    """What is there instead is said, with the file."""
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(KeyFileError, match=said) as caught:
        read_public_keys(file)

    assert f"`{file}`" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "has no private key in PEM that can be read", id="empty"),
        pytest.param(public_pem(KEY), "has a public key; signing needs the private one", id="a public key"),
        pytest.param(CURVE_PRIVATE, "has a key that is not Ed25519", id="another kind"),
        pytest.param(LOCKED, "is protected by a password; decrypt it to a pipe", id="a password"),
    ],
)
def test_a_file_without_a_private_key(tmp_path: Path, content: bytes, said: str) -> None:
    """What is there instead is said, with the file."""
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(KeyFileError, match=said) as caught:
        read_private_key(file)

    assert f"`{file}`" in str(caught.value)


def test_a_file_of_a_key_that_cannot_be_read(tmp_path: Path) -> None:
    """What the system says is told."""
    with pytest.raises(KeyFileError, match="cannot be read: no such file or directory"):
        read_public_keys(tmp_path / "nowhere.pem")


def test_signing_twice_gives_the_same_signature(tmp_path: Path) -> None:
    """The same manifest and key, the same bytes; another manifest, others."""
    file = tmp_path / "key.pem"
    file.write_bytes(private_pem(KEY))

    assert sign(b"x", KEY) == sign(b"x", read_private_key(file))
    assert sign(b"x", KEY) != sign(b"y", KEY)
