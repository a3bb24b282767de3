"""The argument of every command that takes a bundle."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from click.shell_completion import CompletionItem

from sidecar.policy.source.git import ask_git
from sidecar.policy.source.refusal import RefusedError

_F = TypeVar("_F", bound=Callable[..., Any])


class BundleReference(click.ParamType[str]):
    """A folder, an archive or a revision, as a text for ``read_draft``, which says what is wrong with it."""

    name = "bundle"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """*value*, which must say something: what a variable that is not set leaves is not the current folder."""
        if not value:
            self.fail(_EMPTY, param, ctx)
        return str(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The files that begin like *incomplete*; revisions only if there are none, for shells mix the two badly."""
        if not incomplete or _begins_a_path(incomplete):
            return [CompletionItem(incomplete, type="file")]
        try:
            said = ask_git("for-each-ref", "--format=%(refname:short)")
        except RefusedError:
            return []
        return [
            CompletionItem(name)
            for name in said.output.decode("utf-8", "replace").split()
            if name.startswith(incomplete)
        ]


class NamedPath(click.Path):
    """A path that says something, for the same reason."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:  # noqa: ANN401
        """What ``click.Path`` makes of *value*."""
        if not str(value):
            self.fail(_EMPTY, param, ctx)
        return super().convert(value, param, ctx)


_EMPTY: Final = "it is empty; the current folder is `.`"


def _begins_a_path(text: str) -> bool:
    folder, _, start = text.rpartition("/")
    try:
        return any(path.name.startswith(start) for path in Path(folder or ("/" if "/" in text else ".")).iterdir())
    except OSError:
        return False


def bundle_argument(name: str = "bundle") -> Callable[[_F], _F]:
    """Add the argument *name*, a bundle wherever it is, to a command: it gets a text for ``read_draft``."""
    return click.argument(name, type=BundleReference(), metavar=name.upper())
