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
from sidecar.cli.policy.argument import bundle_argument
from sidecar.cli.policy.diff import show_comparison


@click.command("ci")
@bundle_argument()
@click.option(
    "--base", required=True, metavar="REV", help="What the change is compared with: a git revision, or a bundle."
)
@click.option("--threshold", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail if tests cover less.")
@click.option("--strict", is_flag=True, help="Fail on warnings.")
@click.option("--fail-on-widening", is_flag=True, help="Fail if more may be done with data than before.")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one report.")
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
    """Check, test, prove and compare BUNDLE: every step, whatever one of them finds; exits 1 if any fails.

    The base is the folder of the same name in revision REV, such as `origin/main`. In an environment that clones
    shallowly, fetch that revision first.
    """
    found = review(bundle, base, Demands(threshold=threshold, strict=strict, widening=fail_on_widening))
    if markdown is not None:
        markdown.write_text(review_markdown(found), encoding="utf-8")
    if output == "json":
        show_json(_to_plain(found))
    else:
        _show(found)
    click.get_current_context().exit(ExitCode.SUCCESS if found.passed else ExitCode.ERROR)


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
