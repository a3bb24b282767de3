"""Problems of a bundle as people read them: errors before warnings, at places that a terminal can open."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from sidecar.cli.failure import Failure
from sidecar.errors import BundleError, Problem
from sidecar.policy.files import REQUIRED

_NOT_A_BUNDLE: Final = (
    "every bundle has `schema.cedarschema` and `catalog/`; `sidecar policy new DIR` makes one to start from"
)


def bundle_failure(error: BundleError) -> Failure:
    """What to tell of an invalid bundle; for programs every problem, at its place in the bundle."""
    details = {"problems": [asdict(problem) for problem in error.problems]}
    missing = [problem for problem in error.problems if problem.code == "bundle.missing_file"]
    if len(missing) > len(REQUIRED):  # no policy either: thirty lines would say less
        nested = next((problem.hint for problem in missing if "the bundle?" in problem.hint), "")
        message = f"`{error.source}` is not a bundle"
        return Failure(code=error.code, message=message, hint=nested or _NOT_A_BUNDLE, details=details)
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
