"""Asks what suites ask, of the engine that serves, and compares."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from sidecar.authoring.suite.observed import compared
from sidecar.authoring.suite.outcome import CaseResult, Outcome, RowResult
from sidecar.authoring.suite.reader import load_suites
from sidecar.authoring.suite.stated import facts_for
from sidecar.authoring.suite.suite import Person, Row, Stated, Suite, Timeline
from sidecar.authoring.suite.timeline import record_at
from sidecar.authoring.suite.warming import warm
from sidecar.consent.profile import Standing, resolve
from sidecar.engine.decide import decide_standing
from sidecar.engine.judge import decide_question
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.engine.together import together
from sidecar.model.decision import Answer, FieldResult, Question
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Effect
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
        warm(self._snapshot.verdicts, compiled, chain.from_iterable(map(self._questions, rows)), jobs=jobs)

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

    def _questions(self, row: Row) -> Iterator[tuple[Question, Facts]]:
        """What the policies are asked; nothing if the question does not get that far."""
        (asked,) = questions(row.ask.request(), self._snapshot.catalog)
        if isinstance(asked, Question):
            for person in (row.person, *row.others):
                yield asked, self._facts(person, row.now, asked)

    def _facts(self, person: Person, now: Instant, question: Question) -> Facts:
        if isinstance(person, Stated):
            return facts_for(person, self._snapshot.catalog.purposes[question.purpose])
        return self._snapshot.facts.known(self._standing(person, now).profile, question, now).facts

    def _answer(self, row: Row) -> Answer:
        request, snapshot = row.ask.request(), self._snapshot
        people = (row.person, *row.others)
        lived = [self._standing(person, row.now) for person in people if isinstance(person, Timeline)]
        if len(lived) == len(people):
            return decide_standing(request, lived[0], snapshot, now=row.now, others=lived[1:])
        (asked,) = questions(request, snapshot.catalog)
        others: list[FieldResult] = []
        if isinstance(asked, Question):
            own, *others = (
                decide_question(asked, self._facts(person, row.now, asked), snapshot, now=row.now) for person in people
            )
            asked = together(own, others) if others else own
        return Answer(
            results=(asked,),
            policy_revision=snapshot.bundle.revision,
            consent_revision="",
            consent_age_ms=0,
            clock_changes_at=None,  # what is stated holds at any time
            cache_for_ms=0,
            co_subjects_denied=sum(other.effect is Effect.DENY for other in others),
        )

    def _standing(self, person: Timeline, now: Instant) -> Standing:
        known = self._standings.get((person, now))
        if known is None:
            known = resolve(record_at(person, now, self._snapshot.catalog), now)
            self._standings[person, now] = known
        return known
