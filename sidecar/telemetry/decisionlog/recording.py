"""From an answer to the lines about it: all that costs anything is done here, after the caller has gone."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sidecar.consent.footing import Footing, Footings
from sidecar.engine.outcome import Outcome
from sidecar.engine.snapshot import Snapshot
from sidecar.model.decision import TYPE_NAMES, Answer, AttributeValue, FieldResult, Request
from sidecar.model.facts import Facts
from sidecar.model.instant import Instant, to_datetime
from sidecar.model.vocabulary import Channel
from sidecar.telemetry.decisionlog.line import AttributeJson, Call, FactsJson, FootingJson, Line

_Attributes = Mapping[str, AttributeValue | None]


class Occasion(NamedTuple):
    """What answers share that were given in one go."""

    snapshot: Snapshot
    now: Instant
    consent_revision: str
    consent_age_ms: int

    @classmethod
    def of(cls, answer: Answer, snapshot: Snapshot, *, now: Instant) -> "Occasion":
        """That of one *answer*, given under *snapshot* at *now*."""
        return cls(snapshot, now, answer.consent_revision, answer.consent_age_ms)


class Answered(NamedTuple):
    """An answer, and what it was drawn from: references only, so that handing it over costs next to nothing.

    The *decision_id* is of letters, digits and ``-``. All answers of one outcome that is kept are to one *request*, the
    same object, and differ in nothing else but id, pseudonym, occasion and seconds.

    The *request* may be one that says nothing of people: whose data it is about is told by *pseudonym*, how many others
    are asked by *outcome*.
    """

    decision_id: str
    call: Call
    caller: str  # the service that the listener counts the caller as; empty: its own word
    pseudonym: bytes  # of the subject
    request: Request
    outcome: Outcome
    occasion: Occasion
    seconds: float


Handed = Answered | tuple[str, Call, str, bytes, Request, Outcome, Occasion, float]
"""As it is handed over: what is made for each of thousands of calls may be a plain tuple, at a fifth of the price."""

OUTCOME: Final = 5
SECONDS: Final = 7
"""Where they are in it."""


class Recorder:
    """Makes lines. For one thread."""

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._footings: Footings | None = None

    def season(self, occasion: Occasion) -> int:
        """The stretch of time that *occasion* is in, from 0: in one, an outcome stands on the same."""
        return self._footings_of(occasion.snapshot).season(occasion.now)

    def lines(self, answered: Answered) -> tuple[Line, ...]:
        """One line for each result, in their order."""
        request, outcome, occasion = answered.request, answered.outcome, answered.occasion
        snapshot = occasion.snapshot
        logged, withheld = logged_attributes(request.attributes, snapshot)
        moment, pseudonym = to_datetime(occasion.now), answered.pseudonym.hex()
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
                policy_revision=snapshot.bundle.revision,
                consent_revision=occasion.consent_revision,
                consent_age_ms=occasion.consent_age_ms,
                latency_us=latency_us,
                pseudonym=pseudonym,
                co_subjects=outcome.co_subjects,
                others=() if result.others is None else tuple(map(facts_to_json, result.others.facts)),
                held=result.held,
                by_others=result.others is not None and result.others.deny,
            )
            for index, result in enumerate(outcome.results)
        )

    def _footing(self, result: FieldResult, answered: Answered) -> FootingJson:
        occasion, request = answered.occasion, answered.request
        # The question got as far as the policies: a channel that was named exists, one that was not is the only one.
        only = occasion.snapshot.catalog.purposes[request.purpose].channels
        channel = Channel(request.channel) if request.channel else next(iter(only), None)
        footings = self._footings_of(occasion.snapshot)
        return footing_to_json(footings.footing(result.field, request.purpose, channel, occasion.now))

    def _footings_of(self, snapshot: Snapshot) -> Footings:
        if self._footings is None or snapshot is not self._snapshot:
            self._footings, self._snapshot = Footings(snapshot.catalog), snapshot
        return self._footings


def facts_to_json(facts: Facts) -> FactsJson:
    """*facts* as a line has them."""
    return FactsJson(**facts._asdict())


def footing_to_json(footing: Footing) -> FootingJson:
    """*footing* as a line has it."""
    return FootingJson(**footing._asdict())


def logged_attributes(sent: _Attributes, snapshot: Snapshot) -> tuple[dict[str, AttributeJson], dict[str, str]]:
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
