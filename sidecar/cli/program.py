"""The root command: turns every error into a message, a hint and an exit code."""

import errno
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.lazy import LazyGroup
from sidecar.cli.output import show_failure
from sidecar.cli.problem_view import bundle_failure
from sidecar.errors import BundleError, ConfigError, SidecarError


class Program(LazyGroup):
    """The root; errors are shown as ``--output`` asks, and a usage error is 1, because 2 means denied."""

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401
    ) -> NoReturn:
        """Run the command line and leave with its exit code."""
        words = sys.argv[1:] if args is None else list(args)
        _open_closed()
        extra["standalone_mode"] = False
        try:
            outcome = self._outcome(words, prog_name, **extra)
        except (CommandError, SidecarError, click.ClickException, click.Abort) as error:
            failure, exit_code = failure_of(error)
            show_failure(failure, as_json=_wants_json(words))
            sys.exit(exit_code)
        sys.exit(outcome if isinstance(outcome, int) else ExitCode.SUCCESS)

    def _outcome(self, words: list[str], prog_name: str | None, **extra: Any) -> object:  # noqa: ANN401
        try:
            try:
                return super().main(words, prog_name, **extra)
            except NoArgsIsHelpError as error:  # a group by itself
                click.echo(error.ctx.get_help())
                return ExitCode.SUCCESS
        except OSError as error:  # such as a full disk where the output goes
            raise CommandError(_io_failure(error)) from error


def _io_failure(error: OSError) -> Failure:
    why = _lowered(error.strerror or str(error))
    message = f"`{error.filename}` cannot be read or written: {why}" if error.filename else f"output failed: {why}"
    return Failure(code="io", message=message, hint=_REMEDIES.get(error.errno or 0, ""))


_REMEDIES: Final = {
    errno.ENOENT: "make the folder that it is to be in, or correct the name",
    errno.ENOSPC: "make room, or write to another disk",
    errno.EACCES: "look at the mode of it, and of its folder",
    errno.EPERM: "look at the mode of it, and of its folder",
    errno.EROFS: "write to another disk",
    errno.EISDIR: "name a file in it",
}


def failure_of(error: CommandError | SidecarError | click.ClickException | click.Abort) -> tuple[Failure, ExitCode]:
    """What to tell about *error*, and the exit code."""
    match error:
        case CommandError():
            return error.failure, error.exit_code
        case BundleError():
            return bundle_failure(error), ExitCode.INVALID
        case ConfigError():
            hint = "`sidecar config show` prints every setting with its value"
            return Failure(code=error.code, message=str(error), hint=hint), ExitCode.INVALID
        case SidecarError():
            return Failure(code=error.code, message=str(error)), ExitCode.ERROR
        case click.ClickException():
            command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "sidecar"
            hint = f"see `{command} --help`"
            return Failure(code="usage", message=_lowered(error.format_message()), hint=hint), ExitCode.ERROR
        case click.Abort():
            return Failure(code="aborted", message="interrupted"), ExitCode.ERROR


def _open_closed() -> None:
    """Give a program that was started without standard output or error (`>&-`) one that goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the program


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:].removesuffix(".")


def _wants_json(words: Sequence[str]) -> bool:
    """Whether the words ask for JSON; looked at directly, because they may be unparsable."""
    return "--output=json" in words or ("--output", "json") in pairwise(words)


COMMANDS: Final = {
    "serve": "sidecar.cli.serve:serve",
    "demo": "sidecar.cli.demo.command:demo",
    "check": "sidecar.cli.ask:check",
    "explain": "sidecar.cli.ask:explain",
    "audience": "sidecar.cli.audience:audience",
    "consent": "sidecar.cli.consent_group:consent",
    "hold": "sidecar.cli.holding:hold",
    "release": "sidecar.cli.holding:release",
    "holds": "sidecar.cli.holding:holds",
    "status": "sidecar.cli.health:status",
    "healthcheck": "sidecar.cli.health:healthcheck",
    "policy": "sidecar.cli.policy.group:policy",
    "config": "sidecar.cli.settings:config",
    "completion": "sidecar.cli.completion:completion",
}

sidecar = Program(
    name="sidecar",
    commands_at=COMMANDS,
    help="May service X use field Y of subject Z for purpose P? Serve the answer, or ask for it.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
click.version_option(package_name="consent-sidecar", prog_name="sidecar")(sidecar)


def main() -> NoReturn:
    """Run the command line; the entry point of the installed command."""
    sidecar.main()
