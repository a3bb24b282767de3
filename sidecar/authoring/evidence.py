"""What is shown of a bundle before it is built, and goes into its manifest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sidecar.authoring.suite.runner import run_suites
from sidecar.errors import Problem
from sidecar.policy.analysis.guardrails import Proof, prove_guardrails
from sidecar.policy.bundle import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """*values* are JSON, by the name of what was shown; with any *failures* nothing is to be built."""

    values: Mapping[str, Any]
    failures: tuple[Problem, ...]


def collect_evidence(draft: Draft) -> Evidence:
    """All that is shown of *draft*: the one place where a step of the build adds what it found.

    It must be the same for the same bundle, whenever and wherever it is built, or the archive is not. Raises
    ``BundleError`` if a suite cannot be read, ``AnalysisError`` if guardrails cannot be proved here.
    """
    outcome = run_suites(draft)
    proof = prove_guardrails(draft)
    rows = sum(len(case.rows) for case in outcome.cases)
    return Evidence(
        values={
            "policies": len(draft.policies),
            "warnings": len(draft.findings),
            "tests": {"cases": len(outcome.cases), "questions": rows},
            "guardrails": {"proved": len(proof.guardrails), "inexact conditions": len(proof.inexact)},
        },
        failures=(*outcome.failures, *_violations(proof)),
    )


def _violations(proof: Proof) -> Iterator[Problem]:
    for guardrail in dict.fromkeys(violation.guardrail.id for violation in proof.violations):
        policy = next(policy for policy in proof.guardrails if policy.id == guardrail)
        yield Problem(
            file=policy.place.file,
            line=policy.place.line,
            column=policy.place.column,
            code="guardrail.violated",
            message=f"the other policies allow what guardrail `{guardrail}` forbids",
            hint="`sidecar policy guardrails` names a question, and the permit",
        )
