"""Each limit holds at its edge, on both transports: what is exactly as large is answered, one more is refused."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any, Final

import grpc
import pytest
from google.protobuf.message import Message

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, feed_pb2, model_pb2
from tests.conformance.transports.over import CHECK, FILTER, RECORD, Over, serving_over
from tests.integration.caller import Caller, ends_with, eventually, question
from tests.wire.connection import message

pytestmark = pytest.mark.conformance

_NUMBERS = count()
KIB: Final = 1_024
SIZE: Final = 4 * KIB
MANY: Final = 128 * KIB
"""A message about many."""

INVALID: Final = grpc.StatusCode.INVALID_ARGUMENT
EXHAUSTED: Final = grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture(scope="module")
def over(transport: str) -> Iterator[Over]:
    """A sidecar with little room."""
    settings = {
        "limits.message_bytes": SIZE,
        "limits.audience_bytes": MANY,
        "limits.fields": 3,
        "limits.attributes": 2,
        "limits.string_bytes": 64,
        "limits.batch_items": 3,
        "limits.streams": 2,
        "limits.watches": 1,
        "limits.park_seconds": 0.3,
    }
    with serving_over(transport, settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def caller(over: Over) -> Iterator[Caller]:
    """A proper caller."""
    with over.calling() as calls:
        yield calls


def padded(data: bytes, size: int) -> bytes:
    """*data* with an unknown field that makes it *size* octets."""
    rest = size - len(data) - 5
    return data + bytes([0x9A, 0x06, rest & 127 | 128, rest >> 7 & 127 | 128, rest >> 14]) + bytes(rest)


def about_many() -> pb.FilterSubjectsRequest:
    """A question about many, though it names one."""
    asked = question()
    return pb.FilterSubjectsRequest(service=asked.service, subjects=["p"], fields=asked.fields, purpose=asked.purpose)


@pytest.mark.parametrize(
    ("path", "asked", "most"),
    [
        pytest.param(CHECK, question("p"), SIZE, id="check"),
        pytest.param(RECORD, consent_pb2.GetRecordRequest(subject="p"), SIZE, id="fallback"),
        pytest.param(FILTER, about_many(), MANY, id="filter"),
    ],
)
def test_the_size_of_a_message(over: Over, path: str, asked: Message, most: int) -> None:
    """Of the message, without the frame around it; the connection goes on."""
    sizes = (most, most + 1, most + 60 * KIB, most)
    with over.connection() as raw:
        outcomes = [
            raw.ask(path, message(padded(asked.SerializeToString(), size)), extra=over.served.operator).outcome
            for size in sizes
        ]

    assert ["OK", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", "OK"] == outcomes


def test_a_message_that_claims_to_be_too_large(over: Over) -> None:
    """Grpcio refuses it by its head, before there is more of it; native waits for the whole, whatever it is."""
    with over.connection() as raw:
        stream = raw.call(CHECK)
        raw.data(stream, message(b"x", size=200 << 20), end=False)
        try:
            outcome = raw.reply(stream, within_seconds=1.0).outcome
        except TimeoutError:
            outcome = "waits"
        raw.reset(stream)
        after = raw.ask(CHECK, message(ASKED)).outcome

    assert ({"grpcio": "RESOURCE_EXHAUSTED", "native": "waits"}[over.transport], "OK") == (outcome, after)


def test_the_size_of_a_message_of_a_stream(caller: Caller) -> None:
    """It ends the stream."""
    asked = padded(pb.CheckStreamRequest(request=question("p")).SerializeToString(), SIZE)
    call: grpc.StreamStreamMultiCallable[bytes, bytes] = caller.channel.stream_stream(
        "/sidecar.api.v1.AuthorizationService/CheckStream"
    )

    assert 1 == len(list(call(iter([asked]), timeout=5)))
    ends_with(EXHAUSTED, lambda: list(call(iter([asked, asked + bytes(9)]), timeout=5)))


def attribute(number: int = 1) -> model_pb2.AttributeValue:
    """One that fits."""
    return model_pb2.AttributeValue(int_value=number)


def _named(amount: int) -> list[str]:
    return [f"customer.field-{number}" for number in range(amount)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        pytest.param(lambda more: question("p", fields=_named(3 + more)), "fields", id="fields"),
        pytest.param(
            lambda more: question("p", attributes={f"a{number}": attribute() for number in range(2 + more)}),
            "attributes",
            id="attributes",
        ),
        pytest.param(lambda more: question("p" * (256 + more)), "subject", id="subject"),
        pytest.param(lambda more: question("p", co_subjects=list("abcdefgh")[: 7 + more]), "co_subjects", id="others"),
        pytest.param(lambda more: question("p", co_subjects=["c" * (256 + more)]), "co_subjects[0]", id="other"),
        pytest.param(lambda more: question("p", service="s" * (64 + more)), "service", id="service"),
        pytest.param(lambda more: question("p", purpose="u" * (64 + more)), "purpose", id="purpose"),
        pytest.param(lambda more: question("p", channel="c" * (64 + more)), "channel", id="channel"),
        pytest.param(lambda more: question("p", fields=["f" * (64 + more)]), "fields[0]", id="field"),
        pytest.param(
            lambda more: question("p", purpose="u" + "ä" * 31 + "u" * (1 + more)), "purpose", id="octets-not-letters"
        ),
        pytest.param(
            lambda more: question("p", attributes={"a" * (64 + more): attribute()}), "attributes", id="attribute-name"
        ),
        pytest.param(
            lambda more: question("p", attributes={"a": model_pb2.AttributeValue(string_value="v" * (64 + more))}),
            "attributes[a]",
            id="attribute-text",
        ),
        pytest.param(
            lambda more: question(
                "p",
                attributes={
                    "a": model_pb2.AttributeValue(
                        strings_value=model_pb2.StringList(values=[f"{number}" for number in range(64 + more)])
                    )
                },
            ),
            "attributes[a]",
            id="attribute-list",
        ),
    ],
)
def test_what_a_question_may_hold(caller: Caller, asked: Callable[[int], pb.CheckRequest], field: str) -> None:
    """The refusal names the field of the message; in a batch it is that question's."""
    caller.check(asked(0))
    text = ends_with(INVALID, lambda: caller.check(asked(1)))
    batch = pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=asked(more)) for more in (1, 0)])
    results = caller.authorization.CheckBatch(batch, timeout=5).results

    assert text.startswith(f"`{field}`: "), text
    assert [(INVALID.value[0], text), (0, "")] == [(result.error.code, result.error.message) for result in results]


