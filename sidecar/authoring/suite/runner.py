"""Asks what suites ask, of the engine that serves, and compares."""

from collections.abc import Callable, Sequence

from sidecar.authoring.suite.observed import compared
from sidecar.authoring.suite.outcome import CaseResult, Outcome, RowResult
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.stated import facts_for
from sidecar.authoring.suite.suite import Row, Stated, Suite, Timeline
from sidecar.authoring.suite.timeline import record_at
from sidecar.authoring.suite.warming import warm
from sidecar.consent.profile import Standing, resolve
from sidecar.engine.decide import decide_question, decide_standing
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import Answer, Question
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.compiled import Compiled


def run_suites(draft: Draft) -> Outcome:
    """Run every test that *draft* ships; raises ``BundleError`` if a suite cannot be read."""
    return Asking(Snapshot(draft.bundle())).run(load_suites(draft))


class Asking:
    """Asks the bundle of *snapshot*. Not thread-safe."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._standings: dict[tuple[Timeline, Instant], Standing] = {}

    def prepare(self, suites: Sequence[Suite], compiled: Compiled, *, jobs: int) -> None:
        """Work out with *jobs* processes, if that pays, what ``run`` will ask; *compiled* are the bundle's policies."""
        rows = (row for suite in suites for case in suite.cases for row in case.rows)
        warm(self._snapshot.verdicts, compiled, filter(None, map(self._question, rows)), jobs=jobs)

    def run(self, suites: Sequence[Suite], *, on_case: Callable[[], None] = lambda: None) -> Outcome:
        """The outcome of *suites*; *on_case* is called after each test."""
        results: list[CaseResult] = []
        for suite in suites:
            for case in suite.cases:
                results.append(CaseResult(suite=suite, case=case, rows=tuple(map(self.row, case.rows))))
                on_case()
        return Outcome(cases=tuple(results))

    def row(self, row: Row) -> RowResult:
        """*row* with its answer."""
        answer = self._answer(row)
        (result,) = answer.results
        return RowResult(row=row, result=result, got=compared(row.want, result, answer))

    def _question(self, row: Row) -> tuple[Question, Facts] | None:
        """What the policies are asked; ``None`` if the question does not get that far."""
        (asked,) = questions(row.ask.request(), self._snapshot.catalog)
        return (asked, self._facts(row, asked)) if isinstance(asked, Question) else None

    def _facts(self, row: Row, question: Question) -> Facts:
        if isinstance(row.person, Stated):
            return facts_for(row.person, self._snapshot.catalog.purposes[question.purpose])
        profile = self._standing(row.person, row.now).profile
        return self._snapshot.facts.known(profile, question, row.now).facts

    def _answer(self, row: Row) -> Answer:
        request, snapshot = row.ask.request(), self._snapshot
        if isinstance(row.person, Timeline):
            return decide_standing(request, self._standing(row.person, row.now), snapshot, now=row.now)
        (asked,) = questions(request, snapshot.catalog)
        if isinstance(asked, Question):
            asked = decide_question(asked, self._facts(row, asked), snapshot, now=row.now)
        return Answer(
            results=(asked,),
            policy_revision=snapshot.bundle.revision,
            consent_revision="",
            consent_age_ms=0,
            clock_changes_at=None,  # what is stated holds at any time
            cache_for_ms=0,
        )

    def _standing(self, person: Timeline, now: Instant) -> Standing:
        known = self._standings.get((person, now))
        if known is None:
            known = resolve(record_at(person, now, self._snapshot.catalog), now)
            self._standings[person, now] = known
        return known
