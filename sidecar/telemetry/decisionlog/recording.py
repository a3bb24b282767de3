"""From an answer to the lines about it: all that costs anything is done here, after the caller has gone."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sidecar.consent.footing import Footing, Footings
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import TYPE_NAMES, Answer, AttributeValue, FieldResult, Request
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant, to_datetime
from sidecar.model.vocabulary import Channel
from sidecar.telemetry.decisionlog.line import AttributeJson, Call, FactsJson, FootingJson, Line

_Attributes = Mapping[str, AttributeValue | None]


class Answered(NamedTuple):
    """An answer, and what it was drawn from: references only, so that handing it over costs next to nothing."""

    decision_id: str
    call: Call
    caller: str  # the service that the listener counts the caller as; empty: its own word
    request: Request
    answer: Answer
    snapshot: Snapshot
    now: Instant
    seconds: float


class Recorder:
    """Makes lines. For one thread."""

    def __init__(self, pseudonym_of: Callable[[str], bytes]) -> None:
        self._pseudonym_of = pseudonym_of
        self._snapshot: Snapshot | None = None
        self._footings: Footings | None = None

    def lines(self, answered: Answered) -> tuple[Line, ...]:
        """One line for each result, in their order."""
        request, answer, snapshot = answered.request, answered.answer, answered.snapshot
        logged, withheld = _attributes(request.attributes, snapshot)
        moment, pseudonym = to_datetime(answered.now), self._pseudonym_of(request.subject).hex()
        latency_us = round(answered.seconds * 1e6)
        return tuple(
            Line(
                id=f"{answered.decision_id}.{index}",
                time=moment,
                call=answered.call,
                caller=answered.caller or None,
                service=request.service,
                action=request.action,
                field=result.field,
                purpose=request.purpose,
                channel=request.channel,
                recipient=request.recipient,
                attributes=logged,
                withheld=withheld,
                facts=None if result.facts is None else facts_to_json(result.facts),
                footing=None if result.facts is None else self._footing(result, answered),
                effect=result.effect,
                reason=result.reason,
                determining=result.determining,
                mask=result.mask,
                unknown_name=result.unknown_name,
                policy_revision=answer.policy_revision,
                consent_revision=answer.consent_revision,
                consent_age_ms=answer.consent_age_ms,
                latency_us=latency_us,
                pseudonym=pseudonym,
                co_subjects=len(request.co_subjects),
                others=() if result.others is None else tuple(map(facts_to_json, result.others.facts)),
                held=result.held,
                by_others=result.others is not None and result.others.deny,
            )
            for index, result in enumerate(answer.results)
        )

    def _footing(self, result: FieldResult, answered: Answered) -> FootingJson:
        snapshot, request = answered.snapshot, answered.request
        if self._footings is None or snapshot is not self._snapshot:
            self._footings, self._snapshot = Footings(snapshot.catalog), snapshot
        # The question got as far as the policies: a channel that was named exists, one that was not is the only one.
        only = snapshot.catalog.purposes[request.purpose].channels
        channel = Channel(request.channel) if request.channel else next(iter(only), None)
        return footing_to_json(self._footings.footing(result.field, request.purpose, channel, answered.now))


def facts_to_json(facts: Facts) -> FactsJson:
    """*facts* as a line has them."""
    return FactsJson(**facts._asdict())


def footing_to_json(footing: Footing) -> FootingJson:
    """*footing* as a line has it."""
    return FootingJson(**footing._asdict())


def _attributes(sent: _Attributes, snapshot: Snapshot) -> tuple[dict[str, AttributeJson], dict[str, str]]:
    """Those of *sent* whose values policies observe, and the types of the others: what nobody needs is not kept."""
    observed = snapshot.bundle.policies.footprint.values
    logged: dict[str, AttributeJson] = {}
    withheld: dict[str, str] = {}
    for name, value in sorted(sent.items()):
        if value is None or name in observed:
            logged[name] = tuple(sorted(value)) if isinstance(value, frozenset) else value
        else:
            withheld[name] = TYPE_NAMES[type(value)]
    return logged, withheld