def test_what_a_batch_may_hold(caller: Caller) -> None:
    """One question too many is nobody's in particular: the batch is refused."""

    def batch(amount: int, correlation_id: str = "") -> Any:
        items = [pb.CheckBatchItem(correlation_id=correlation_id, request=question("p"))] * amount
        return caller.authorization.CheckBatch(pb.CheckBatchRequest(items=items), timeout=5)

    texts = [ends_with(INVALID, partial(batch, amount)) for amount in (0, 4)]

    assert 3 == len(batch(3).results)
    assert [True, True] == [text.startswith("`items`: ") for text in texts]
    assert [0, 3] == [batch(1, "c" * size).results[0].error.code for size in (128, 129)]


@contextmanager
def held(caller: Caller) -> Iterator[Any]:
    """An open stream of questions, one of which was answered."""
    done = threading.Event()

    def one() -> Iterator[pb.CheckStreamRequest]:
        yield pb.CheckStreamRequest(request=question("p"))
        done.wait(10)

    stream = caller.authorization.CheckStream(one(), timeout=10)
    try:
        next(stream)
        yield stream
    finally:
        done.set()
        stream.cancel()


def test_how_many_streams_may_be_open(caller: Caller) -> None:
    """One more is refused, questions go on, and a place that is left is free."""
    with held(caller), held(caller):
        with pytest.raises(grpc.RpcError) as caught, held(caller):
            pass
        reason = caller.reason(question("p"))

    def again() -> None:
        try:
            with held(caller):
                pass
        except grpc.RpcError as error:
            raise AssertionError from error

    eventually(again)

    assert (EXHAUSTED, "CONSENT_UNKNOWN") == (caught.value.code(), reason)


