"""``config``: the settings of the server, and the options of ``serve`` that set them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import yaml

from sidecar.cli.output import output_option, show_json
from sidecar.config import Config, load

_F = TypeVar("_F", bound=Callable[..., Any])

_SETTINGS: Final = (
    click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        envvar="SIDECAR_CONFIG",
        show_envvar=True,
        help="Configuration file; docs/configuration.md has every setting.",
    ),
    click.option("--bundle", metavar="DIR", help="The bundle to serve."),
    click.option("--data-dir", metavar="DIR", help="Where the consent log, its key and the token are kept."),
    click.option("--listen", multiple=True, metavar="ADDR", help="HOST:PORT or unix:PATH; may be repeated."),
    click.option("--http", metavar="ADDR|off", help="Where to serve /metrics, /livez and /readyz."),
)


def log_options(command: _F) -> _F:
    """Add the options that say which log to *command*: of those that set settings, the file and the data folder."""
    for option in (_SETTINGS[2], _SETTINGS[0]):
        command = option(command)
    return command


def read_log_settings(config_file: Path | None, *, data_dir: str | None) -> Config:
    """The configuration, as ``read_settings`` gives it."""
    return read_settings(config_file, bundle=None, data_dir=data_dir, listen=(), http=None)


def settings_options(command: _F) -> _F:
    """Add the options that set settings to *command*."""
    for option in reversed(_SETTINGS):
        command = option(command)
    return command


def read_settings(
    config_file: Path | None, *, bundle: str | None, data_dir: str | None, listen: tuple[str, ...], http: str | None
) -> Config:
    """The configuration: these options before the environment before the file; ``ConfigError`` names what is wrong."""
    flags = {"bundle.path": bundle, "data.dir": data_dir, "server.listen": listen or None, "http.address": http}
    return load(file=config_file, environ=os.environ, flags=flags)


@click.group()
def config() -> None:
    """Look at the configuration of the server."""


@config.command("show", short_help="Print every setting that `serve` would use.")
@settings_options
@output_option
def show_config(*, config_file: Path | None, output: str, **options: Any) -> None:  # noqa: ANN401 - see settings_options
    """Print every setting with the value that `serve` would use; none of them is a secret."""
    settings = read_settings(config_file, **options).redacted()
    if output == "json":
        show_json(settings)
    else:
        click.echo(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), nl=False)
