"""Documents that run: what a page shows of commands is what they print; ``python -m tests.documents --write PAGE...``.

A page is read from top to bottom, in one scratch folder that has a copy of ``policies/``. The words behind the language
of a fenced block say what becomes of it:

    ```console run        each line that starts with `$ ` is run, in bash; the lines below it are what it prints
    ```yaml file=PATH     the block is written to PATH
    ```yaml append=PATH   the block is appended to PATH, below an empty line
    ```diff apply         the block is applied, by `git apply`
    ```yaml shown=PATH    the block is what PATH says, whole

A command exits 0, or its line ends with `# exits N`. `cd` lasts, variables do not; a line that ends with a backslash
goes on. In an output `…` stands for anything within a line, and alone on a line for any number of lines.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SECONDS: Final = 120
"""For one command."""

_BLOCK: Final = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_EXITS: Final = re.compile(r"# exits (\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A block that does not say what happened."""

    page: str
    line: int  # of the block's first fence
    written: str
    happened: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: this is what happens:\n{self.happened}\ninstead of:\n{self.written}"


class CommandFailedError(Exception):
    """A command of a page exits otherwise than the page says."""


def runs(text: str) -> bool:
    """Whether anything on a page is run."""
    return any(block["info"].split()[1:] == ["run"] for block in _BLOCK.finditer(text))


def pages() -> tuple[Path, ...]:
    """Every page that has something to run."""
    every = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    return tuple(page for page in every if runs(page.read_text("utf-8")))


def differences(text: str, page: str, scratch: Path) -> list[Difference]:
    """Run a page in the folder *scratch*: all that is not as it says.

    Raises:
        CommandFailedError: at the first command with another exit code, since what follows depends on it.
    """
    found: list[Difference] = []
    stage = _Stage(scratch)
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        happened = stage.play(block["info"].split()[1:], block["body"], f"{page}:{line}")
        if happened != block["body"]:
            found.append(Difference(page=page, line=line, written=block["body"], happened=happened))
    return found


def refreshed(text: str, page: str, scratch: Path) -> str:
    """The page as it should be; raises like ``differences``."""
    stage = _Stage(scratch)

    def fresh(block: re.Match[str]) -> str:
        line = text.count("\n", 0, block.start()) + 1
        body = stage.play(block["info"].split()[1:], block["body"], f"{page}:{line}")
        return f"```{block['info']}\n{body}```"

    return _BLOCK.sub(fresh, text)


class _Stage:
    """Where one page is run."""

    def __init__(self, scratch: Path) -> None:
        self._folder = scratch / "work"
        self._where = scratch / "where"
        self._environ = _environ(scratch)
        shutil.copytree(ROOT / "policies", self._folder / "policies")
        self._where.write_text(f"{self._folder}\n")

    def play(self, words: list[str], body: str, place: str) -> str:
        """What the block should say, after doing what it is for."""
        match words:
            case ["run"]:
                return "".join(self._run(*step, place) for step in _steps(body))
            case ["apply"]:
                self._shell("git apply -", place, stdin=body)
            case [word] if word.startswith("file="):
                path = self._path(word)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body, encoding="utf-8")
            case [word] if word.startswith("append="):
                path = self._path(word)
                path.write_text(f"{path.read_text('utf-8')}\n{body}", encoding="utf-8")
            case [word] if word.startswith("shown="):
                return self._path(word).read_text("utf-8")
            case []:
                pass
            case _:
                message = (
                    f"{place}: a block can be `run`, `apply`, `file=`, `append=` or `shown=`, not {' '.join(words)}"
                )
                raise ValueError(message)
        return body

    def _path(self, word: str) -> Path:
        return Path(self._where.read_text().strip()) / word.partition("=")[2]

    def _run(self, command: str, written: str, place: str) -> str:
        output = self._shell(command, place)
        shown = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
        return f"$ {command}\n{written if _stands_for(written, shown) else _elided(shown, written)}"

    def _shell(self, command: str, place: str, stdin: str = "") -> str:
        where = Path(self._where.read_text().strip())
        script = f"{command}\nstatus=$?\npwd > {self._where}\nexit $status"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=where,
            env=dict(self._environ),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
            text=True,
            encoding="utf-8",
        )
        exits = _EXITS.search(command)
        if done.returncode != (int(exits[1]) if exits else 0):
            raise CommandFailedError(f"{place}: `{command}` exits {done.returncode}:\n{done.stdout}")
        return done.stdout


def _environ(scratch: Path) -> Mapping[str, str]:
    """As plain as can be, and the same everywhere: the time in commits, no colours, this tree's programs."""
    programs = scratch / "bin"
    programs.mkdir(parents=True)
    for name, words in {"sidecar": "-m sidecar ", "python": ""}.items():
        launcher = programs / name
        launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n')
        launcher.chmod(0o755)
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _AUTHOR.items()}
    return {
        **who,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(scratch),
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


_AUTHOR: Final = {"NAME": "Ada", "EMAIL": "ada@example.org", "DATE": "2026-06-01T12:00:00Z"}


def _steps(body: str) -> Iterator[tuple[str, str]]:
    """Each command of a block with what is written below it."""
    command, output = "", ""
    for line in body.splitlines(keepends=True):
        if command.endswith("\\"):
            command += "\n" + line.removesuffix("\n")
        elif line.startswith("$ "):
            if command:
                yield command, output
            command, output = line[2:].removesuffix("\n"), ""
        else:
            output += line
    yield command, output


def _elided(shown: str, written: str) -> str:
    """*shown* with those lines of *written* that say with a `…` what still holds."""
    general = [line for line in written.splitlines(keepends=True) if "…" in line and line.strip() != "…"]
    return "".join(
        next((known for known in general if _stands_for(known, line)), line) for line in shown.splitlines(keepends=True)
    )


def _stands_for(written: str, shown: str) -> bool:
    """Whether *written*, with its `…`, is a way to write *shown*; one without any is only itself."""
    pattern = ""
    for line in written.splitlines():
        inside = ".*".join(map(re.escape, line.split("…")))
        pattern += r"(?:.*\n)*" if line.strip() == "…" else rf"{inside}\n"
    return re.fullmatch(pattern, shown) is not None


def main() -> int:
    """Check pages, or write them; 1 if one is not as it says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--write", action="store_true", help="make the pages say what happens")
    parser.add_argument("page", nargs="*", type=Path, help="default: every page that has something to run")
    given = parser.parse_args()
    wrong = [said for page in given.page or pages() for said in _wrong_with(page, write=given.write)]
    for said in wrong:
        print(said, file=sys.stderr)  # noqa: T201 - a command
    return int(bool(wrong))


def _wrong_with(page: Path, *, write: bool) -> Iterator[object]:
    text = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        try:
            if write:
                page.write_text(refreshed(text, str(page), Path(folder)), encoding="utf-8")
            else:
                yield from differences(text, str(page), Path(folder))
        except CommandFailedError as error:
            yield error


if __name__ == "__main__":
    sys.exit(main())