def test_how_many_may_watch(over: Over, caller: Caller) -> None:
    """The operator has a place of their own, as with imports."""

    def watch(metadata: Any) -> Any:
        return caller.feed.WatchRecords(feed_pb2.WatchRecordsRequest(), metadata=metadata, timeout=5)

    first = watch(over.consumer)
    next(first)
    ends_with(EXHAUSTED, lambda: next(watch(over.consumer)))
    first.cancel()


@pytest.mark.parametrize("path", [CHECK, RECORD], ids=["check", "fallback"])
def test_how_many_headers_a_call_may_have(over: Over, path: str) -> None:
    """Some kilobytes are taken, some more refused, and nobody else notices.

    grpcio holds a caller to it who has acknowledged its settings, as every client does, and before that to megabytes.
    """
    data = message(consent_pb2.GetRecordRequest(subject="p").SerializeToString() if path == RECORD else ASKED)
    outcomes = []
    for size in (4_000, 80_000, 1_000_000):
        with over.connection() as raw:
            assert "OK" == raw.ask(path, data, extra=over.served.operator).outcome
            extra = [(f"x-{at}", "x" * 1_000) for at in range(size // 1_000)]
            stream = raw.call_in_pieces(path, *extra, *over.served.operator)
            raw.data(stream, data)
            outcomes.append(raw.reply(stream).outcome)
    with over.connection() as raw:
        after = raw.ask(path, data, extra=over.served.operator).outcome

    assert ["OK", "OK"] == [outcomes[0], after]
    assert set(outcomes[1:]) <= {"RESOURCE_EXHAUSTED", "http 431", "cut"}, outcomes


ASKED: Final = question("p").SerializeToString()


def test_calls_in_flight(transport: str) -> None:
    """Beyond the limit a call is refused at once, whoever is in the way; places are free again when calls end."""
    settings = {"limits.calls_in_flight": 2, "limits.park_seconds": 5, "limits.parked": 2}
    with serving_over(transport, settings=settings) as over, over.calling() as caller, ThreadPoolExecutor(2) as pool:
        waits = question("p", at_least_as_fresh=over.future())
        parked = [pool.submit(caller.check, waits) for _ in range(2)]
        eventually(lambda: _is(over.parked == 2))
        text = ends_with(EXHAUSTED, lambda: caller.check(question("p")))
        other = over.calling("unix")
        with other as elsewhere:
            reason = elsewhere.reason(question("p"))  # each listener has its own
        over.served.ledger.erase("somebody", "e1")
        answers = [future.result(5) for future in parked]
        after = caller.reason(question("p"))

    assert text
    assert ["CONSENT_UNKNOWN"] * 2 == [reason, after]
    assert [1, 1] == [len(answer.results) for answer in answers]


def _is(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    assert value


def test_a_service_that_asks_ever_new_questions_spends_its_own_budget(transport: str) -> None:
    """In single questions and batches; what was asked before is answered, and others do not notice."""

    def about(amount: int) -> pb.CheckRequest:
        return pb.CheckRequest(
            service="fraud",
            subject="p1",
            fields=["home.location"],
            purpose="essential.fraud_detection",
            attributes={"amount_cents": attribute(amount)},
        )

    settings = {"limits.misses_per_second": 1, "limits.misses_burst": 3}
    with serving_over(transport, settings=settings) as over, over.calling() as caller:
        reasons = [caller.reason(about(amount)) for amount in (1, 2, 20_000)]
        text = ends_with(EXHAUSTED, lambda: caller.check(about(4)))
        items = [pb.CheckBatchItem(request=about(amount)) for amount in (1, 5, 20_000)]
        results = caller.authorization.CheckBatch(pb.CheckBatchRequest(items=items)).results
        others = caller.reason(question())

    assert ["FORBIDDEN", "FORBIDDEN", "ALLOWED", "CONSENT_UNKNOWN"] == [*reasons, others]
    assert "`fraud`" in text
    assert [0, EXHAUSTED.value[0], 0] == [result.error.code for result in results]
