"""``policy build``: a bundle as one file."""

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from sidecar.authoring.evidence import collect_evidence
from sidecar.authoring.release import build_archive
from sidecar.authoring.writing import write_whole
from sidecar.cli.failure import CommandError, Failure
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import NamedPath, bundle_argument
from sidecar.policy.bundle import Draft, read_draft
from sidecar.policy.source.manifest import MOST_SERIAL


@click.command("build", short_help="Write a bundle to one archive.")
@bundle_argument()
@click.option("-o", "--out", type=NamedPath(dir_okay=False, path_type=Path), required=True, help="File to write.")
@click.option(
    "--serial",
    type=click.IntRange(0, MOST_SERIAL),
    default=0,
    show_default=True,
    help="Number of the release: higher than the last one's, if servers have a floor.",
)
@output_option
def build_bundle(*, bundle: str, out: Path, serial: int, output: str) -> None:
    """Write BUNDLE to one archive; the same bytes for the same bundle.

    Exits 3 if it is invalid, 1 if one of its own tests fails, or its other policies allow what a guardrail forbids;
    then nothing is written.

    BUNDLE is a folder, an archive, or a revision in git such as `main:policies`.
    """
    _check_target(out)
    draft = read_draft(bundle)
    evidence = _evidence(draft)
    archive = build_archive(draft, serial=serial, evidence=evidence)
    write_whole(out, archive)
    if output == "json":
        show_json(
            {
                "archive": str(out),
                "revision": draft.files.revision,
                "serial": serial,
                "files": len(draft.files.paths),
                "bytes": len(archive),
                "sha256": sha256(archive).hexdigest(),
                "evidence": dict(evidence),
            }
        )
    else:
        show_line(f"built {out} from {draft.source}: {len(draft.files.paths)} files in {len(archive):,} bytes")
        show_line(f"revision {draft.files.revision}, serial {serial}")
        show_evidence(evidence)
        show_line(f"not signed; to sign it: sidecar policy sign {out} --key KEY.pem")


def show_evidence(evidence: Mapping[str, Any]) -> None:
    """Print what a manifest says was shown of a bundle, a line for each thing."""
    for name, value in sorted(evidence.items()):
        parts = (
            [f"{count} {noun}" for noun, count in sorted(value.items())] if isinstance(value, dict) else [str(value)]
        )
        show_line(f"{name}: {', '.join(parts)}")


def _evidence(draft: Draft) -> Mapping[str, Any]:
    evidence = collect_evidence(draft)
    count = len(evidence.failures)
    if count:
        failure = Failure(
            code="bundle.not_shown",
            message=f"not built: {count} failure{'s' * (count != 1)}",
            listing="\n".join(map(str, evidence.failures)),
            hint="mend the policies, or what the tests want",
            details={"problems": [asdict(problem) for problem in evidence.failures]},
        )
        raise CommandError(failure)
    return evidence.values


def _check_target(out: Path) -> None:
    """Refuse to write over what is no archive: a slip may name a policy file."""
    if not out.is_file():
        return
    with out.open("rb") as file:
        if file.read(2) not in (b"", b"\x1f\x8b"):
            message = f"`{out}` is there, and is not an archive"
            raise CommandError(Failure(code="usage", message=message, hint="name another file, or remove it"))
