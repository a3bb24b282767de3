"""Bad input: each a clear error, and nothing lost or changed."""

from collections.abc import Iterator
from functools import partial
from threading import Event

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, model_pb2
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import Caller, calling, choice, ends_with, question

METHODS = [
    "AuthorizationService/Check",
    "AuthorizationService/CheckBatch",
    "AuthorizationService/Explain",
    "ConsentService/RecordEvent",
    "ConsentService/GetRecord",
    "ConsentService/ListHistory",
    "ConsentService/Erase",
    "FeedService/GetPropagation",
    "LogService/CheckStandings",
]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A sidecar with room for two streams."""
    settings = {"limits.streams": 2, "limits.message_bytes": 4_096}
    with serving(clock=FixedClock(), settings=settings) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[Caller]:
    """A caller by TCP."""
    with calling(served) as calls:
        yield calls


def text_field(number: int, value: bytes) -> bytes:
    """A field of a message as bytes: its number, its size, and what no library would write."""
    return bytes([number << 3 | 2, len(value)]) + value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"\xff\xfe", id="no-utf-8"),
        pytest.param(b"\xc0\x80", id="overlong-nul"),
        pytest.param(b"\xed\xa0\x80", id="lone-surrogate"),
        pytest.param(b"caf\xe9", id="latin-1"),
    ],
)
def test_text_that_is_not_utf_8_is_the_callers_fault(caller: Caller, value: bytes) -> None:
    """In a question and in an event: INVALID_ARGUMENT, not UNKNOWN and not INTERNAL."""
    asked = question().SerializeToString() + text_field(3, value)
    recorded = text_field(1, value) + text_field(2, choice("e1", "GIVEN").SerializeToString())
    texts = [
        ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.raw("AuthorizationService/Check", asked)),
        ends_with(
            grpc.StatusCode.INVALID_ARGUMENT,
            lambda: caller.raw("ConsentService/RecordEvent", recorded),
        ),
    ]

    assert ["CheckRequest" in texts[0], "RecordEventRequest" in texts[1]] == [True, True]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("data", [b"\xff" * 9, b"\x0a\x7f", b"\x0b"], ids=["bytes", "cut-off", "open-group"])
def test_bytes_that_are_no_message_are_the_callers_fault(caller: Caller, method: str, data: bytes) -> None:
    """Of every method."""
    ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.raw(method, data))


@pytest.mark.parametrize("method", ["AuthorizationService/CheckStream", "ConsentService/ImportEvents"])
def test_bytes_that_are_no_message_end_a_stream(caller: Caller, method: str) -> None:
    """What follows on that stream could be anything."""
    call: grpc.StreamStreamMultiCallable[bytes, bytes] = caller.channel.stream_stream(f"/sidecar.api.v1.{method}")

    ends_with(
        grpc.StatusCode.INVALID_ARGUMENT, lambda: list(call(iter([b"\xff" * 9]), metadata=caller.operator, timeout=5))
    )


def test_an_empty_message_is_malformed_for_every_method(caller: Caller) -> None:
    """Nothing has a default that could be meant."""
    for method in METHODS:
        ends_with(grpc.StatusCode.INVALID_ARGUMENT, partial(caller.raw, method, b""))


def test_a_message_that_is_too_large_is_refused_unread(caller: Caller) -> None:
    """Of the configured size, before it is parsed."""
    ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: caller.check(question(purpose="p" * 5_000)))


def test_a_revision_that_is_none_is_refused(caller: Caller) -> None:
    """A token that we did not give is not taken for an old one."""
    text = ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.check(question(at_least_as_fresh="yesterday")))

    assert "`at_least_as_fresh`" in text


def test_refused_events_leave_no_trace(caller: Caller) -> None:
    """After every kind of refusal the record is as empty as before."""
    bad = [
        choice("", "GIVEN"),
        choice("e" * 129, "GIVEN"),
        choice("e1\0", "GIVEN"),
        choice("e1", "UNSPECIFIED"),
        choice("e1", "WITHDRAWN", explicit=True),
        consent_pb2.Event(id="e1"),
        consent_pb2.Event(id="e1", lifting=consent_pb2.Lifting()),
        consent_pb2.Event(id="e1", traits=consent_pb2.Traits()),
        consent_pb2.Event(id="e1", traits=consent_pb2.Traits(jurisdiction="Germany")),
        consent_pb2.Event(id="e1", restriction=consent_pb2.Restriction(scope=consent_pb2.Scope(purposes=["no.such"]))),
    ]
    for event in bad:
        ends_with(grpc.StatusCode.INVALID_ARGUMENT, partial(caller.record, "untouched", event))
    record = caller.consent.GetRecord(consent_pb2.GetRecordRequest(subject="untouched"), metadata=caller.operator)

    assert consent_pb2.GetRecordResponse(language="en") == record


def test_errors_never_repeat_a_subject(caller: Caller) -> None:
    """Ids of people do not belong into logs of callers either."""
    secret = "person-secret\n"
    texts = [
        ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.check(question(secret))),
        ends_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.record(secret, choice("e1", "GIVEN"))),
    ]

    assert [] == [text for text in texts if "secret" in text]


def test_streams_cannot_take_every_thread(caller: Caller) -> None:
    """One too many is RESOURCE_EXHAUSTED, ordinary calls go on, and a place that is left is free again."""
    done = Event()

    def open_stream() -> grpc.Call:
        def questions() -> Iterator[pb.CheckStreamRequest]:
            yield pb.CheckStreamRequest(request=question())
            done.wait(10)

        stream: grpc.Call = caller.authorization.CheckStream(questions(), timeout=10)
        return stream

    streams = [open_stream(), open_stream()]
    for stream in streams:
        next(stream)  # type: ignore[call-overload]
    ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: next(open_stream()))  # type: ignore[call-overload]

    assert "CONSENT_UNKNOWN" == caller.reason(question())
    assert [] == list(caller.consent.ImportEvents(iter(()), metadata=caller.operator))  # has a place of its own

    done.set()
    for stream in streams:
        assert [] == list(stream)  # type: ignore[call-overload]

    assert 1 == len(list(caller.authorization.CheckStream(iter([pb.CheckStreamRequest(request=question())]))))


@pytest.mark.parametrize("transport", ["native", "grpcio"])
def test_calls_beyond_the_limit_are_turned_away(transport: str) -> None:
    """The queue in front of the threads is bounded; a native listener counts questions apart from the rest."""
    settings = {"limits.calls_in_flight": 1}
    with serving(clock=FixedClock(), settings=settings, transport=transport) as served, calling(served) as caller:
        held = Event()

        def one() -> Iterator[pb.CheckStreamRequest]:
            yield pb.CheckStreamRequest(request=question())
            held.wait(10)

        stream = caller.authorization.CheckStream(one(), timeout=10)
        next(stream)
        refused = [
            lambda: next(caller.authorization.CheckStream(iter(()))),
            lambda: caller.consent.GetRecord(consent_pb2.GetRecordRequest(subject="p1"), metadata=caller.operator),
            *([lambda: caller.check(question())] if transport == "grpcio" else []),
        ]
        texts = {ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, call) for call in refused}
        if transport == "native":
            caller.check(question())
        held.set()

        assert {"Concurrent RPC limit exceeded!"} == texts

        assert [] == list(stream)


def test_who_floods_its_attributes_spends_its_own_budget() -> None:
    """A service with too many new questions is refused those, and only those; in a batch one by one."""

    def about(amount: int) -> pb.CheckRequest:
        attributes = {"amount_cents": model_pb2.AttributeValue(int_value=amount)}
        fields, purpose = ["home.location"], "essential.fraud_detection"
        return pb.CheckRequest(service="fraud", subject="p1", fields=fields, purpose=purpose, attributes=attributes)

    settings = {"limits.misses_per_second": 1, "limits.misses_burst": 3}
    with serving(clock=FixedClock(), settings=settings) as served, calling(served) as caller:
        reasons = [caller.reason(about(amount)) for amount in (1, 2, 20_000)]
        text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: caller.check(about(4)))
        batch = pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=about(amount)) for amount in (1, 5, 20_000)])
        results = caller.authorization.CheckBatch(batch).results
        explained = caller.authorization.Explain(pb.ExplainRequest(request=about(1)), metadata=caller.operator)
        refused = partial(
            caller.authorization.Explain, pb.ExplainRequest(request=about(6)), metadata=caller.operator, timeout=5
        )
        ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, refused)
        count = served.sidecar.registry.get_sample_value("sidecar_verdict_refusals_total", {"service": "fraud"})

        assert ["FORBIDDEN", "FORBIDDEN", "ALLOWED"] == reasons
        assert "`fraud`" in text
        assert [0, grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], 0] == [result.error.code for result in results]
        assert 1 == len(explained.fields)
        assert "CONSENT_UNKNOWN" == caller.reason(question())
        assert 3.0 == count
