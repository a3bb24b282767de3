"""Problems of a bundle, as people read them."""

from pathlib import Path

import pytest

from sidecar.cli.problem_view import bundle_above, bundle_failure, counted, problem_lines
from sidecar.errors import BundleError, Problem
from tests.unit.policy.bundles import write


def _problem(file: str, *, code: str = "x", warning: bool = False, hint: str = "") -> Problem:
    return Problem(file=file, line=2, column=3, code=code, message="wrong", hint=hint, warning=warning)


def test_errors_come_before_warnings_and_are_counted_apart() -> None:
    """What stops a bundle is read first; each kind stays in the order of files."""
    error = BundleError((_problem("a", warning=True), _problem("b"), _problem("c", warning=True), _problem("d")))

    failure = bundle_failure(error)

    assert "2 errors and 2 warnings in the bundle" == failure.message
    assert ["b:2:3", "d:2:3", "a:2:3", "c:2:3"] == [line.partition(": ")[0] for line in failure.listing.splitlines()]


def test_places_can_be_opened_from_where_the_command_was_given(tmp_path: Path) -> None:
    """Below the folder of the bundle; those in a revision of git can be opened nowhere."""
    problems = (_problem("catalog/fields.yaml", hint="do"),)

    assert [f"{tmp_path}/catalog/fields.yaml:2:3: error: wrong [x]", "    do"] == list(
        problem_lines(problems, str(tmp_path))
    )
    assert ["catalog/fields.yaml:2:3: error: wrong [x]", "    do"] == list(problem_lines(problems, "main:policies"))
    assert ["catalog/fields.yaml:2:3: error: wrong [x]", "    do"] == list(problem_lines(problems, ""))


def test_what_is_not_a_bundle_at_all_is_one_sentence() -> None:
    """Nobody reads thirty lines to learn of a wrong name; programs still get all of them."""
    missing = tuple(_problem(str(number), code="bundle.missing_file") for number in range(6))

    failure = bundle_failure(BundleError(missing, source="docs"))

    assert ("`docs` is not a bundle", "") == (failure.message, failure.listing)
    assert "`sidecar policy new DIR` makes one" in failure.hint
    assert 6 == len(failure.details["problems"])  # type: ignore[arg-type]


def test_a_bundle_one_folder_below_is_pointed_at() -> None:
    """The likeliest mistake is to name the repository."""
    missing = tuple(
        _problem(str(number), code="bundle.missing_file", hint="is `policies` in it the bundle?") for number in range(6)
    )

    assert "is `policies` in it the bundle?" == bundle_failure(BundleError(missing, source=".")).hint


def test_one_is_one() -> None:
    """A plural only where there are several."""
    assert ("0 warnings", "1 warning") == (counted((), "warning"), counted((_problem("a"),), "warning"))


def test_a_folder_of_a_bundle_points_at_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the deepest folder that a bundle has, as seen from where the command was given."""
    bundle = write(tmp_path / "policies")
    monkeypatch.chdir(tmp_path)

    assert "is `policies` the bundle?" == bundle_above(Path("policies/catalog"))
    assert "is `policies` the bundle?" == bundle_above(Path("policies/catalog/services"))
    assert "" == bundle_above(Path("policies/nowhere"))
    assert "" == bundle_above(tmp_path)
    monkeypatch.chdir(bundle / "catalog")
    assert "is `..` the bundle?" == bundle_above(Path())
