"""``serve``: the server itself."""

import os
import signal
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from sidecar.cli.demo.seeding import Example, find_example, seed
from sidecar.cli.importing import progress_bar
from sidecar.cli.invocation import program_words
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.profiling import profiled
from sidecar.cli.running import Reach, running, stopped_by_signals
from sidecar.cli.settings import read_settings, settings_options
from sidecar.config import Config


@click.command(short_help="Serve a bundle until it is told to stop.")
@settings_options
@click.option("--seed-demo", is_flag=True, help="On the first start, import ten thousand invented people.")
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE where the time goes, for speedscope.app.",
)
@output_option
def serve(
    *,
    config_file: Path | None,
    seed_demo: bool,
    profile: Path | None,
    output: str,
    **options: Any,  # noqa: ANN401
) -> None:
    """Serve a bundle until SIGTERM or SIGINT, then finish the calls in flight.

    A bundle that changes is checked, tested and then served without a restart; a bad one is refused, and `status` says
    why. SIGHUP has it looked at now, and the decision log's file opened again.

    Options come before the environment (SIDECAR_<SECTION>_<SETTING>), that before the file.

    With --profile it is told a hundred times in each second of processor time which functions that goes into, until the
    server stops, however it is told to. Open the file at https://www.speedscope.app, which reads it in the browser and
    sends it nowhere.
    """
    settings = read_settings(config_file, **options)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something that can look
    # Standard output is the log's alone, if that is where it goes.
    said = redirect_stdout(sys.stderr) if settings.decision_log.output == "stdout" else nullcontext()
    with said, stopped_by_signals(), profiled(profile), running(settings) as (sidecar, reach):
        signal.signal(signal.SIGHUP, lambda *_: sidecar.hang_up())
        addresses = sidecar.addresses
        if output == "table":
            _announce(settings, addresses, reach)
        example = _seed(settings, reach, output) if seed_demo else None
        if output == "json":
            show_json(_to_plain(settings, addresses, reach, example))
        sys.stdout.flush()
        while True:
            signal.pause()


def _seed(settings: Config, reach: Reach, output: str) -> Example | None:
    with reach.connect() as connection, progress_bar("seeding", None, shown=output == "table") as progress:
        seeded = seed(connection, settings.data.dir, progress)
    example = find_example(reach.address)
    if output == "table":
        if seeded:
            show_line(f"{seeded} events of invented people imported")
        if example is not None:
            _show_example(example, reach)
    return example


def _announce(settings: Config, addresses: tuple[str, ...], reach: Reach) -> None:
    show_line(f"sidecar {os.getpid()} serves {settings.bundle.path} on {', '.join(addresses)}")
    show_line(f"the operator's token is in {reach.token_file}")


def _show_example(example: Example, reach: Reach) -> None:
    check, withdraw = example.commands(reach.invocation(program_words(sys.argv[0])))
    show_line()
    show_line("in another terminal, this is allowed:")
    show_line(Text(f"  {check}", style="bold"))
    show_line("and after this it is denied:")
    show_line(Text(f"  {withdraw}", style="bold"))


def _to_plain(settings: Config, addresses: tuple[str, ...], reach: Reach, example: Example | None) -> object:
    commands = example.commands(reach.invocation(program_words(sys.argv[0]))) if example else None
    return {
        "bundle": str(settings.bundle.path),
        "data_dir": str(settings.data.dir),
        "addresses": list(addresses),
        "token_file": str(reach.token_file),
        "example": {"check": commands[0], "withdraw": commands[1]} if commands else None,
    }
