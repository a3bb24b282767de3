"""``policy guardrails``: whether anything but the guardrails keeps what they forbid."""

from typing import NoReturn

import click

from sidecar.authoring.proof import proof_lines, proof_to_plain
from sidecar.cli.failure import ExitCode
from sidecar.cli.output import output_option, show_json, show_line
from sidecar.cli.policy.argument import bundle_argument
from sidecar.policy.analysis.guardrails import Proof, prove_guardrails
from sidecar.policy.bundle import read_draft


@click.command("guardrails", short_help="Prove that no answer depends on a guardrail.")
@bundle_argument()
@output_option
def check_guardrails(*, bundle: str, output: str) -> NoReturn:
    """Prove that no question which BUNDLE without its guardrails would allow meets one of them; exits 1 if any does.

    Guardrails are the forbids in guardrails.cedar. The server enforces them with the rest, so nothing is let through
    either way; but what only a guardrail stops is a mistake in the other policies, or in the catalog.
    """
    proof = prove_guardrails(read_draft(bundle))
    if output == "json":
        show_json(proof_to_plain(proof))
    else:
        show_proof(proof)
    click.get_current_context().exit(ExitCode.SUCCESS if proof.holds else ExitCode.ERROR)


def show_proof(proof: Proof) -> None:
    """Print *proof* for people."""
    for depth, text in proof_lines(proof):
        show_line("  " * depth + text.replace("`", ""))
    if not proof.guardrails:
        show_line("there are no guardrails: no guardrails.cedar, or nothing in it")
        return
    count, broken = len(proof.guardrails), len({one.guardrail.id for one in proof.violations})
    show_line(f"violated: {broken} of {count} guardrails" if broken else f"proved: every guardrail holds ({count})")
