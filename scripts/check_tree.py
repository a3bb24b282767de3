"""Check what no other tool does: generated files are fresh, and relative links in documents lead somewhere.

Each generator is a command with ``--check``; it exits 1, and says which file, when a committed file is not its output.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATORS = ("configuration.py", "decision_schema.py", "proto.py", "schemas.py", "taxonomy.py")
LINK = re.compile(r"\[[^]]*]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def stale() -> Iterator[str]:
    """The generators whose committed output is not fresh."""
    for name in GENERATORS:
        if subprocess.run([sys.executable, ROOT / "scripts" / name, "--check"], check=False).returncode:
            yield f"scripts/{name} --check failed"


def documents() -> Iterator[Path]:
    """Every Markdown file of the tree that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],  # noqa: S607 - git from the path
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    yield from (ROOT / line for line in listed.stdout.splitlines())


def dead_links() -> Iterator[str]:
    """Relative links that lead nowhere, as ``file: target``."""
    for document in documents():
        if not document.is_file():
            continue
        for target in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
            if "://" not in target and not target.startswith("mailto:") and not (document.parent / target).exists():
                yield f"{document.relative_to(ROOT)}: `{target}` does not exist"


def unlisted() -> Iterator[str]:
    """Decisions that their index does not list, and numbers that two of them have."""
    folder = ROOT / "docs" / "adr"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    for record in sorted(folder.glob("[0-9]*.md")):
        if record.name not in listed:
            yield f"docs/adr/README.md does not list `{record.name}`"
    numbers = [record.name[:4] for record in folder.glob("[0-9]*.md")]
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        yield f"docs/adr: two decisions have the number {number}"


def main() -> int:
    """Print every problem; 1 if there was one."""
    problems = [*stale(), *dead_links(), *unlisted()]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
