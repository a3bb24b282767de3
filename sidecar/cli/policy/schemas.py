"""``policy schemas``: what editors need to complete and check the YAML files of a bundle."""

from pathlib import Path

import click

from sidecar.authoring.schemas.published import FOLDER, PUBLISHED, write_schemas
from sidecar.cli.output import output_option, show_json, show_line, show_table
from sidecar.cli.policy.argument import NamedPath


@click.command("schemas", short_help="List or write the JSON Schemas of a bundle's files.")
@click.option(
    "--write",
    "folder",
    type=NamedPath(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Write them as files; DIR is `{FOLDER}` in a bundle, by custom.",
)
@output_option
def show_schemas(*, folder: Path | None, output: str) -> None:
    """List the JSON Schemas of the YAML files of a bundle, or write them.

    A file names its schema in its first line: `# yaml-language-server: $schema=../.schemas/fields.schema.json`.
    """
    if folder is None:
        if output == "json":
            show_json({published.name: published.schema() for published in PUBLISHED})
        else:
            rows = [(f"{published.name}.schema.json", published.describes) for published in PUBLISHED]
            show_table(("schema", "describes"), rows)
        return
    written = write_schemas(folder)
    if output == "json":
        show_json({"written": list(map(str, written))})
    else:
        for path in written:
            show_line(f"wrote {path}")
