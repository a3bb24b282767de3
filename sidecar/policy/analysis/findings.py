"""Everything in a bundle that is no mistake for certain, but hardly meant. For authors: takes seconds, never served."""

from dataclasses import dataclass
from typing import Final

from sidecar.errors import AnalysisError, Problem
from sidecar.policy.analysis.asked import Asked
from sidecar.policy.analysis.idle_entries import report_idle_entries, report_never_allowed
from sidecar.policy.analysis.idle_policies import report_idle_policies
from sidecar.policy.analysis.protections import report_breaches
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.lint import report_out_of_scope
from sidecar.policy.places import Places
from sidecar.policy.problems import Problems

_INEXACT: Final = "not certain where it hangs on a condition that no table holds, taken for true and for false: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Warnings, sorted by place; *note* says why some were not looked for, or are not certain, if so."""

    problems: tuple[Problem, ...]
    note: str = ""


def find(draft: Draft) -> Findings:
    """Findings about *draft*, those of its loader included."""
    problems = Problems()
    places = Places(draft.files)
    report_out_of_scope(draft.policies, draft.catalog, problems)
    report_idle_entries(draft, places, problems)
    note = ""
    try:
        asked = Asked(draft)
    except AnalysisError as error:
        note = f"only the simpler findings: {error}"
    else:
        report_idle_policies(asked, problems)
        report_never_allowed(asked, places, problems)
        report_breaches(asked, places, problems)
        if asked.analysis.inexact:
            note = _INEXACT + "; ".join(f"`{one.text}`" for one in asked.analysis.inexact)
    return Findings(problems=tuple(sorted({*draft.findings, *problems.sorted()})), note=note)
