"""``consent export``: the log as lines of JSON."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from sidecar.cli.connection import Connection, address_option, read_token, token_option
from sidecar.cli.consentlog.follower import GrowingExport
from sidecar.cli.consentlog.part import Exported, entries_bar, export_part
from sidecar.cli.consentlog.target import STDOUT, Target
from sidecar.cli.output import output_option


@click.command("export", short_help="Write the log to a file.")
@click.option(
    "-o",
    "--out",
    "file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    help="The file, made with mode 0600, never over another; '-' is standard output.",
)
@click.option("--from", "after", metavar="REVISION", default="", help="Only what comes behind this revision.")
@click.option("--subjects", is_flag=True, help="Subject ids in the clear; else they are sealed under the key.")
@click.option(
    "--follow", is_flag=True, help="Go on appending what comes, until stopped; a file that is there is continued."
)
@address_option
@token_option
@output_option
def export_log(
    *, file: Path, after: str, subjects: bool, follow: bool, address: str, token_file: Path, output: str
) -> None:
    """Write every event, with the record after it, to a file, one JSON object a line; the sidecar goes on serving.

    `consent restore` makes an equal log of it. That needs the pseudonym key, which is not in it, and what was exported
    later with --from, if anything was. Every line has a code, so what is changed or missing is noticed. The file
    appears as a whole or not at all.
    """
    if follow and (file == STDOUT or after):
        raise click.UsageError("--follow continues a file: it takes neither '-' nor --from")
    told = _teller(output, to_stderr=file == STDOUT)
    with Connection(address, read_token(token_file)) as connection:
        if follow:
            GrowingExport(connection, file, subjects=subjects, told=told).run()
            return
        with Target(file) as target, entries_bar("exporting", shown=output == "table") as progress:
            done = export_part(connection, target.write, after=after, subjects=subjects, progress=progress)
            target.finish()
    told(done)


def _teller(output: str, *, to_stderr: bool) -> Callable[[Exported], None]:
    """Tells of a part, in one line."""

    def tell(done: Exported) -> None:
        plain = json.dumps(done.to_plain())
        words = f"{done.entries} exported, everything through {done.revision}; the key is {done.key_id}"
        click.echo(plain if output == "json" else words, err=to_stderr)
        sys.stdout.flush()

    return tell
