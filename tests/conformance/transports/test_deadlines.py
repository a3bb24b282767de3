"""Deadlines and cancellation: nobody is answered too late, and nobody who left is waited for."""

import time
from collections.abc import Iterator
from typing import Final

import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from tests.conformance.transports.over import CHECK, RECORD, STREAM, Over, serving_over
from tests.integration.caller import Caller, choice, eventually, question
from tests.wire.connection import Connection, message

pytestmark = pytest.mark.conformance

PARK_SECONDS: Final = 2.0
PLACES: Final = 2


@pytest.fixture(scope="module")
def over(transport: str) -> Iterator[Over]:
    """A sidecar that waits for a revision longer than its callers do, with places for two."""
    settings = {"limits.park_seconds": PARK_SECONDS, "limits.parked": PLACES}
    with serving_over(transport, settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def caller(over: Over) -> Iterator[Caller]:
    """A proper caller."""
    with over.calling() as calls:
        yield calls


@pytest.fixture
def raw(over: Over) -> Iterator[Connection]:
    """A connection on which nobody but the server looks at deadlines."""
    with over.connection() as connection:
        yield connection


def framed(over: Over, *, waits: bool) -> bytes:
    """A question, which *waits* for a revision that does not come."""
    return message(question("p", at_least_as_fresh=over.future() if waits else "").SerializeToString())


@pytest.mark.parametrize("path", [CHECK, RECORD], ids=["check", "fallback"])
@pytest.mark.parametrize("header", ["0n", "1n"])
def test_a_deadline_that_is_over_already(over: Over, raw: Connection, path: str, header: str) -> None:
    """Is over; or the answer came first, which is no harm. The connection goes on."""
    asked = {CHECK: framed(over, waits=False), RECORD: message(b"\x0a\x01p")}[path]
    stream = raw.call(path, ("grpc-timeout", header), *over.served.operator)
    raw.data(stream, asked)
    outcome = raw.reply(stream).outcome
    after = raw.ask(path, asked, extra=over.served.operator).outcome

    assert outcome in {"DEADLINE_EXCEEDED", "CANCELLED", "reset 8", "OK"}
    assert "OK" == after


def test_a_deadline_that_would_end_while_a_call_waits(caller: Caller, over: Over) -> None:
    """The answer comes before, and says why: a deny because the revision did not come."""
    began = time.monotonic()
    asked = question("p", at_least_as_fresh=over.future())
    answer = caller.check(asked, timeout=1.0)
    took = time.monotonic() - began
    batch = pb.CheckBatchRequest(items=[pb.CheckBatchItem(request=asked)])
    results = caller.authorization.CheckBatch(batch, timeout=1.0).results

    assert [pb.CheckResponse.DESCRIPTOR, 0] == [answer.DESCRIPTOR, results[0].error.code]
    assert {"STALE_CONSENT"} == {
        reason_of(result) for response in (answer, results[0].response) for result in response.results
    }
    assert 0.3 < took < 1.0


def reason_of(result: pb.FieldResult) -> str:
    """The name of the reason."""
    return model_pb2.Reason.Name(result.reason).removeprefix("REASON_")


def test_without_a_deadline_it_waits_as_long_as_is_configured(over: Over, raw: Connection) -> None:
    """Then the same answer comes."""
    began = time.monotonic()
    reply = raw.ask(CHECK, framed(over, waits=True))
    took = time.monotonic() - began

    assert "OK" == reply.outcome
    assert ["STALE_CONSENT"] == [reason_of(result) for result in pb.CheckResponse.FromString(reply.messages[0]).results]
    assert PARK_SECONDS * 0.9 < took < PARK_SECONDS + 2


def test_a_revision_that_comes_is_waited_for(caller: Caller, over: Over) -> None:
    """And seen."""
    call = caller.authorization.Check.future(question("late", at_least_as_fresh=over.future()), timeout=5)
    eventually(lambda: _is(over.parked == 1))
    caller.record("late", choice("e1", "GIVEN"))

    assert "ALLOWED" == reason_of(call.result(5).results[0])


def test_there_are_only_so_many_places_to_wait(caller: Caller, over: Over, raw: Connection) -> None:
    """Whoever finds none is told at once, as after a wait; those who do not wait do not notice."""
    waits = framed(over, waits=True)
    parked = []
    for _ in range(PLACES):
        stream = raw.call(CHECK)
        raw.data(stream, waits)
        parked.append(stream)
    eventually(lambda: _is(over.parked == PLACES))
    began = time.monotonic()
    refused = caller.check(question("p", at_least_as_fresh=over.future()))
    reasons = [caller.reason(question("p")) for _ in range(20)]
    took = time.monotonic() - began
    outcomes = [raw.reply(stream).outcome for stream in parked]

    assert ("STALE_CONSENT", ["CONSENT_UNKNOWN"] * 20) == (reason_of(refused.results[0]), reasons)
    assert took < PARK_SECONDS
    assert ["OK"] * PLACES == outcomes


def test_who_leaves_while_parked_leaves_nothing_behind(caller: Caller, over: Over, raw: Connection) -> None:
    """The place is free at the latest when the wait is over, and no other call notices."""
    streams = [raw.call(CHECK) for _ in range(PLACES)]
    for stream in streams:
        raw.data(stream, framed(over, waits=True))
    eventually(lambda: _is(over.parked == PLACES))
    for stream in streams:
        raw.reset(stream)
    reasons = [caller.reason(question("p")) for _ in range(20)]
    eventually(lambda: _is(over.parked == 0))
    call = caller.authorization.Check.future(question("p", at_least_as_fresh=over.future()), timeout=5)
    eventually(lambda: _is(over.parked == 1))
    call.cancel()

    assert ["CONSENT_UNKNOWN"] * 20 == reasons
    eventually(lambda: _is(over.parked == 0))


def test_who_hangs_up_while_parked_leaves_nothing_behind(caller: Caller, over: Over) -> None:
    """The same, of a whole connection."""
    with over.connection() as raw:
        raw.data(raw.call(CHECK), framed(over, waits=True))
        eventually(lambda: _is(over.parked == 1))
    reasons = [caller.reason(question("p")) for _ in range(20)]

    assert ["CONSENT_UNKNOWN"] * 20 == reasons
    eventually(lambda: _is(over.parked == 0))


def test_calls_that_are_taken_back_before_they_are_answered(caller: Caller, over: Over) -> None:
    """A thousand of them: with half a message, with all of it; each may or may not be decided, none is left over."""
    with over.connection() as raw:
        for number in range(1_000):
            stream = raw.call(CHECK)
            if number % 2:
                raw.data(stream, framed(over, waits=False))
            raw.reset(stream)
        outcome = raw.ask(CHECK, framed(over, waits=False)).outcome
    reason = caller.reason(question("p"))

    assert {outcome} <= {"OK", "cut"}  # who takes so many back may be hung up on
    assert "CONSENT_UNKNOWN" == reason
    eventually(lambda: _is(over.metric("sidecar_calls_in_flight") == 0))


def test_a_stream_that_is_taken_back_makes_room(over: Over, caller: Caller) -> None:
    """At once: the next may use its place."""
    streams = over.served.sidecar._grpc.desk.shared.streams
    with over.connection() as raw:
        stream = raw.call(STREAM)
        raw.data(stream, message(pb.CheckStreamRequest(request=question("p")).SerializeToString()), end=False)
        raw.begun(stream)
        opened = len(streams)
        raw.reset(stream)
        eventually(lambda: _is(len(streams) == 0))
    answers = list(caller.authorization.CheckStream(iter([pb.CheckStreamRequest(request=question("p"))]), timeout=5))

    assert [1, 1] == [opened, len(answers)]


def _is(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    assert value
