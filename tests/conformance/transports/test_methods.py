"""Every method of every service is served, on both transports."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import pytest
from google.protobuf.descriptor import MethodDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

import sidecar.api.v1
from sidecar.api.v1 import (
    authorization_pb2,
    choices_pb2,
    consent_pb2,
    feed_pb2,
    holds_pb2,
    log_pb2,
    model_pb2,
    status_pb2,
)
from tests.conformance.transports.over import Over
from tests.integration.caller import CATEGORY, Caller, choice, question
from tests.wire.connection import message

pytestmark = pytest.mark.conformance

_NUMBERS = count()
SERVING: Final = health_pb2.HealthCheckResponse.SERVING


@dataclass(frozen=True)
class Asking:
    """Who asks, as one person of whom nothing is known."""

    caller: Caller
    over: Over
    subject: str

    @property
    def operator(self) -> Any:
        """The operator's token."""
        return self.caller.operator

    def revision(self, event: str, kind: str) -> str:
        """That of a new choice of the person."""
        return self.caller.record(self.subject, choice(event, kind)).revision


def declared() -> dict[str, MethodDescriptor]:
    """All methods, by service and name, that the protocol declares, and those of the services that all servers have."""
    files = [
        importlib.import_module(f"{sidecar.api.v1.__name__}.{module.name}").DESCRIPTOR
        for module in pkgutil.iter_modules(sidecar.api.v1.__path__)
        if module.name.endswith("_pb2")
    ]
    files += [health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR]
    services = [service for file in files for service in file.services_by_name.values()]
    return {f"{service.full_name}/{method.name}": method for service in services for method in service.methods}


METHODS: Final = declared()


def check(asking: Asking) -> None:
    """Before and after a yes."""
    before = asking.caller.reason(question(asking.subject))
    asking.revision("e1", "GIVEN")

    assert ["CONSENT_UNKNOWN", "ALLOWED"] == [before, asking.caller.reason(question(asking.subject))]


def check_batch(asking: Asking) -> None:
    """A question that is malformed does not spoil the other."""
    items = [
        authorization_pb2.CheckBatchItem(correlation_id="good", request=question(asking.subject)),
        authorization_pb2.CheckBatchItem(correlation_id="bad", request=question("")),
    ]
    batch = asking.caller.authorization.CheckBatch(authorization_pb2.CheckBatchRequest(items=items), timeout=5)

    assert [("good", 0), ("bad", 3)] == [(result.correlation_id, result.error.code) for result in batch.results]


def check_stream(asking: Asking) -> None:
    """Answers come in the order of the questions, each before the next question is there."""
    answers: list[Any] = []

    def questions() -> Iterator[authorization_pb2.CheckStreamRequest]:
        for number in range(3):
            yield authorization_pb2.CheckStreamRequest(correlation_id=f"{number}", request=question(asking.subject))

    answers += asking.caller.authorization.CheckStream(questions(), timeout=5)

    assert ["0", "1", "2"] == [answer.correlation_id for answer in answers]
    assert {"response"} == {answer.WhichOneof("outcome") for answer in answers}


def filter_subjects(asking: Asking) -> None:
    """Who allows it is told by place, who does not is counted."""
    asking.revision("e1", "GIVEN")
    request = authorization_pb2.FilterSubjectsRequest(
        service="newsletter",
        subjects=["stranger", asking.subject],
        fields=["customer.email"],
        purpose=question().purpose,
    )
    answer = asking.caller.authorization.FilterSubjects(request, timeout=5)

    assert [[1]] == [list(audience.places) for audience in answer.audiences]
    assert [1] == [denied.subjects for denied in answer.denied]


def explain(asking: Asking) -> None:
    """The same answer as Check, and the choice that made it."""
    asking.revision("e1", "WITHDRAWN")
    request = authorization_pb2.ExplainRequest(request=question(asking.subject))
    explained = asking.caller.authorization.Explain(request, metadata=asking.operator, timeout=5)

    assert asking.caller.check(question(asking.subject)).results == explained.response.results
    assert ["e1"] == [decided.event_id for decided in explained.fields[0].choices]


def choices(asking: Asking) -> None:
    """A box that is ticked is ticked in the next list."""
    caller = asking.caller.choices
    request = choices_pb2.ListChoicesRequest(subject=asking.subject)
    listed = caller.ListChoices(request, metadata=asking.operator, timeout=5)
    box = next(box for notice in listed.notices for box in notice.boxes)
    saved = caller.SaveChoices(
        choices_pb2.SaveChoicesRequest(
            subject=asking.subject,
            id="form",
            revision=listed.revision,
            ticks=[choices_pb2.BoxTick(key=box.key, ticked=True)],
            method="web-form",
        ),
        metadata=asking.operator,
        timeout=5,
    )
    again = caller.ListChoices(request, metadata=asking.operator, timeout=5)

    assert not saved.duplicate
    assert [True] == [new.ticked for notice in again.notices for new in notice.boxes if new.key == box.key]


