"""``policy diff``: what a change of a bundle allows."""

from pathlib import Path
from typing import NoReturn

import click

from sidecar.authoring.comparison import Comparison, compare_bundles, lines_of, to_plain
from sidecar.authoring.markdown import comparison_markdown
from sidecar.cli.failure import ExitCode
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import bundle_argument
from sidecar.cli.policy.report import STDOUT, ReportFile, check_printed_once, write_report
from sidecar.policy.bundle import read_draft


@click.command("diff", short_help="Show every answer that differs between two bundles.")
@bundle_argument("old")
@bundle_argument("new")
@click.option(
    "--markdown", type=ReportFile(), metavar="FILE", help="Write a report for a pull request; - prints it instead."
)
@click.option("--fail-on-widening", is_flag=True, help="Exit 1 if more may be done with data than before.")
@output_option
def diff_bundles(*, old: str, new: str, markdown: Path | None, fail_on_widening: bool, output: str) -> NoReturn:
    """Show every class of questions that bundle NEW answers otherwise than OLD, what is newly allowed first.

    OLD and NEW are folders, archives, or revisions in git such as `main:policies`. The comparison is exact: of all
    questions that services have declared, about anybody, none is left out and none listed that is answered as before.
    """
    check_printed_once(output, markdown)
    comparison = compare_bundles(read_draft(old), read_draft(new))
    if markdown is not None:
        write_report(markdown, comparison_markdown(comparison))
    if output == "json":
        show_json(to_plain(comparison))
    elif markdown != STDOUT:
        show_comparison(comparison)
    failed = fail_on_widening and comparison.widens
    click.get_current_context().exit(ExitCode.ERROR if failed else ExitCode.SUCCESS)


def show_comparison(comparison: Comparison) -> None:
    """Print *comparison* for people."""
    for depth, text in lines_of(comparison):
        if depth == 0:
            show_line(text, style="bold")
        else:
            show_line("  " * depth + text.replace("`", ""))
    show_line(("wider: " if comparison.widens else "no wider: ") + comparison.summary)
