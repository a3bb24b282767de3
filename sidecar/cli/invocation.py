"""Commands to print: complete, ready to copy, as this program was started."""

import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from click.core import ParameterSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """How this program is started from here, and the options that every call to the same server needs."""

    program: tuple[str, ...] = ("sidecar",)
    address: tuple[str, ...] = ()  # ("--address", ...) unless the default or the environment says it
    token: tuple[str, ...] = ()

    def command(self, *words: str, token: bool = False) -> str:
        """The command line of *words*; with *token* one that needs the operator's token."""
        return shlex.join([*self.program, *words, *self.address, *(self.token if token else ())])


def current_invocation() -> Invocation:
    """The invocation of the command being run."""
    context = click.get_current_context()
    return Invocation(
        program=program_words(sys.argv[0]),
        address=_as_given(context, "address", "--address"),
        token=_as_given(context, "token_file", "--token-file"),
    )


def program_words(started_as: str) -> tuple[str, ...]:
    """What to type to start this program again from the current folder, when it was *started_as* this."""
    path = Path(started_as)
    if path.name == "__main__.py":
        return (_typed(Path(sys.executable)), "-m", "sidecar")
    found = shutil.which(path.name)
    if found is not None and Path(found).resolve() == path.resolve():
        return (path.name,)
    return (_typed(path),)


def _typed(path: Path) -> str:
    """*path* relative to the current folder where it lies below, else absolute."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)


def _as_given(context: click.Context, name: str, option: str) -> tuple[str, ...]:
    if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return ()
    return (option, str(context.params[name]))


def repeated(option: str, values: Sequence[str]) -> list[str]:
    """*option* once for each of *values*."""
    return [word for value in values for word in (option, value)]
