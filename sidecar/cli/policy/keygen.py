"""``policy keygen``: a pair of keys to sign with."""

import os
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import NamedPath
from sidecar.policy.source.signature import public_key_of


@click.command("keygen", short_help="Write a pair of keys to sign with.")
@click.argument("key", type=NamedPath(dir_okay=False, path_type=Path))
@output_option
def make_keys(*, key: Path, output: str) -> None:
    """Write a new Ed25519 private key to KEY, with mode 0600, and its public half beside it.

    The public half of `release.pem` is `release.pub.pem`; servers get it as `bundle.public_key`. Neither file may be
    there: nothing is overwritten.
    """
    public_file = key.with_name(f"{key.stem}.pub{key.suffix}")
    for path in (key, public_file):
        if path.exists() or path.is_symlink():
            message = f"`{path}` is there, and keys are never overwritten"
            raise CommandError(Failure(code="usage", message=message, hint="name another file"))
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_new(key, pem, 0o600)
    try:
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write_new(public_file, public, 0o644)
    except OSError:
        key.unlink()  # half a pair is of no use, and would be in the way of the next try
        raise
    fingerprint = public_key_of(private, str(key)).fingerprint
    if output == "json":
        show_json({"private_key": str(key), "public_key": str(public_file), "key": fingerprint})
    else:
        show_line(f"private key {key}, mode 0600: sign with it, keep it secret")
        show_line(f"public key {public_file}: for `sidecar policy verify`, and servers' `bundle.public_key`")
        show_line(f"both are {fingerprint}")


def _write_new(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        path.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error
