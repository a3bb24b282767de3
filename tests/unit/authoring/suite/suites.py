"""Suites over the small bundle of tests/unit/policy."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from sidecar.authoring.suite.outcome import Outcome
from sidecar.authoring.suite.reader import read_suites
from sidecar.authoring.suite.runner import run_suites
from sidecar.policy.bundle import Draft, read_draft
from sidecar.policy.files import Files
from sidecar.policy.problems import Place, Problems
from tests.unit.policy.bundles import write

SUBJECTS = """\
suite: mail
now: 2026-06-01T12:00:00Z
groups:
  subjects: {willing: [ada, bea]}
  fields: {mail: [customer.email]}
subjects:
  ada:
    - {at: 2026-01-01T09:00:00Z, given: {purposes: [marketing.email], categories: [user.contact.email]}}
    - {at: 2026-05-01T09:00:00Z, withdrawn: {purposes: [marketing.email]}}
  bea: {consent: given}
  clear: {consent: given, explicit: true}
"""


def draft(folder: Path, suite: str, **more: str) -> Draft:
    """The small bundle, read once, with *suite* as its tests, and *more* files of tests by name."""
    base = _read(folder.parent)
    tests = {"tests/basics.yaml": suite} | {f"tests/{name}.yaml": text for name, text in more.items()}
    texts = {path: text for path, text in base.files.texts.items() if path not in base.files.tests()} | tests
    return replace(base, files=Files(paths=tuple(sorted(texts)), texts=texts, revision=base.files.revision))


_READ: Final[list[Draft]] = []


def _read(folder: Path) -> Draft:
    if not _READ:
        _READ.append(read_draft(write(folder / "small", {})))
    return _READ[0]


def run(folder: Path, tests: str) -> Outcome:
    """The outcome of *tests*, a YAML list, about ``SUBJECTS``."""
    return run_suites(draft(folder, f"{SUBJECTS}tests:\n{tests}"))


def found(folder: Path, suite: str, **more: str) -> list[str]:
    """Every problem of *suite*, as ``line:column code: message``."""
    problems = Problems()
    read_suites(draft(folder, suite, **more), problems)
    return [f"{Place('', p.line, p.column)} {p.code}: {p.message}".removeprefix(":") for p in problems.sorted()]
