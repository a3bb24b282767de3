"""``policy check``: everything that is wrong with a bundle."""

from dataclasses import asdict
from typing import NoReturn

import click

from sidecar.authoring.suite.reader import load_suites
from sidecar.cli.failure import ExitCode
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import bundle_argument
from sidecar.cli.problem_view import counted, problem_lines
from sidecar.policy.analysis.findings import find
from sidecar.policy.bundle import read_draft


@click.command("check", short_help="Show everything that is wrong with a bundle.")
@bundle_argument()
@click.option("--strict", is_flag=True, help="Exit 1 if there are warnings.")
@output_option
def check_bundle(*, bundle: str, strict: bool, output: str) -> NoReturn:
    """Load BUNDLE and show everything that is wrong with it, its tests included; exits 3 if it is invalid.

    Warnings are about what is no mistake for certain, but hardly meant: a policy that can never apply, say, or a
    special category of data that is used without explicit consent. They stop nothing else.

    BUNDLE is a folder, an archive that `sidecar policy build` made, or a revision in git such as `main:policies`.
    """
    draft = read_draft(bundle)
    load_suites(draft)
    found, policies = find(draft), len(draft.policies)
    findings = found.problems
    if output == "json":
        problems = [asdict(problem) for problem in findings]
        show_json({"revision": draft.files.revision, "policies": policies, "problems": problems, "note": found.note})
    else:
        for line in problem_lines(findings, draft.source):
            show_line(line)
        if found.note:
            show_line(f"note: {found.note}")
        show_line(f"valid, {policies} policies, {counted(findings, 'warning')}; revision {draft.files.revision}")
    click.get_current_context().exit(ExitCode.ERROR if strict and findings else ExitCode.SUCCESS)
