"""``policy verify``: whether an archive is what somebody signed."""

from pathlib import Path

import click

from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.build import show_evidence
from sidecar.cli.policy.sign import ARCHIVE
from sidecar.errors import BundleError
from sidecar.policy.problems import Problems
from sidecar.policy.source.archive import Archive
from sidecar.policy.source.manifest import MOST_SERIAL
from sidecar.policy.source.reading import read_source
from sidecar.policy.source.trust import Trust


@click.command("verify", short_help="Check that an archive is whole and signed.")
@click.argument("archive", type=ARCHIVE)
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="PEM file of one or more Ed25519 public keys; one of them must have signed.",
)
@click.option(
    "--min-serial", type=click.IntRange(0, MOST_SERIAL), default=0, show_default=True, help="The least serial."
)
@output_option
def verify_bundle(*, archive: Path, public_key: Path, min_serial: int, output: str) -> None:
    """Check that ARCHIVE is whole and signed, as a server does; exits 1 if not.

    That is: the signature of the manifest, the digest of every file, the revision; nothing missing, nothing besides.
    Whether the policies are valid is not looked at: `policy check ARCHIVE` does that.
    """
    held = _read(archive, Trust.of(public_key, min_serial))
    manifest, signer = held.manifest, held.signer
    assert signer is not None  # since there are keys
    if output == "json":
        show_json(
            {
                "archive": str(archive),
                "revision": manifest.revision,
                "serial": manifest.serial,
                "key": signer.fingerprint,
                "files": len(manifest.files),
                "evidence": dict(manifest.evidence),
            }
        )
    else:
        show_line(f"valid: {archive} is signed by {signer.fingerprint}, {len(manifest.files)} files")
        show_line(f"revision {manifest.revision}, serial {manifest.serial}")
        show_evidence(manifest.evidence)


def _read(path: Path, trust: Trust) -> Archive:
    problems = Problems()
    try:
        archive = read_source(path, problems, trust).archive
    except BundleError as error:
        problem = next(problem for problem in error.problems if problem.file == str(path))
        failure = Failure(code=problem.code, message=f"`{path}`: {problem.message}", hint=problem.hint)
        raise CommandError(failure) from error
    assert archive is not None  # since the path is that of a file
    return archive
