"""Asks the engine: the decision point over a log of its own."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

from sidecar.authoring.suite.observed import observed
from sidecar.authoring.suite.steps import event_of
from sidecar.consent.ledger import ImportLine, Ledger
from sidecar.consent.pseudonym import Pseudonyms
from sidecar.consent.sqlite.log import SqliteLog
from sidecar.consent.view.replica import Replica
from sidecar.engine.decide import DecisionPoint, Freshness
from sidecar.engine.explain import Explanation, Records, explain
from sidecar.engine.snapshot import Snapshot
from sidecar.errors import EventConflictError, RequestError
from sidecar.model.decision import Answer, FieldResult, Pending, Request
from sidecar.model.vocabulary import Action
from sidecar.testing import FixedClock
from tests.case_bundles import bundle_folder, suite_bundle
from tests.case_files import Case, Suite
from tests.case_worlds import CONFLICT, CaseError, Observed, blamed, token


class EngineWorld:
    """The decision point over a log of its own."""

    def __init__(self, suite: Suite, scratch: Path, stack: ExitStack) -> None:
        self.clock = FixedClock()
        bundle = suite_bundle(suite, bundle_folder(suite, scratch))
        pseudonyms = Pseudonyms(bytes(range(32)))
        log = SqliteLog.open(scratch / "consent.db", pseudonyms)
        stack.callback(log.close)
        self._cache = Replica(log, pseudonyms)
        self._ledger = Ledger(log, self._cache, pseudonyms, catalog=lambda: bundle.catalog, clock=self.clock)
        self._snapshot = Snapshot(bundle)
        self._point = DecisionPoint(self._cache)

    def record(self, subject: str, step: Mapping[str, Any], id_: str) -> bool:
        """Through the ledger."""
        try:
            if "erased" in step:
                return self._ledger.erase(subject, id_, step["erased"]).duplicate
            event = event_of(step, id_)
            if "imported" not in step:
                return self._ledger.record(subject, event).duplicate
            outcome = self._ledger.import_lines([ImportLine(line=1, subject=subject, event=event)])
        except EventConflictError as error:
            raise CaseError(CONFLICT) from error
        except RequestError as error:
            raise CaseError(error.field) from error
        for _, message in outcome.rejections:
            raise CaseError(blamed(message))
        return bool(outcome.duplicates)

    def ask(self, case: Case, subject: str, others: tuple[str, ...]) -> Observed:
        """Asks again after what a pending answer waits for, as a transport would."""
        view = dict(case.view)
        unavailable = view.pop("unavailable", False)
        request = _model_request(case, subject, self._cache.log_id, self._cache.applied)
        request = replace(request, co_subjects=others)
        try:
            for _ in (subject, *others):
                answer = self._decide(request, Freshness(**view), may_wait=True)
                if isinstance(answer, Pending) and answer.pseudonym is not None and not unavailable:
                    self._cache.refresh(answer.pseudonym, now=self.clock())
            answer = self._decide(request, Freshness(**view), may_wait=False)
        except RequestError as error:
            raise CaseError(error.field) from error
        assert isinstance(answer, Answer)
        records = Records(subject=self._ledger.record_of(subject)[1])
        explanations = explain(request, answer, self._snapshot, records, now=self.clock())
        return tuple(map(_observed, answer.results, explanations, repeat(answer)))

    def _decide(self, request: Request, freshness: Freshness, *, may_wait: bool) -> Answer | Pending:
        return self._point.decide(request, self._snapshot, now=self.clock(), freshness=freshness, may_wait=may_wait)


def _model_request(case: Case, subject: str, log_id: str, applied: int) -> Request:
    ask = case.ask
    attributes = ask.get("attributes", {})
    return Request(
        service=ask["service"],
        action=Action(ask.get("action", "use")),
        subject=subject,
        fields=case.fields,
        purpose=ask["purpose"],
        channel=ask.get("channel"),
        recipient=ask.get("recipient"),
        attributes={name: frozenset(value) if isinstance(value, list) else value for name, value in attributes.items()},
        at_least_as_fresh=token(ask.get("at_least_as_fresh"), log_id, applied),
    )


def _observed(result: FieldResult, explanation: Explanation, answer: Answer) -> Mapping[str, Any]:
    because = {deciding.fact: deciding.choice.event_id for deciding in explanation.choices}
    return {**observed(result, answer), "because": because}
