"""``completion``: what the shell needs to complete this command."""

import click
from click.shell_completion import get_completion_class

from sidecar.cli.output import output_option, show_json


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@output_option
def completion(*, shell: str, output: str) -> None:
    """Print a script that completes `sidecar` in SHELL.

    For bash: eval "$(sidecar completion bash)".
    """
    root = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(root, {}, "sidecar", "_SIDECAR_COMPLETE").source()
    if output == "json":
        show_json({"shell": shell, "script": script})
    else:
        click.echo(script)
