"""Reports as Markdown, to be put into a pull request."""

from typing import Final

from sidecar.authoring.comparison import TITLES, Comparison, lines_of
from sidecar.authoring.review import Ending, Review
from sidecar.policy.analysis.differences import Kind

MOST: Final = 40_000
"""Characters; platforms take some 65,000 in a comment."""

_LINES: Final = 100
"""Of what one step found."""


def comparison_markdown(comparison: Comparison) -> str:
    """*comparison* as a section of Markdown."""
    head = "**This change widens what may be done with data.**" if comparison.widens else "This change widens nothing."
    lines = ["## What this change allows", "", head, "", comparison.summary[:1].upper() + comparison.summary[1:] + "."]
    folded = False
    for depth, text in lines_of(comparison):
        if depth:
            lines.append(f"{'  ' * (depth - 1)}- {text}")
            continue
        lines += ["", "</details>"] if folded else []
        folded = text == TITLES[Kind.REASON]  # seldom worth reading, and long
        lines += ["", f"<details><summary>{text}</summary>" if folded else f"### {text}", ""]
    lines += ["", "</details>"] if folded else []
    size = 0
    for place, line in enumerate(lines):
        size += len(line) + 1
        if size > MOST:
            lines[place:] = ["", f"{len(lines) - place} more lines do not fit here; `sidecar policy diff` has them."]
            break
    lines += ["", f"<sub>{comparison.old_revision} to {comparison.new_revision}</sub>", ""]
    return "\n".join(lines)


def review_markdown(review: Review) -> str:
    """*review* as one report: a table of steps, what failed, then what changes."""
    verdict = "passed" if review.passed else "failed"
    lines = [f"# Policies: {verdict}", "", "| check | | |", "|---|---|---|"]
    marks = {Ending.PASSED: "passed", Ending.FAILED: "**failed**", Ending.SKIPPED: "skipped"}
    lines += [f"| {step.name} | {marks[step.ending]} | {_cell(step.summary)} |" for step in review.steps]
    for step in review.steps:
        if step.lines:
            left = len(step.lines) - _LINES
            lines += ["", f"<details><summary>{step.name}: {step.summary}</summary>", "", "```text"]
            lines += [*step.lines[:_LINES], *([f"and {left} more lines"] if left > 0 else ())]
            lines += ["```", "", "</details>"]
    text = "\n".join((*lines, ""))
    return text if review.comparison is None else f"{text}\n{comparison_markdown(review.comparison)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
