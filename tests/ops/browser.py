"""Chromium, without a window, on one file: what becomes of a page, and what it complains of."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

SECONDS = 120
_COMPLAINT = re.compile(r"^\[[^\]]*:CONSOLE[^\]]*\] (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Opened:
    """A page after its scripts have run."""

    dom: str
    complaints: list[str]  # what it wrote to the console, errors and refusals of its policy too

    def cells(self) -> dict[str, str]:
        """What the cells of tables say to those who cannot see them, by service and field."""
        return dict(label.split(": ", 1) for label in _labels(self.dom))


def open_page(page: Path, address: str = "") -> Opened:
    """*page* with *address* behind the `#`; fails where there is no Chromium."""
    program = shutil.which("chromium")
    assert program, "`chromium` is not installed: on Debian, `apt-get install chromium`"
    done = subprocess.run(
        [
            program,
            "--headless",
            "--no-sandbox",  # the page is ours, and root runs the tests of a container
            "--disable-gpu",
            f"--user-data-dir={page.parent / 'profile'}",
            "--enable-logging=stderr",
            "--virtual-time-budget=10000",
            "--dump-dom",
            f"{page.as_uri()}#{address}",
        ],
        capture_output=True,
        timeout=SECONDS,
        check=True,
        text=True,
    )
    return Opened(done.stdout, _COMPLAINT.findall(done.stderr))


class _Labels(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        label = dict(attrs).get("aria-label")
        if tag == "td" and label is not None:
            self.found.append(label)


def _labels(dom: str) -> list[str]:
    reader = _Labels()
    reader.feed(dom)
    return reader.found
