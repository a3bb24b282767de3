"""``policy sign``: a signature into an archive."""

from pathlib import Path

import click

from sidecar.authoring.release import signed_archive
from sidecar.authoring.writing import write_whole
from sidecar.cli.output import output_option, show_json, show_line, show_warning
from sidecar.policy.source.signature import public_key_of, read_private_key

ARCHIVE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("sign", short_help="Put a signature into an archive.")
@click.argument("archive", type=ARCHIVE)
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="PEM file of an Ed25519 private key; `policy keygen` makes one.",
)
@output_option
def sign_bundle(*, archive: Path, key_file: Path, output: str) -> None:
    """Put a signature into ARCHIVE, which `policy build` made; another one is replaced.

    The file is replaced as a whole. The same archive and key give the same bytes.
    """
    key = read_private_key(key_file)
    if key_file.is_file() and key_file.stat().st_mode & 0o077:
        show_warning(f"others can read `{key_file}`: chmod 600 {key_file}")
    fingerprint = public_key_of(key, str(key_file)).fingerprint
    held, signed = signed_archive(archive, key)
    write_whole(archive, signed)
    if output == "json":
        manifest = held.manifest
        show_json(
            {"archive": str(archive), "revision": manifest.revision, "serial": manifest.serial, "key": fingerprint}
        )
    else:
        show_line(f"signed {archive} with {fingerprint}")
        show_line(f"revision {held.manifest.revision}, serial {held.manifest.serial}")
