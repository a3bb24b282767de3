"""One question about one person, answered, with what each policy says to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sidecar.authoring.inquiry.changes import Change, changes_of
from sidecar.authoring.suite.stated import facts_for
from sidecar.authoring.suite.suite import Person, Stated
from sidecar.authoring.suite.timeline import record_at
from sidecar.consent.profile import resolve
from sidecar.engine.explain import Records, explain, summary
from sidecar.engine.judge import decide_question
from sidecar.engine.question import questions
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import Answer, FieldResult, Question, Request
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant
from sidecar.model.vocabulary import Channel, Reason
from sidecar.policy.bundle import Draft
from sidecar.policy.cedar.clauses import Truth, Weighed, weigh_clauses
from sidecar.policy.cedar.policy import Policy
from sidecar.policy.problems import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One policy, its clauses for the question, and whether it determined the answer."""

    policy: Policy
    clauses: tuple[Weighed, ...]
    determines: bool

    @property
    def applies(self) -> bool:
        """Whether all of its clauses hold."""
        return all(clause.holds is Truth.TRUE for clause in self.clauses)

    @property
    def missing(self) -> tuple[Weighed, ...]:
        """The clauses that keep it from applying; those that cannot be evaluated only if nothing else does."""
        false = tuple(clause for clause in self.clauses if clause.holds is Truth.FALSE)
        return false or tuple(clause for clause in self.clauses if clause.holds is Truth.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """The answer, one sentence why, what each policy says (nothing, if none was asked), and what would change it."""

    result: FieldResult
    why: str
    policies: tuple[Heard, ...] = ()
    changes: tuple[Change, ...] = ()  # of the person's facts
    remedies: tuple[str, ...] = ()  # of the catalog or the question, where policies were not asked


class Inquirer:
    """Inquires into one bundle. Not thread-safe."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._compiled = draft.compiled()
        self.snapshot = Snapshot(draft.bundle(self._compiled))

    def questions(self, request: Request) -> Sequence[Question | FieldResult]:
        """What policies are asked for each field of *request*, or why they are not."""
        return questions(request, self.snapshot.catalog)

    def facts(self, question: Question, person: Person, now: Instant) -> Facts:
        """What policies would see of *person* at *now*, asked *question*."""
        catalog = self.snapshot.catalog
        if isinstance(person, Stated):
            return facts_for(person, catalog.purposes[question.purpose])
        profile = resolve(record_at(person, now, catalog), now).profile
        return self.snapshot.facts.known(profile, question, now).facts

    def inquire(self, request: Request, item: Question | FieldResult, facts: Facts | None, now: Instant) -> Inquiry:
        """What there is to say of *item*, one of the ``questions`` of *request*, about whom *facts* hold *now*."""
        if isinstance(item, FieldResult) or facts is None:
            assert isinstance(item, FieldResult)
            return self._unasked(request, item, now)
        result = decide_question(item, facts, self.snapshot, now=now)
        weighed = weigh_clauses(self._draft.policies, self._compiled, item, facts)
        return Inquiry(
            result=result,
            why=summary(result, request),
            policies=tuple(
                Heard(policy=policy, clauses=weighed[policy.id], determines=policy.id in result.determining)
                for policy in self._draft.policies
            ),
            changes=changes_of(item, facts, self.snapshot),
        )

    def _unasked(self, request: Request, result: FieldResult, now: Instant) -> Inquiry:
        answer = Answer(
            results=(result,),
            policy_revision=self.snapshot.bundle.revision,
            consent_revision="",
            consent_age_ms=0,
            clock_changes_at=None,
            cache_for_ms=0,
        )
        (explanation,) = explain(request, answer, self.snapshot, Records(), now=now)
        remedies = tuple(remedy.text for remedy in explanation.remedies)
        return Inquiry(result=result, why=explanation.summary, remedies=(*self._near(result), *remedies))

    def _near(self, result: FieldResult) -> tuple[str, ...]:
        """The name that was meant, if it can be guessed."""
        catalog = self.snapshot.catalog
        known = {
            Reason.UNKNOWN_SERVICE: catalog.services,
            Reason.UNKNOWN_FIELD: catalog.fields,
            Reason.UNKNOWN_PURPOSE: catalog.purposes,
            Reason.UNKNOWN_RECIPIENT: catalog.recipients,
            Reason.UNKNOWN_CHANNEL: tuple(Channel),
            Reason.UNKNOWN_ATTRIBUTE: catalog.attributes,
        }.get(result.reason)
        name = result.unknown_name
        if known is None or not name:
            return ()
        # An attribute of the wrong type is unknown, but not by its name.
        return (f"`{name}` is a {catalog.attributes[name]}" if name in known else did_you_mean(name, known),)
