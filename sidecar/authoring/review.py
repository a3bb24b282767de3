"""All that is to be known of a change before it is merged: check after check, none keeping back the next."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sidecar.authoring.comparison import Comparison, compare_bundles
from sidecar.authoring.formatting import formatted_files
from sidecar.authoring.proof import proof_lines
from sidecar.authoring.suite.coverage import coverage_of
from sidecar.authoring.suite.outcome import Outcome
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.runner import run_suites
from sidecar.errors import AnalysisError, BundleError
from sidecar.policy.analysis.findings import find
from sidecar.policy.analysis.guardrails import prove_guardrails
from sidecar.policy.bundle import Draft, read_draft
from sidecar.policy.problems import Problems
from sidecar.policy.source.git import ask_git


class Ending(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check: *summary* in a line, *lines* with what it found."""

    name: str
    ending: Ending
    summary: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All steps, in order; *comparison* is ``None`` if there was nothing to compare, or nothing that could be."""

    bundle: str
    base: str
    steps: tuple[Step, ...]
    comparison: Comparison | None
    refused: BundleError | None = None  # why there was no valid bundle to look at

    @property
    def passed(self) -> bool:
        """Whether no step failed."""
        return all(step.ending is not Ending.FAILED for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What fails a review besides mistakes."""

    threshold: float | None = None  # per cent of policies, and of consent states, that tests must have seen
    strict: bool = False  # whether a finding does
    widening: bool = False  # whether doing more with data than before does


def review(bundle: str, base: str, demands: Demands) -> Review:
    """What is to be known of *bundle*, as a change of *base*: a bundle, or a revision that has it at the same place."""
    return _Reviewing(bundle, base, demands).review()


@dataclass(slots=True)
class _Reviewing:
    bundle: str
    base: str
    demands: Demands
    comparison: Comparison | None = None
    outcome: Outcome | None = None
    refused: BundleError | None = None
    _steps: list[Step] = field(default_factory=list)

    def review(self) -> Review:
        draft = self._check()
        self._layout()
        for name, step in (
            ("test", self._test),
            ("coverage", self._coverage),
            ("guardrails", self._guardrails),
            ("diff", self._diff),
        ):
            self._steps.append(_skipped(name) if draft is None else _caught(name, step, draft))
        return Review(
            bundle=self.bundle,
            base=self.base,
            steps=tuple(self._steps),
            comparison=self.comparison,
            refused=self.refused,
        )

    def _check(self) -> Draft | None:
        try:
            draft = read_draft(self.bundle)
            load_suites(draft)
        except BundleError as error:
            self.refused = error
            self._steps.append(_step("check", error.summary, _problems(error), failed=True))
            return None
        findings = find(draft).problems
        count = len(findings)
        summary = f"valid, {len(draft.policies)} policies, {count} warning{'s' * (count != 1)}"
        lines = tuple(_indented(map(str, findings)))
        self._steps.append(_step("check", summary, lines, failed=bool(self.demands.strict and findings)))
        return draft

    def _layout(self) -> None:
        if not Path(self.bundle).is_dir():
            self._steps.append(Step(name="fmt", ending=Ending.SKIPPED, summary="only files of a folder have a layout"))
            return
        problems = Problems()
        try:
            files = formatted_files(Path(self.bundle), problems)
        except BundleError as error:
            self._steps.append(_step("fmt", error.summary, _problems(error), failed=True))
            return
        changed = [file.path for file in files if file.changed]
        summary = f"{len(changed)} of {len(files)} policy files are not laid out" if changed else "laid out"
        lines = (*changed, *([f"to mend it: sidecar policy fmt {self.bundle}"] if changed else ()))
        self._steps.append(_step("fmt", summary, lines, failed=bool(changed) or problems.invalid))

    def _test(self, draft: Draft) -> Step:
        self.outcome = run_suites(draft)
        if not self.outcome.cases:
            return _step("test", "the bundle ships no tests", (), failed=True)
        failures = self.outcome.failures
        tests = f"{len(self.outcome.cases)} tests"
        summary = f"{tests}, {len(failures)} failures" if failures else f"{tests} passed"
        return _step("test", summary, tuple(_indented(map(str, failures))), failed=bool(failures))

    def _coverage(self, draft: Draft) -> Step:
        if self.outcome is None or not self.outcome.cases:
            return _skipped("coverage")
        covered = coverage_of(self.outcome, draft)
        least = min(covered.policy_percent, covered.state_percent)
        summary = (
            f"{covered.policy_percent:.0f} % of policies seen deciding, "
            f"{covered.state_percent:.0f} % of purpose x consent state asked"
        )
        lines = tuple(f"{one.place}: {one.effect} `{one.id}` was never seen deciding" for one in covered.unseen)
        threshold = self.demands.threshold
        if threshold is not None:
            summary += f", {threshold:g} % demanded"
        return _step("coverage", summary, lines, failed=threshold is not None and least < threshold)

    def _guardrails(self, draft: Draft) -> Step:
        proof = prove_guardrails(draft)
        if not proof.guardrails:
            return Step(name="guardrails", ending=Ending.PASSED, summary="there are none")
        count, broken = len(proof.guardrails), len({one.guardrail.id for one in proof.violations})
        summary = f"{broken} of {count} violated" if broken else f"proved: every one holds ({count})"
        lines = tuple("  " * depth + text for depth, text in proof_lines(proof)) if broken or proof.inexact else ()
        return _step("guardrails", summary, lines, failed=not proof.holds)

    def _diff(self, draft: Draft) -> Step:
        base = _base(self.bundle, self.base)
        if base is None:
            return Step(
                name="diff", ending=Ending.SKIPPED, summary=f"`{self.base}` has no such bundle: all of it is new"
            )
        self.comparison = compare_bundles(read_draft(base), draft)
        failed = self.demands.widening and self.comparison.widens
        return _step("diff", self.comparison.summary, (), failed=failed)


def _base(bundle: str, base: str) -> str | None:
    """What to read as the base: the same folder in that revision, ``None`` if it was not there yet."""
    if ":" in base or Path(base).exists():
        return base
    if not Path(bundle).is_dir():
        return base if Path(bundle).exists() else f"{base}{''.join(bundle.partition(':')[1:])}"
    place = os.path.relpath(bundle)
    if ask_git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}").error == "" and (
        ask_git("cat-file", "-e", f"{base}:./{place}").error
    ):
        return None
    return f"{base}:./{place}"


def _caught(name: str, step: Callable[[Draft], Step], draft: Draft) -> Step:
    try:
        return step(draft)
    except BundleError as error:  # of the base
        return _step(name, error.summary, _problems(error), failed=True)
    except AnalysisError as error:
        return _step(name, str(error), (), failed=True)


def _step(name: str, summary: str, lines: tuple[str, ...], *, failed: bool) -> Step:
    return Step(name=name, ending=Ending.FAILED if failed else Ending.PASSED, summary=summary, lines=lines)


def _skipped(name: str) -> Step:
    return Step(name=name, ending=Ending.SKIPPED, summary="what it needs failed before")


def _problems(error: BundleError) -> tuple[str, ...]:
    return tuple(_indented(map(str, error.problems)))


def _indented(texts: Iterator[str]) -> Iterator[str]:
    for text in texts:
        yield from text.splitlines()
