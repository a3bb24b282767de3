"""``policy ci``: everything that a change must pass, in one call."""

from pathlib import Path
from typing import Final, NoReturn

import click
from rich.text import Text

from sidecar.authoring.comparison import to_plain
from sidecar.authoring.markdown import review_markdown
from sidecar.authoring.review import Demands, Ending, Review, review
from sidecar.cli.failure import ExitCode
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import BundleReference, bundle_argument
from sidecar.cli.policy.diff import show_comparison
from sidecar.cli.policy.report import STDOUT, ReportFile, check_printed_once, write_report
from sidecar.cli.policy.threshold import threshold_option
from sidecar.cli.problem_view import is_no_bundle


@click.command("ci", short_help="Check, test, prove and compare, for a pull request.")
@bundle_argument()
@click.option(
    "--base",
    type=BundleReference(),
    required=True,
    metavar="REV",
    help="What the change is compared with: a git revision, or a bundle.",
)
@threshold_option("Fail if tests cover less.")
@click.option("--strict", is_flag=True, help="Fail on warnings.")
@click.option("--fail-on-widening", is_flag=True, help="Fail if more may be done with data than before.")
@click.option("--markdown", type=ReportFile(), metavar="FILE", help="Write one report; - prints it instead.")
@output_option
def review_bundle(
    *,
    bundle: str,
    base: str,
    threshold: float | None,
    strict: bool,
    fail_on_widening: bool,
    markdown: Path | None,
    output: str,
) -> NoReturn:
    """Check, test, prove and compare BUNDLE: every step, whatever one of them finds.

    Exits 1 if any fails, 3 if that is because the bundle is invalid.

    The base is the folder of the same name in revision REV, such as `origin/main`. In an environment that clones
    shallowly, fetch that revision first.
    """
    check_printed_once(output, markdown)
    found = review(bundle, base, Demands(threshold=threshold, strict=strict, widening=fail_on_widening))
    if found.refused is not None and is_no_bundle(found.refused):
        raise found.refused
    if markdown is not None:
        write_report(markdown, review_markdown(found))
    if output == "json":
        show_json(_to_plain(found))
    elif markdown != STDOUT:
        _show(found)
    failed = ExitCode.ERROR if found.refused is None else ExitCode.INVALID
    click.get_current_context().exit(ExitCode.SUCCESS if found.passed else failed)


_STYLES: Final = {Ending.PASSED: "green", Ending.FAILED: "bold red", Ending.SKIPPED: "dim"}


def _show(found: Review) -> None:
    for step in found.steps:
        show_line(
            Text.assemble((f"{step.ending:<8}", _STYLES[step.ending]), (f"{step.name:<11}", "bold"), step.summary)
        )
        if step.ending is Ending.FAILED:
            for line in step.lines:
                show_line(f"        {line}")
    if found.comparison is not None and (found.comparison.answers or found.comparison.reach):
        show_line()
        show_comparison(found.comparison)


def _to_plain(found: Review) -> dict[str, object]:
    return {
        "bundle": found.bundle,
        "base": found.base,
        "passed": found.passed,
        "steps": [
            {"name": step.name, "ending": str(step.ending), "summary": step.summary, "lines": list(step.lines)}
            for step in found.steps
        ],
        "diff": None if found.comparison is None else to_plain(found.comparison),
    }
