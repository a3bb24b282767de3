"""One person, one clock, and what was asked and answered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sidecar.authoring.inquiry.inquiry import Inquirer, Inquiry
from sidecar.authoring.suite.observed import observed
from sidecar.authoring.suite.steps import event_of
from sidecar.authoring.suite.suite import Ask, Step
from sidecar.authoring.suite.timeline import after
from sidecar.consent.profile import Standing, resolve
from sidecar.consent.record import EMPTY, Record
from sidecar.engine.decide import decide_standing
from sidecar.engine.explain import summary
from sidecar.errors import RequestError
from sidecar.model.decision import FieldResult
from sidecar.model.instant import SECOND, Instant, show
from sidecar.policy.bundle import Draft
from sidecar.policy.problems import Place

PERSON: Final = "somebody"
"""The subject of every question of a session."""

_HERE: Final = Place("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question with its answer; *seen* is what ``observed`` says of it, *before* the same for the answer before."""

    ask: Ask
    at: Instant
    result: FieldResult
    why: str
    seen: Mapping[str, object]
    before: Mapping[str, object] | None

    @property
    def changed(self) -> Mapping[str, tuple[object, object]]:
        """What is otherwise than in the answer before, by key, before and now; facts one by one."""
        if self.before is None:
            return {}
        compared = self.before["facts"] is not None and self.seen["facts"] is not None
        before, now = _flat(self.before, facts=compared), _flat(self.seen, facts=compared)
        return {key: (before.get(key), now.get(key)) for key in {**before, **now} if before.get(key) != now.get(key)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One step, as a suite writes it, and as an event."""

    written: Mapping[str, Any]  # with "at"
    step: Step


class Session:
    """What happened so far; *now* is where the clock stands. Not thread-safe.

    Time never runs back, and no step shares its instant with a question before it, so that the session can be saved
    as a suite.
    """

    def __init__(self, draft: Draft, *, now: Instant) -> None:
        self.catalog = draft.catalog
        self.now = now
        self.done: list[Done] = []
        self.asked: list[Asked] = []
        self._inquirer = Inquirer(draft)

    @property
    def record(self) -> Record:
        """The person's record as it is."""
        record = EMPTY
        for done in self.done:
            record = after(record, done.step, self.catalog)
        return record

    @property
    def last(self) -> Asked | None:
        """The last question with its answer."""
        return self.asked[-1] if self.asked else None

    def ask(self, ask: Ask) -> Asked:
        """*ask*, which is about nobody yet, and its answer."""
        ask = replace(ask, subject=PERSON)
        request = ask.request()
        answer = decide_standing(request, self._standing(), self._inquirer.snapshot, now=self.now)
        (result,) = answer.results
        asked = Asked(
            ask=ask,
            at=self.now,
            result=result,
            why=summary(result, request),
            seen=observed(result, answer),
            before=None if self.last is None else self.last.seen,
        )
        self.asked.append(asked)
        return asked

    def explain(self, ask: Ask) -> Inquiry:
        """Why *ask* is answered as it is now, clause by clause."""
        request = replace(ask, subject=PERSON).request()
        (item,) = self._inquirer.questions(request)
        facts = None
        if not isinstance(item, FieldResult):
            facts = self._inquirer.snapshot.facts.known(self._standing().profile, item, self.now).facts
        return self._inquirer.inquire(request, item, facts, self.now)

    def change(self, step: Mapping[str, Any]) -> Done:
        """*step*, in the words of a suite but for its time, done now; raises ``RequestError`` if it is refused."""
        used = max([*(asked.at for asked in self.asked), *(done.step.at for done in self.done)], default=None)
        at = self.now if used is None else max(self.now, used + SECOND)
        event = event_of(step, f"step-{len(self.done)}")
        done = Done(written={"at": show(at), **step}, step=Step(at=at, event=event, place=_HERE))
        after(self.record, done.step, self.catalog)
        self.done.append(done)
        self.now = at
        return done

    def undo(self) -> Done | None:
        """Take the last step back, with what was asked since, and give it; ``None`` if there is none."""
        if not self.done:
            return None
        done = self.done.pop()
        self.asked = [asked for asked in self.asked if asked.at < done.step.at]
        return done

    def move(self, now: Instant) -> None:
        """Set the clock; raises ``RequestError`` if that is before something that happened."""
        if now < self.now:
            raise RequestError("at", f"time does not run back: it is {show(self.now)} already")
        self.now = now

    def _standing(self) -> Standing:
        return resolve(self.record, self.now)


def _flat(seen: Mapping[str, object], *, facts: bool) -> Mapping[str, object]:
    rest = {key: value for key, value in seen.items() if key not in ("facts", "ask", "cache_for_ms")}
    known = seen["facts"]
    return {**rest, **known} if facts and isinstance(known, Mapping) else rest
