"""Reports as Markdown, to be put into a pull request."""

from typing import Final

from sidecar.authoring.comparison import Comparison, lines_of

MOST: Final = 40_000
"""Characters; platforms take some 65,000 in a comment."""


def comparison_markdown(comparison: Comparison) -> str:
    """*comparison* as a section of Markdown."""
    head = "**This change widens what may be done with data.**" if comparison.widens else "This change widens nothing."
    lines = ["## What this change allows", "", head, "", comparison.summary[:1].upper() + comparison.summary[1:] + "."]
    for depth, text in lines_of(comparison):
        if depth == 0:
            lines += ["", f"### {text}", ""]
        else:
            lines.append(f"{'  ' * (depth - 1)}- {text}")
    size = 0
    for place, line in enumerate(lines):
        size += len(line) + 1
        if size > MOST:
            lines[place:] = ["", f"{len(lines) - place} more lines do not fit here; `sidecar policy diff` has them."]
            break
    lines += ["", f"<sub>{comparison.old_revision} to {comparison.new_revision}</sub>", ""]
    return "\n".join(lines)
