"""``consent init``: an empty log."""

from pathlib import Path

import click

from sidecar.app.log import make_log
from sidecar.cli.output import output_option, show_json, show_line, show_pairs
from sidecar.cli.settings import log_options, read_log_settings


@click.command("init", short_help="Make an empty log, and its key.")
@log_options
@output_option
def init_log(*, config_file: Path | None, data_dir: str | None, output: str) -> None:
    """Make the consent log of the configuration, empty, and its key if there is none. Needs no server.

    Refuses if there is a log. A sidecar with a log in a file makes its own at the first start; one that is shared by
    several sidecars is made once, by this, and each of them is then given the key file.
    """
    made = make_log(read_log_settings(config_file, data_dir=data_dir))
    if output == "json":
        show_json(
            {
                "log_id": made.log_id,
                "log": made.place,
                "key_id": made.key_id,
                "key_file": str(made.key_file),
                "key_made": made.key_made,
            }
        )
        return
    show_pairs(
        [
            ("log", f"{made.log_id}, {made.place}"),
            ("key", f"{made.key_id}, {made.key_file}{'' if made.key_made else ' (it was there)'}"),
        ]
    )
    show_line()
    show_line(
        "Give the key file to every sidecar of this log, and keep a copy: without it nobody can be found in the log."
    )
