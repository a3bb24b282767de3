"""The end: what was begun is finished, nothing new is begun, nobody is left waiting, and the process ends well."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, feed_pb2
from sidecar.errors import RequestError
from tests.conformance.transports.over import CHECK, DOORS, Over, serving_over
from tests.conformance.transports.process import Process, running
from tests.conformance.transports.spoiled import marked, meeting_in_wait
from tests.integration.caller import Caller, choice, ends_with, eventually, question
from tests.wire.connection import message

pytestmark = pytest.mark.conformance

UNAVAILABLE: Final = grpc.StatusCode.UNAVAILABLE
ENDED: Final = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
PARK_SECONDS: Final = 30.0
AT_ONCE_SECONDS: Final = 8.0
"""Much less than what the calls in these tests would wait if nobody told them of the end."""


@pytest.fixture
def over(transport: str) -> Iterator[Over]:
    """A sidecar to be stopped, in which calls wait for long."""
    with serving_over(transport, settings={"limits.park_seconds": PARK_SECONDS}) as running_now:
        yield running_now


def waiting(over: Over) -> pb.CheckRequest:
    """A question that waits."""
    return question("p", at_least_as_fresh=over.future())


def test_what_is_in_flight_gets_its_answer_and_nothing_new_is_begun(over: Over) -> None:
    """A call that waits when the end begins is answered at once; later ones are turned away, by every door."""
    with over.calling() as caller, ThreadPoolExecutor(2) as pool:
        parked = [pool.submit(caller.check, waiting(over), 60) for _ in range(2)]
        eventually(lambda: _is(over.parked == 2))
        began = time.monotonic()
        over.served.sidecar.stop(PARK_SECONDS)
        took = time.monotonic() - began
        answers = [future.result(AT_ONCE_SECONDS) for future in parked]
        for door in DOORS:
            with over.calling(door) as late:
                ends_with(UNAVAILABLE, lambda late=late: late.check(question("p"), timeout=2))  # type: ignore[misc]

    assert [1, 1] == [len(answer.results) for answer in answers]
    assert took < AT_ONCE_SECONDS


def test_while_a_call_is_at_work_the_end_waits_for_it_and_others_are_turned_away(over: Over) -> None:
    """It gets its own end, whatever that is, though it took long; callers who come meanwhile are told at once."""
    working, done = Event(), Event()

    def work() -> BaseException:
        working.set()
        done.wait(PARK_SECONDS)
        return RequestError("work", "over")

    with over.calling() as caller, meeting_in_wait(work), ThreadPoolExecutor(2) as pool:
        call = pool.submit(ends_with, grpc.StatusCode.INVALID_ARGUMENT, lambda: caller.check(marked(), 60))
        assert working.wait(AT_ONCE_SECONDS)
        stopping = pool.submit(over.served.sidecar.stop, PARK_SECONDS)
        try:
            eventually(lambda: _is(not over.served.sidecar.lifecycle.ready))
            turned_away = {_end(caller) for _ in range(3)}
            with pytest.raises(TimeoutError):  # nobody cuts it
                call.result(1.0)
        finally:
            done.set()
        text = call.result(AT_ONCE_SECONDS)
        stopping.result(AT_ONCE_SECONDS)

    assert "`work`: over" == text
    assert turned_away <= {"grpcio": ENDED, "native": {UNAVAILABLE}}[over.transport]


def _end(caller: Caller) -> grpc.StatusCode:
    try:
        caller.check(question("p"), timeout=AT_ONCE_SECONDS)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def test_a_connection_that_stays_is_told(over: Over) -> None:
    """By GOAWAY, or its end: not by silence."""
    with over.connection() as raw:
        before = raw.ask(CHECK, message(question("p").SerializeToString())).outcome
        over.served.sidecar.stop(1)
        raw.until_closed()

    assert "OK" == before


def _questions(held: Event) -> Iterator[pb.CheckStreamRequest]:
    yield pb.CheckStreamRequest(request=question("p"))
    held.wait(PARK_SECONDS)


def _lines(held: Event) -> Iterator[consent_pb2.ImportEventsRequest]:
    line = consent_pb2.ImportLine(line=1, subject="p", event=choice("e1", "GIVEN"))
    line.event.occurred_at.FromJsonString("2026-05-01T12:00:00Z")
    yield consent_pb2.ImportEventsRequest(lines=[line])
    held.wait(PARK_SECONDS)


@pytest.mark.parametrize(
    "opened",
    [
        pytest.param(lambda caller, held: caller.authorization.CheckStream(_questions(held)), id="questions"),
        pytest.param(
            lambda caller, held: caller.consent.ImportEvents(_lines(held), metadata=caller.operator), id="import"
        ),
        pytest.param(
            lambda caller, _: caller.feed.WatchRecords(feed_pb2.WatchRecordsRequest(), metadata=caller.operator),
            id="changes",
        ),
    ],
)
def test_streams_are_ended(over: Over, opened: Callable[[Caller, Event], Any]) -> None:
    """At once if they are idle, and nobody has to wait for them."""
    held = Event()
    try:
        with over.calling() as caller:
            stream = opened(caller, held)
            next(stream)
            began = time.monotonic()
            over.served.sidecar.stop(PARK_SECONDS)
            took = time.monotonic() - began
            with pytest.raises(grpc.RpcError) as caught:
                list(stream)
    finally:
        held.set()

    assert caught.value.code() in ENDED
    assert took < AT_ONCE_SECONDS


def test_it_can_be_stopped_twice_and_while_it_is_asked(over: Over) -> None:
    """Callers get answers, then UNAVAILABLE; those whom grpcio had taken in and not begun to answer, CANCELLED."""
    ends: list[grpc.StatusCode] = []
    stopped = Event()

    def ask() -> None:
        with over.calling() as caller:
            while not stopped.is_set():
                try:
                    caller.check(question("p"), timeout=AT_ONCE_SECONDS)
                    ends.append(grpc.StatusCode.OK)
                except grpc.RpcError as error:
                    ends.append(error.code())

    asking = [Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    eventually(lambda: _is(ends.count(grpc.StatusCode.OK) > 20))
    over.served.sidecar.stop(5)
    over.served.sidecar.stop(5)
    eventually(lambda: _is(UNAVAILABLE in ends))
    stopped.set()
    for thread in asking:
        thread.join()

    others = set(ends) - {grpc.StatusCode.OK, UNAVAILABLE}

    assert others <= {"grpcio": {grpc.StatusCode.CANCELLED}, "native": set()}[over.transport]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_told_to_end_ends_well(transport: str, tmp_path: Path, number: signal.Signals) -> None:
    """A call that waits is answered, one that comes later is turned away, the exit code is 0, no socket file stays."""
    with (
        running(transport, tmp_path, LIMITS_PARK_SECONDS=f"{PARK_SECONDS:g}") as process,
        process.calling() as caller,
        ThreadPoolExecutor(1) as pool,
    ):
        recorded = caller.record("p", choice("e1", "GIVEN"))
        log_id, position = recorded.revision.rsplit(".", 1)
        future = f"{log_id}.{int(position) + 1}"
        parked = pool.submit(caller.check, question("p", at_least_as_fresh=future), 60)
        _await_parked(process, caller)
        process.signal(number)
        code = process.ended()
        answer = parked.result(AT_ONCE_SECONDS)
        ends_with(UNAVAILABLE, lambda: caller.check(question("p"), timeout=2))

    assert (0, 1) == (code, len(answer.results))
    assert not (tmp_path / "api.sock").exists()
    assert "Traceback" not in process.said, process.said


def _await_parked(process: Process, caller: Caller) -> None:
    """Until the call before has come in: a process answers one connection's calls in the order in which they came."""
    del process
    for _ in range(20):
        caller.check(question("p"))


def _is(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    assert value
