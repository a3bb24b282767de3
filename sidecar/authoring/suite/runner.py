"""Asks what suites ask, of the engine that serves, and compares."""

from collections.abc import Callable, Iterable, Sequence

from sidecar.authoring.suite.observed import named, observed
from sidecar.authoring.suite.outcome import CaseResult, Outcome, RowResult
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.stated import facts_for
from sidecar.authoring.suite.suite import Row, Suite, Timeline
from sidecar.authoring.suite.timeline import record_at
from sidecar.consent.profile import Standing, resolve
from sidecar.engine.decide import decide_question, decide_standing
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import Answer, Question
from sidecar.model.instant import Instant
from sidecar.policy.bundle import Draft


def run_suites(draft: Draft) -> Outcome:
    """Run every test that *draft* ships; raises ``BundleError`` if a suite cannot be read."""
    return Asking(Snapshot(draft.bundle())).run(load_suites(draft))


class Asking:
    """Asks one bundle. Not thread-safe."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._standings: dict[tuple[Timeline, Instant], Standing] = {}

    def run(self, suites: Iterable[Suite], *, on_case: Callable[[], None] = lambda: None) -> Outcome:
        """The outcome of *suites*; *on_case* is called after each test."""
        results: list[CaseResult] = []
        for suite in suites:
            for case in suite.cases:
                results.append(CaseResult(suite=suite, case=case, rows=self.rows(case.rows)))
                on_case()
        return Outcome(cases=tuple(results))

    def rows(self, rows: Sequence[Row]) -> tuple[RowResult, ...]:
        """Each row with its answer."""
        return tuple(map(self._row, rows))

    def _row(self, row: Row) -> RowResult:
        answer = self._answer(row)
        (result,) = answer.results
        return RowResult(row=row, result=result, got=named(row.want, observed(result, answer)))

    def _answer(self, row: Row) -> Answer:
        request, snapshot = row.ask.request(), self._snapshot
        if isinstance(row.person, Timeline):
            return decide_standing(request, self._standing(row.person, row.now), snapshot, now=row.now)
        (asked,) = questions(request, snapshot.catalog)
        if isinstance(asked, Question):
            facts = facts_for(row.person, snapshot.catalog.purposes[asked.purpose])
            asked = decide_question(asked, facts, snapshot, now=row.now)
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
