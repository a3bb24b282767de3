"""Policy files in their one layout: what would change, and writing it."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from sidecar.authoring.writing import write_whole
from sidecar.policy.cedar.layout import laid_out
from sidecar.policy.problems import Place, Problems
from sidecar.policy.source.reading import read_source


@dataclass(frozen=True, slots=True, kw_only=True)
class FormattedFile:
    """One policy file, as it is and as it should be."""

    path: str  # relative to the bundle
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether it is not as it should be."""
        return self.before != self.after

    def diff(self) -> str:
        """The change, unified; empty if there is none."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        lines = unified_diff(before, after, f"a/{self.path}", f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def formatted_files(bundle: Path, problems: Problems) -> tuple[FormattedFile, ...]:
    """The policy files of the folder *bundle*, but for those that cannot be formatted; these are reported.

    Nothing else that is wrong with the bundle is: a file can be formatted while another one is missing.
    """
    found = Problems()
    files = read_source(bundle, found).files
    policies = files.policies()
    for problem in found.sorted():
        if problem.file in policies:
            problems.error(
                Place(problem.file, problem.line, problem.column), problem.code, problem.message, problem.hint
            )
    return tuple(_formatted({path: files.texts[path] for path in policies if path in files.texts}, problems))


def _formatted(texts: dict[str, str], problems: Problems) -> Iterator[FormattedFile]:
    for path, text in texts.items():
        after = laid_out(text, path, problems)
        if after is not None:
            yield FormattedFile(path=path, before=text, after=after)


def write_formatted(bundle: Path, file: FormattedFile) -> None:
    """Write what *file* should be, whole or not at all; its mode stays, and a link stays a link."""
    write_whole(bundle / file.path, file.after.encode())