def record_event(asking: Asking) -> None:
    """Sent twice, the second is known as such and changes nothing."""
    first = asking.caller.record(asking.subject, choice("e1", "GIVEN"))
    again = asking.caller.record(asking.subject, choice("e1", "GIVEN"))

    assert [(first.revision, False), (first.revision, True)] == [
        (recorded.revision, recorded.duplicate) for recorded in (first, again)
    ]


def import_events(asking: Asking) -> None:
    """Each message is answered; lines that are refused are named."""
    lines = [
        consent_pb2.ImportLine(line=1, subject=asking.subject, event=choice("e1", "GIVEN")),
        consent_pb2.ImportLine(line=2, subject=asking.subject, event=choice("", "GIVEN")),
    ]
    for line in lines:
        line.event.occurred_at.FromJsonString("2026-05-01T12:00:00Z")
    messages = [consent_pb2.ImportEventsRequest(lines=[line]) for line in lines]
    answers = list(asking.caller.consent.ImportEvents(iter(messages), metadata=asking.operator, timeout=5))

    assert [[], [2]] == [[refused.line for refused in answer.rejections] for answer in answers]
    assert "ALLOWED" == asking.caller.reason(question(asking.subject))


def records(asking: Asking) -> None:
    """What was recorded is in the record and in the history."""
    asking.revision("e1", "GIVEN")
    consent = asking.caller.consent
    record = consent.GetRecord(
        consent_pb2.GetRecordRequest(subject=asking.subject), metadata=asking.operator, timeout=5
    )
    history = consent.ListHistory(
        consent_pb2.ListHistoryRequest(subject=asking.subject), metadata=asking.operator, timeout=5
    )

    assert ["e1"] == [entry.event.id for entry in history.entries]
    assert record.revision


def erase(asking: Asking) -> None:
    """Whoever is erased counts as such."""
    asking.revision("e1", "GIVEN")
    request = consent_pb2.EraseRequest(subject=asking.subject, id="e2")
    erased = asking.caller.consent.Erase(request, metadata=asking.operator, timeout=5)

    assert not erased.duplicate
    assert "ERASED" == asking.caller.reason(question(asking.subject))


def holds(asking: Asking) -> None:
    """A hold of something that no other case asks about stands until it is released."""
    caller, timeout = asking.caller.holds, 5
    scope = consent_pb2.Scope(purposes=["personalize.content.profiled"], categories=[CATEGORY])
    place = holds_pb2.PlaceHoldRequest(id=asking.subject, scope=scope, why="a test")
    caller.PlaceHold(place, metadata=asking.operator, timeout=timeout)
    standing = caller.ListHolds(holds_pb2.ListHoldsRequest(), metadata=asking.operator, timeout=timeout)
    release = holds_pb2.ReleaseHoldRequest(id=f"{asking.subject}/end", hold_id=asking.subject)
    released = caller.ReleaseHold(release, metadata=asking.operator, timeout=timeout)
    after = caller.ListHolds(holds_pb2.ListHoldsRequest(), metadata=asking.operator, timeout=timeout)

    assert [[asking.subject]] * 2 == [[hold.id for hold in some] for some in (standing.holds, released.released)]
    assert [] == list(after.holds)


def log(asking: Asking) -> None:
    """The export ends with what came last, and the view can be compared with it."""
    asking.revision("e1", "GIVEN")
    export = asking.caller.log.ExportEntries(log_pb2.ExportEntriesRequest(), metadata=asking.operator, timeout=5)
    parts = list(export)
    standings = asking.caller.log.CheckStandings(
        log_pb2.CheckStandingsRequest(pseudonyms=[bytes(16)]), metadata=asking.operator, timeout=5
    )

    assert parts[-1].position == parts[-1].last_position
    assert 1 == len(standings.digests)


def feed(asking: Asking) -> None:
    """A consumer is told of a change, and what it acknowledges is kept and known."""
    revision = asking.revision("e1", "GIVEN")
    watch = asking.caller.feed.WatchRecords(feed_pb2.WatchRecordsRequest(), metadata=asking.over.consumer, timeout=5)
    told = next(message for message in watch if message.revision == revision)
    watch.cancel()
    request = feed_pb2.AckRequest(revision=revision)
    acked = asking.caller.feed.Ack(request, metadata=asking.over.consumer, timeout=5)
    where = asking.caller.feed.GetPropagation(
        feed_pb2.GetPropagationRequest(revision=revision), metadata=asking.operator, timeout=5
    )

    assert [revision] * 2 == [told.revision, acked.revision]
    assert where


def status(asking: Asking) -> None:
    """Every listener says which transport serves it."""
    request = status_pb2.GetStatusRequest()
    answer = asking.caller.status.GetStatus(request, metadata=asking.operator, timeout=5)

    assert answer.ready
    assert {asking.over.transport} == {listener.transport for listener in answer.listeners}


