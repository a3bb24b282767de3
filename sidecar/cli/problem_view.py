"""Problems of a bundle as people read them: errors before warnings, at places that a terminal can open."""

import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from sidecar.cli.failure import Failure
from sidecar.errors import BundleError, Problem
from sidecar.policy.files import REQUIRED, SCHEMA

_NOT_A_BUNDLE: Final = (
    "every bundle has `schema.cedarschema` and `catalog/`; `sidecar policy new DIR` makes one to start from"
)


def bundle_failure(error: BundleError) -> Failure:
    """What to tell of an invalid bundle; for programs every problem, at its place in the bundle."""
    details = {"problems": [asdict(problem) for problem in error.problems]}
    if is_no_bundle(error):  # thirty lines would say less
        nested = next((problem.hint for problem in error.problems if "the bundle?" in problem.hint), "")
        message = f"`{error.source}` is not a bundle"
        hint = nested or bundle_above(Path(error.source)) or _NOT_A_BUNDLE
        return Failure(code=error.code, message=message, hint=hint, details=details)
    errors = tuple(problem for problem in error.problems if not problem.warning)
    warnings = tuple(problem for problem in error.problems if problem.warning)
    where = f"the bundle `{error.source}`" if error.source else "the bundle"
    counts = [counted(errors, "error"), *([counted(warnings, "warning")] if warnings else [])]
    return Failure(
        code=error.code,
        message=f"{' and '.join(counts)} in {where}",
        listing="\n".join(problem_lines((*errors, *warnings), error.source)),
        details=details,
    )


def is_no_bundle(error: BundleError) -> bool:
    """Whether there is nothing at all of what every bundle has."""
    missing = [problem for problem in error.problems if problem.code == "bundle.missing_file"]
    return len(missing) > len(REQUIRED)  # no policy either


def bundle_above(folder: Path) -> str:
    """A question whether a folder that *folder* is in was meant, if that is a bundle; else nothing."""
    above = folder
    for _ in range(_NESTING):
        above = above / ".."
        if folder.is_dir() and (above / SCHEMA).is_file():
            return f"is `{os.path.normpath(above)}` the bundle?"
    return ""


_NESTING: Final = 2
"""How deep the folders of a bundle are."""


def problem_lines(problems: tuple[Problem, ...], source: str) -> Iterator[str]:
    """*problems* of the bundle at *source*, line by line; if that is a folder, each place is below it."""
    folder = Path(source) if source else Path()
    placed = bool(source) and folder.is_dir()
    for problem in problems:
        shown = replace(problem, file=str(folder / problem.file)) if placed else problem
        yield from str(shown).splitlines()


def counted(problems: tuple[Problem, ...], noun: str) -> str:
    """How many there are, in words: `1 warning`, `2 warnings`."""
    return f"{len(problems)} {noun}{'s' * (len(problems) != 1)}"
