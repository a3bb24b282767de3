"""``policy test``: the tests that a bundle ships."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from sidecar.authoring.suite.coverage import coverage_of
from sidecar.authoring.suite.junit import to_junit
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.runner import Asking
from sidecar.authoring.suite.selection import Selection, select, unmatched
from sidecar.authoring.suite.suite import Suite
from sidecar.authoring.suite.warming import all_cores
from sidecar.cli.failure import CommandError, ExitCode, Failure
from sidecar.cli.output import output_option, show_json
from sidecar.cli.policy.argument import bundle_argument
from sidecar.cli.policy.report import STDOUT, ReportFile, check_printed_once, write_report
from sidecar.cli.policy.test_view import outcome_to_plain, show_coverage, show_outcome
from sidecar.cli.policy.threshold import threshold_option
from sidecar.engine.snapshot import Snapshot
from sidecar.policy.bundle import read_draft
from sidecar.policy.problems import did_you_mean

_FILTER = "may be repeated. A name that contains the text, or matches it if it has *, ? or [."


@click.command("test", short_help="Run the tests of a bundle.")
@bundle_argument()
@click.option("--suite", "suites", multiple=True, metavar="TEXT", help=f"Only these suites; {_FILTER}")
@click.option("--test", "tests", multiple=True, metavar="TEXT", help="Only these tests; as --suite.")
@click.option("--service", "services", multiple=True, metavar="TEXT", help="Only questions of these services.")
@click.option("--purpose", "purposes", multiple=True, metavar="TEXT", help="Only questions for these purposes.")
@click.option("--coverage", is_flag=True, help="Show which policies decided, and which consent states were asked.")
@threshold_option("Exit 1 if less is covered, of policies or of consent states; implies --coverage.")
@click.option("--junit", type=ReportFile(), metavar="FILE", help="Write a report; - prints it instead.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that help once tests take longer than 2 s; default: one for each core.",
)
@output_option
def test_bundle(
    *,
    bundle: str,
    coverage: bool,
    threshold: float | None,
    junit: Path | None,
    jobs: int | None,
    output: str,
    **patterns: tuple[str, ...],
) -> NoReturn:
    """Run the tests of BUNDLE; exits 1 if one fails, 3 if the bundle or one of its tests is invalid.

    BUNDLE is a folder, an archive that `sidecar policy build` made, or a revision in git such as `main:policies`.
    """
    check_printed_once(output, junit)
    draft = read_draft(bundle)
    chosen = _chosen(load_suites(draft), Selection(**patterns))
    compiled = draft.compiled()
    asking = Asking(Snapshot(draft.bundle(compiled)))
    asking.prepare(chosen, compiled, jobs=jobs or all_cores())
    outcome = asking.run(chosen, on_case=_progress(chosen))
    covered = coverage_of(outcome, draft) if coverage or threshold is not None else None
    if junit is not None:
        write_report(junit, to_junit(outcome).decode())
    enough = threshold is None or covered is None or min(covered.policy_percent, covered.state_percent) >= threshold
    if output == "json":
        show_json(outcome_to_plain(outcome, covered, draft))
    elif junit != STDOUT:
        show_outcome(outcome, draft)
        if covered is not None:
            show_coverage(covered, draft, threshold=threshold)
    click.get_current_context().exit(ExitCode.SUCCESS if outcome.passed and enough else ExitCode.ERROR)


def _chosen(suites: tuple[Suite, ...], selection: Selection) -> tuple[Suite, ...]:
    """What *selection* chooses of *suites*; ``CommandError`` if that is nothing."""
    if not suites:
        hint = "write tests/NAME.yaml; docs/authors/testing.md shows how"
        raise CommandError(Failure(code="test.none", message="the bundle ships no tests", hint=hint))
    missed = unmatched(suites, selection)
    if missed is not None:
        message = f"no {missed.what} matches `{missed.pattern}`"
        raise CommandError(
            Failure(code="test.unmatched", message=message, hint=did_you_mean(missed.pattern, missed.names))
        )
    chosen = select(suites, selection)
    if not chosen:
        hint = "each option matches something, but nothing matches all of them: leave one out"
        raise CommandError(Failure(code="test.unmatched", message="no test is chosen", hint=hint))
    return chosen


def _progress(suites: tuple[Suite, ...]) -> Callable[[], None]:
    """What to call after each test: on a terminal it counts them there."""
    if not sys.stderr.isatty():
        return lambda: None
    total = sum(len(suite.cases) for suite in suites)
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        click.echo("\r" + (f"{done} of {total} tests" if done < total else " " * 40 + "\r"), nl=False, err=True)

    return advance
