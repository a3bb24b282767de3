"""How the outcome of tests, and what they cover, look."""

from collections.abc import Mapping

from rich.text import Text

from sidecar.authoring.suite.coverage import Coverage, PolicyCoverage
from sidecar.authoring.suite.outcome import CaseResult, Outcome, RowResult, shown
from sidecar.cli.output import show_line, show_pairs, show_table
from sidecar.cli.policy.explain_view import facts_line
from sidecar.cli.policy.place import path_of
from sidecar.engine.explain import summary
from sidecar.model import instant
from sidecar.policy.bundle import Draft

_MOST_FAILURES = 20
"""Rows of one test that are told of; a matrix may fail in thousands for one reason."""


def outcome_to_plain(outcome: Outcome, coverage: Coverage | None, draft: Draft) -> dict[str, object]:
    """*outcome* as JSON has it."""
    plain: dict[str, object] = {
        "revision": draft.files.revision,
        "passed": outcome.passed,
        "tests": len(outcome.cases),
        "failed": sum(bool(case.failed) for case in outcome.cases),
        "cases": [_case_to_plain(case) for case in outcome.cases],
    }
    return plain if coverage is None else {**plain, "coverage": _coverage_to_plain(coverage)}


def show_outcome(outcome: Outcome, draft: Draft) -> None:
    """Print a line a suite, then every failure."""
    by_suite: dict[str, list[CaseResult]] = {}
    for case in outcome.cases:
        by_suite.setdefault(case.suite.name, []).append(case)
    show_table(
        ["suite", "tests", "questions", "failed"],
        [[name, len(cases), sum(len(case.rows) for case in cases), _failed(cases)] for name, cases in by_suite.items()],
    )
    for case in outcome.cases:
        for row in case.failed[:_MOST_FAILURES]:
            _show_failure(case, row, draft)
        if len(case.failed) > _MOST_FAILURES:
            show_line(f"  and {len(case.failed) - _MOST_FAILURES} more questions of this test")
    failed = sum(bool(case.failed) for case in outcome.cases)
    show_line()
    total = f"{len(outcome.cases)} test{'s' * (len(outcome.cases) != 1)}"
    show_line(
        Text(f"{total}, {failed} failed" if failed else f"{total} passed", style="bold red" if failed else "green")
    )


def show_coverage(coverage: Coverage, draft: Draft, *, threshold: float | None) -> None:
    """Print what is covered, and what is not."""
    asked, states = coverage.states
    seen = len(coverage.counted) - len(coverage.unseen)
    show_line()
    show_table(
        ["purpose", *(state.value for state in next(iter(coverage.asked.values()), {}))],
        [[purpose, *(count or "-" for count in counts.values())] for purpose, counts in coverage.asked.items()],
    )
    show_line()
    show_pairs(
        [
            ("policies seen deciding", f"{seen} of {len(coverage.counted)}, {coverage.policy_percent:.0f} %"),
            ("purpose x consent state", f"{asked} of {states}, {coverage.state_percent:.0f} %"),
        ]
    )
    for policy in coverage.unseen:
        title = f": {policy.title}" if policy.title else ""
        show_line(f"{path_of(policy.place, draft)}: {policy.effect} `{policy.id}` was never seen deciding{title}")
    guardrails = len(coverage.policies) - len(coverage.counted)
    if guardrails:
        show_line(
            f"not counted: {guardrails} guardrails, which are never to be what decides (`sidecar policy guardrails`)"
        )
    if threshold is not None and min(coverage.policy_percent, coverage.state_percent) < threshold:
        show_line(Text(f"less than {threshold:g} % is covered", style="bold red"))


def _failed(cases: list[CaseResult]) -> object:
    failed = sum(bool(case.failed) for case in cases)
    return Text(str(failed), style="bold red") if failed else "-"


def _show_failure(case: CaseResult, row: RowResult, draft: Draft) -> None:
    ask = row.row.ask
    show_line()
    show_line(Text.assemble((f"{path_of(row.row.place, draft)}: ", ""), (case.case.name, "bold")))
    show_pairs(
        [
            ("  asked", f"{ask}, at {instant.show(row.row.now)}"),
            ("  expected", shown(row.row.want)),
            ("  got", shown(row.got)),
            ("  because", summary(row.result, ask.request())),
            *(("  facts", facts_line(facts)) for facts in (row.result.facts,) if facts is not None),
            *(("  decided by", _policy(id_, draft)) for id_ in row.result.determining),
        ]
    )


def _policy(id_: str, draft: Draft) -> str:
    policy = next(policy for policy in draft.policies if policy.id == id_)
    title = f": {policy.title}" if policy.title else ""
    return f"{policy.tree.effect} `{id_}` at {path_of(policy.place, draft)}{title}"


def _case_to_plain(case: CaseResult) -> Mapping[str, object]:
    return {
        "suite": case.suite.name,
        "test": case.case.name,
        "file": case.case.place.file,
        "line": case.case.place.line,
        "questions": len(case.rows),
        "passed": not case.failed,
        "failures": [_row_to_plain(row) for row in case.failed],
    }


def _row_to_plain(row: RowResult) -> Mapping[str, object]:
    ask = row.row.ask
    return {
        "file": row.row.place.file,
        "line": row.row.place.line,
        "ask": {
            "service": ask.service,
            "subject": ask.subject,
            "action": ask.action.value,
            "field": ask.field,
            "purpose": ask.purpose,
            "channel": ask.channel,
            "recipient": ask.recipient,
            "attributes": {
                name: sorted(value) if isinstance(value, frozenset) else value for name, value in ask.attributes.items()
            },
        },
        "now": instant.show(row.row.now),
        "want": row.row.want,
        "got": row.got,
        "reason": row.result.reason.value,
        "determining": list(row.result.determining),
    }


def _coverage_to_plain(coverage: Coverage) -> Mapping[str, object]:
    return {
        "policy_percent": round(coverage.policy_percent, 1),
        "state_percent": round(coverage.state_percent, 1),
        "policies": [_policy_to_plain(policy) for policy in coverage.policies],
        "states": {
            purpose: {state.value: count for state, count in counts.items()}
            for purpose, counts in coverage.asked.items()
        },
    }


def _policy_to_plain(policy: PolicyCoverage) -> Mapping[str, object]:
    return {
        "id": policy.id,
        "effect": policy.effect,
        "file": policy.place.file,
        "line": policy.place.line,
        "decided": policy.decided,
        "counts": policy.counts,
    }
