"""Reports as Markdown, to be put into a pull request."""

from sidecar.authoring.comparison import Comparison, lines_of


def comparison_markdown(comparison: Comparison) -> str:
    """*comparison* as a section of Markdown."""
    head = "**This change widens what may be done with data.**" if comparison.widens else "This change widens nothing."
    lines = ["## What this change allows", "", head, "", comparison.summary[:1].upper() + comparison.summary[1:] + "."]
    for depth, text in lines_of(comparison):
        if depth == 0:
            lines += ["", f"### {text}", ""]
        else:
            lines.append(f"{'  ' * (depth - 1)}- {text}")
    lines += ["", f"<sub>{comparison.old_revision} to {comparison.new_revision}</sub>", ""]
    return "\n".join(lines)