def health(asking: Asking) -> None:
    """It answers, once and to whoever watches."""
    stub = health_pb2_grpc.HealthStub(asking.caller.channel)
    request = health_pb2.HealthCheckRequest(service="authz")
    watch = stub.Watch(request, timeout=5)
    watched = next(watch).status
    watch.cancel()

    assert [SERVING] * 2 == [stub.Check(request, timeout=5).status, watched]


def list_health(asking: Asking) -> None:
    """Of every part at once."""
    stub = health_pb2_grpc.HealthStub(asking.caller.channel)
    listed = stub.List(health_pb2.HealthListRequest(), timeout=5)

    assert SERVING == listed.statuses["authz"].status


def reflection(asking: Asking) -> None:
    """It tells of the services that have a case here, and no others."""
    stub = reflection_pb2_grpc.ServerReflectionStub(asking.caller.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = stub.ServerReflectionInfo(iter([request]), timeout=5)
    listed = {service.name for service in answer.list_services_response.service}

    assert {name.split("/")[0] for name in METHODS} == listed


CASES: Final[dict[str, Callable[[Asking], None]]] = {
    "sidecar.api.v1.AuthorizationService/Check": check,
    "sidecar.api.v1.AuthorizationService/CheckBatch": check_batch,
    "sidecar.api.v1.AuthorizationService/CheckStream": check_stream,
    "sidecar.api.v1.AuthorizationService/FilterSubjects": filter_subjects,
    "sidecar.api.v1.AuthorizationService/Explain": explain,
    "sidecar.api.v1.ChoiceService/ListChoices": choices,
    "sidecar.api.v1.ChoiceService/SaveChoices": choices,
    "sidecar.api.v1.ConsentService/RecordEvent": record_event,
    "sidecar.api.v1.ConsentService/ImportEvents": import_events,
    "sidecar.api.v1.ConsentService/GetRecord": records,
    "sidecar.api.v1.ConsentService/ListHistory": records,
    "sidecar.api.v1.ConsentService/Erase": erase,
    "sidecar.api.v1.HoldService/PlaceHold": holds,
    "sidecar.api.v1.HoldService/ReleaseHold": holds,
    "sidecar.api.v1.HoldService/ListHolds": holds,
    "sidecar.api.v1.LogService/ExportEntries": log,
    "sidecar.api.v1.LogService/CheckStandings": log,
    "sidecar.api.v1.FeedService/WatchRecords": feed,
    "sidecar.api.v1.FeedService/Ack": feed,
    "sidecar.api.v1.FeedService/GetPropagation": feed,
    "sidecar.api.v1.StatusService/GetStatus": status,
    "grpc.health.v1.Health/Check": health,
    "grpc.health.v1.Health/Watch": health,
    "grpc.health.v1.Health/List": list_health,
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": reflection,
}


def test_every_method_has_a_case() -> None:
    """One that is added to the protocol must be given one here, one that goes must leave."""
    assert set(METHODS) == set(CASES)


@pytest.mark.parametrize("case", dict.fromkeys(CASES.values()), ids=lambda case: case.__name__)
def test_it_is_served(over: Over, caller: Caller, case: Callable[[Asking], None]) -> None:
    """By TCP and by Unix socket; what the case says holds."""
    case(Asking(caller, over, f"{case.__name__}/{next(_NUMBERS)}"))


@pytest.mark.parametrize("method", METHODS)
def test_it_is_there(over: Over, caller: Caller, method: str) -> None:
    """An empty message is answered, or refused for what it lacks, never as a method that nobody knows."""
    with over.connection() as raw:
        stream = raw.call(f"/{method}", *caller.operator)
        raw.data(stream, message(b""))
        reply = raw.begun(stream)
        outcome = reply.outcome if reply.ended else "OK"
        raw.reset(stream)

    assert outcome in {"OK", "INVALID_ARGUMENT", "PERMISSION_DENIED"}, reply.text


def test_a_withdrawal_that_was_acknowledged_is_seen_by_the_next_call(caller: Caller) -> None:
    """Whichever way the two calls take through the process."""
    subject, reasons = f"swift/{next(_NUMBERS)}", []
    for number in range(50):
        caller.record(subject, choice(f"yes-{number}", "GIVEN"))
        reasons.append(caller.reason(question(subject)))
        caller.record(subject, choice(f"no-{number}", "WITHDRAWN"))
        reasons.append(caller.reason(question(subject)))

    assert ["ALLOWED", "CONSENT_WITHDRAWN"] * 50 == reasons


def test_every_reason_travels(caller: Caller) -> None:
    """Numbers of the enumeration are those of the protocol."""
    answer = caller.check(question(fields=["customer.email", "customer.phone", "no.such"]))

    assert ["CONSENT_UNKNOWN", "CONSENT_UNKNOWN", "UNKNOWN_FIELD"] == [
        model_pb2.Reason.Name(result.reason).removeprefix("REASON_") for result in answer.results
    ]
