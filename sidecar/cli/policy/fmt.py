"""``policy fmt``: policy files in their one layout."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from sidecar.authoring.formatting import FormattedFile, formatted_files, write_formatted
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import NamedPath
from sidecar.cli.problem_view import bundle_above
from sidecar.errors import BundleError
from sidecar.policy.files import SCHEMA
from sidecar.policy.problems import Problems


@click.command("fmt", short_help="Lay out policy files, comments kept.")
@click.argument("bundle", type=NamedPath(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Like --check, and show what would change.")
@output_option
def format_policies(*, bundle: Path, check: bool, diff: bool, output: str) -> NoReturn:
    """Lay out the *.cedar files of BUNDLE: Cedar's own layout, with comments and paragraphs kept.

    A file that has no layout, because it does not parse, is left alone and shown; the others are done. Exits 3 then.
    """
    _check_folder(bundle)
    problems = Problems()
    files = formatted_files(bundle, problems)
    if not files and not problems.invalid:
        nested = next((path.parent for path in sorted(bundle.glob(f"*/{SCHEMA}"))), None)
        hint = f"is `{nested}` the bundle?" if nested else bundle_above(bundle)
        hint = hint or "name the folder of a bundle; policies stand at its top"
        raise _cannot("bundle.missing_file", f"there is no `*.cedar` file in `{bundle}`", hint)
    changed = [file for file in files if file.changed]
    writes = not (check or diff)
    if writes:
        for file in changed:
            write_formatted(bundle, file)
    if output == "json":
        show_json({"changed": [_plain(file, diff=diff) for file in changed], "files": len(files), "written": writes})
    else:
        _show(bundle, changed, len(files), writes=writes, diff=diff)
    if problems.invalid:
        raise BundleError(problems.sorted(), source=str(bundle))
    click.get_current_context().exit(ExitCode.ERROR if changed and not writes else ExitCode.SUCCESS)


def _check_folder(bundle: Path) -> None:
    if bundle.is_file():
        hint = f"a bundle is laid out as a whole: name its folder, `{bundle.parent}`"
        raise _cannot("bundle.missing", f"`{bundle}` is a file", hint)
    if not bundle.is_dir():
        hint = "name the folder of a bundle: what is in git or in an archive cannot be written"
        raise _cannot("bundle.missing", f"there is no folder `{bundle}`", hint)


def _cannot(code: str, message: str, hint: str) -> CommandError:
    return CommandError(Failure(code=code, message=message, hint=hint))


def _plain(file: FormattedFile, *, diff: bool) -> dict[str, str]:
    return {"file": file.path, **({"diff": file.diff()} if diff else {})}


def _show(bundle: Path, changed: Sequence[FormattedFile], count: int, *, writes: bool, diff: bool) -> None:
    for file in changed:
        if diff:
            for line in file.diff().splitlines():
                show_line(line, style=_STYLES.get(line[:1], ""))
        else:
            show_line(f"{'formatted' if writes else 'would format'} {bundle / file.path}")
    if not diff:
        noun = f"file{'s' * (count != 1)}"
        show_line(f"{len(changed)} of {count} {noun} {'changed' if writes else 'would change'}")


_STYLES = {"+": "green", "-": "red"}
