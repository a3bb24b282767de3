"""The serving thread on a front of our own, with the desk of a real sidecar."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import current_thread
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.config import Limits
from sidecar.errors import RequestError
from sidecar.testing import FixedClock, Served, serving
from sidecar.transport.burst import Report
from sidecar.transport.desk import CHECK, Desk
from sidecar.transport.identity import Identity
from sidecar.transport.lifecycle import Lifecycle
from sidecar.transport.native.serving import TOO_MANY, Serving
from tests.integration.caller import eventually, question
from tests.unit.transport.native.fakes import BATCH, FILTER, FakeFront, event

GOOD = question().SerializeToString()
INTERNAL = (grpc.StatusCode.INTERNAL.value[0], "internal error")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A sidecar whose desk is served once more, and has been asked before: who asks first is answered elsewhere."""
    with serving(clock=FixedClock(), settings={"limits.park_seconds": 0.05}) as running:
        desk_of(running).wait(CHECK, GOOD, Identity(), desk_of(running).patience(None))
        yield running


@dataclass
class Run:
    """A serving thread, and what it serves."""

    front: FakeFront
    serving: Serving
    sent: int = field(default=0)

    def send(self, *events: Any) -> dict[int, Any]:
        """What *events*, which come in one go, end with."""
        self.front.coming.put(list(events))
        calls = {call for _, call, *_ in events}
        eventually(lambda: _all_ended(self.front, calls))
        return {call: self.front.ended[call] for call in calls}


def _all_ended(front: FakeFront, calls: set[int]) -> None:
    assert calls <= set(front.ended)


@contextmanager
def running(desk: Any, identity: Identity | None = None) -> Iterator[Run]:
    """A serving thread for *desk*, which must have outlived the test."""
    front = FakeFront()
    with ThreadPoolExecutor(2) as executor:
        run = Run(front, Serving(front, desk, identity or Identity(), executor))
        run.serving.start()
        yield run
        assert run.serving.alive
        front.close()
        run.serving.join(5)
        assert not run.serving.alive
        assert [] == front.ended_again


class Desks:
    """A desk like *desk*, but for what *changes* say."""

    def __init__(self, desk: Any, **changes: Any) -> None:
        self._desk = desk
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        return self._changes[name] if name in self._changes else getattr(self._desk, name)


def desk_of(served: Served) -> Desk:
    """The desk of a sidecar."""
    return served.sidecar._grpc.desk


def reason_of(answer: Any) -> int:
    """The reason of the first field in the bytes of an answer."""
    return int(pb.CheckResponse.FromString(answer).results[0].reason)


def test_calls_of_a_burst_are_answered_each(served: Served) -> None:
    """Questions, batches, and malformed ones in between, which spoil nothing."""
    batch = pb.CheckBatchRequest(items=[pb.CheckBatchItem(correlation_id="a", request=question())])
    with running(desk_of(served)) as run:
        ended = run.send(
            event(1, GOOD), event(2, b"\xff"), event(3, batch.SerializeToString(), method=BATCH), event(4, GOOD)
        )
        results = pb.CheckBatchResponse.FromString(ended[3]).results

    assert reason_of(ended[1]) == reason_of(ended[4]) == results[0].response.results[0].reason
    assert grpc.StatusCode.INVALID_ARGUMENT.value[0] == ended[2][0]
    assert "a" == results[0].correlation_id


def test_who_may_ask_is_the_listeners(served: Served) -> None:
    """A pinned caller that names another service is refused."""
    with running(desk_of(served), Identity("fraud")) as run:
        ended = run.send(event(1, GOOD))

    assert grpc.StatusCode.PERMISSION_DENIED.value[0] == ended[1][0]


def test_a_message_that_is_too_large_is_refused_in_grpcios_words(served: Served) -> None:
    """By its size alone; one of just the size is read."""
    with running(desk_of(served)) as run:
        ended = run.send(event(1, b"\xff" * 65_537), event(2, b"\xff" * 65_536))

    words = "SERVER: Received message larger than max (65537 vs. 65536)"
    assert (grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], words) == ended[1]
    assert grpc.StatusCode.INVALID_ARGUMENT.value[0] == ended[2][0]


def test_what_is_too_many_is_turned_away_and_the_first_are_served(served: Served) -> None:
    """Those who came first; calls that wait elsewhere take room too, and give it back."""
    shared = desk_of(served).shared
    few = Desks(shared, limits=Limits(calls_in_flight=3))
    revision = served.sidecar.world.cache.revision()
    later = question(at_least_as_fresh=f"{revision.log_id}.{revision.position + 1}").SerializeToString()
    with running(Desks(desk_of(served), shared=few)) as run:
        run.front.coming.put([event(100, later, timeout=b"60S"), event(101, later, timeout=b"60S")])
        ended = run.send(*(event(call, GOOD) for call in range(5)))
        eventually(lambda: _all_ended(run.front, {100, 101}))
        eventually(lambda: _idle(run.serving))
        again = run.send(*(event(call, GOOD) for call in range(10, 13)))

    turned_away = (grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], TOO_MANY)
    assert [False, True, True, True, True] == [ended[call] == turned_away for call in range(5)]
    assert turned_away not in again.values()


def _idle(serving_thread: Serving) -> None:
    assert serving_thread.idle


def test_an_answer_that_must_be_waited_for_comes_from_another_thread(served: Served) -> None:
    """A revision that does not arrive: the deny that says so, and the thread was free meanwhile."""
    revision = served.sidecar.world.cache.revision()
    later = question(at_least_as_fresh=f"{revision.log_id}.{revision.position + 1}").SerializeToString()
    with running(desk_of(served)) as run:
        ended = run.send(event(1, later), event(2, GOOD))

    assert pb.CheckResponse.FromString(ended[1]).results[0].reason != reason_of(ended[2])


@pytest.mark.parametrize("error", [ValueError("p1"), MemoryError(), RecursionError(), AssertionError()])
def test_no_error_of_a_handler_ends_the_thread(served: Served, error: Exception) -> None:
    """Its caller gets INTERNAL and no word of it; others in the same burst, and after it, are answered."""

    class Burst:
        def __init__(self, report: Report) -> None:
            del report

        def check(self, data: bytes, identity: Identity) -> bytes:
            del identity
            if data == b"bad":
                raise error
            return data

        check_batch = check

        def end(self) -> None:
            pass

    with running(Desks(desk_of(served), burst=Burst)) as run:
        ended = run.send(event(1, b"a"), event(2, b"bad"), event(3, b"b"), event(4, b"bad", method=BATCH))
        ended |= run.send(event(5, b"c"))

    assert {1: b"a", 2: INTERNAL, 3: b"b", 4: INTERNAL, 5: b"c"} == ended


def test_the_thread_that_serves_logs_no_error_of_an_item(served: Served) -> None:
    """Nor of a call: whatever is our fault is reported, each once, by another thread."""
    desk, threads = desk_of(served), []
    errors = SimpleNamespace(report=lambda component, error: threads.append((component, str(error), current_thread())))

    def broken(subject: str) -> bytes:
        raise ValueError(subject)

    world = Desks(desk.shared.world, cache=Desks(desk.shared.world.cache, pseudonym=broken))
    shared: Any = Desks(desk.shared, world=world, errors=errors)
    items = [pb.CheckBatchItem(request=question(subject)) for subject in ("p1", "p2")]
    with running(Desk(shared)) as run:
        ended = run.send(
            event(1, pb.CheckBatchRequest(items=items).SerializeToString(), method=BATCH),
            event(2, question("p3").SerializeToString()),
        )
        eventually(lambda: _told(threads, 3))

    assert [INTERNAL] * 2 == [
        (result.error.code, result.error.message) for result in pb.CheckBatchResponse.FromString(ended[1]).results
    ]
    assert INTERNAL == ended[2]
    assert [("grpc", "p1"), ("grpc", "p2"), ("grpc", "p3")] == [told[:2] for told in threads]
    assert "native" not in {thread.name for *_, thread in threads}


def _told(threads: Sequence[Any], times: int) -> None:
    assert times == len(threads)


def test_no_error_around_a_burst_ends_the_thread(served: Served) -> None:
    """Where it cannot even begin, all its calls end as INTERNAL; what fails at its end is told to nobody."""
    begins: list[bool] = []

    class Burst:
        def __init__(self, report: Report) -> None:
            del report
            begins.append(True)
            if len(begins) == 1:
                raise OSError("p1")

        def check(self, data: bytes, identity: Identity) -> bytes:
            del identity
            return data

        check_batch = check

        def end(self) -> None:
            raise OSError("p1")

    with running(Desks(desk_of(served), burst=Burst)) as run:
        first = run.send(event(1, b"a"), event(2, b"b"))
        second = run.send(event(3, b"c"))
        eventually(lambda: _reported(served, "unexpected OSError"))

    assert [{1: INTERNAL, 2: INTERNAL}, {3: b"c"}] == [first, second]


def _reported(served: Served, message: str) -> None:
    assert message in {error.message for error in served.sidecar.errors.latest()}


def test_an_error_of_the_front_leaves_no_other_call_unanswered(served: Served) -> None:
    """Where it does not even take the error, the rest of the burst ends as INTERNAL, and the thread goes on."""
    with running(desk_of(served)) as run:
        run.front.ended[1] = b"answered already, so that its answer is refused"
        ended = run.send(event(1, GOOD), event(2, GOOD)) | run.send(event(3, GOOD))
        run.front.ended_again.clear()

    assert INTERNAL == ended[2]
    assert reason_of(ended[3])


def test_calls_are_counted_by_what_they_ended_with(served: Served) -> None:
    """Also those whose callers went away."""

    def calls(code: str) -> float:
        labels = {"method": "Check", "code": code}
        return served.sidecar.registry.get_sample_value("sidecar_calls_total", labels) or 0.0

    before = {code: calls(code) for code in ("OK", "CANCELLED", "INVALID_ARGUMENT")}
    with running(desk_of(served)) as run:
        run.front.gone.add(2)
        run.send(event(1, GOOD), event(2, GOOD), event(3, b"\xff"), event(4, GOOD))
        eventually(lambda: _idle(run.serving))

    assert {"OK": 2, "CANCELLED": 1, "INVALID_ARGUMENT": 1} == {code: calls(code) - before[code] for code in before}


class Audiences:
    """Answers in steps that a test lets it take: each says whether the next may wait."""

    def __init__(self, *steps: bool | Exception) -> None:
        self.steps_taken = 0
        self.closed = 0
        self._steps = steps

    def steps(self, data: bytes, identity: Identity, until: float) -> Generator[bool, None, bytes]:
        """One for each."""
        del identity, until
        try:
            for step in self._steps:
                self.steps_taken += 1
                if isinstance(step, Exception):
                    raise step
                yield step
        finally:
            self.closed += 1
        return data

    def finish(self, steps: Generator[bool, None, bytes]) -> bytes:
        """The rest of them, on another thread than the one that serves."""
        assert current_thread().name != "native"
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return bytes(end.value)


def test_a_long_call_is_answered_between_others(served: Served) -> None:
    """In steps, each after the questions that have come meanwhile; two of them take turns."""
    audiences = Audiences(*(False,) * 1_000)
    with running(Desks(desk_of(served), audiences=audiences)) as run:
        run.front.coming.put([event(1, b"a", method=FILTER), event(2, b"b", method=FILTER), event(3, GOOD)])
        eventually(lambda: _all_ended(run.front, {3}))
        between = run.send(event(4, GOOD))
        still = [call for call in (1, 2) if call not in run.front.ended]
        eventually(lambda: _all_ended(run.front, {1, 2}))

    assert reason_of(between[4])
    assert [1, 2] == still or audiences.steps_taken == 2_000  # or it was quicker than the test
    assert (b"a", b"b", 2) == (run.front.ended[1], run.front.ended[2], audiences.closed)


def test_a_step_that_may_wait_is_left_to_another_thread(served: Served) -> None:
    """With all that follow it."""
    steps = (False, True, False)
    with running(Desks(desk_of(served), audiences=Audiences(*steps))) as run:
        ended = run.send(event(1, b"a", method=FILTER))

    assert {1: b"a"} == ended


def test_a_long_call_ends_with_the_error_of_its_step(served: Served) -> None:
    """Of the caller's fault, of ours, or on another thread; the thread that serves goes on."""
    fault = RequestError("subjects", "empty")
    for steps, code in (
        ((False, fault), grpc.StatusCode.INVALID_ARGUMENT),
        ((False, KeyError("p1")), grpc.StatusCode.INTERNAL),
        ((True, fault), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with running(Desks(desk_of(served), audiences=Audiences(*steps))) as run:
            ended = run.send(event(1, b"a", method=FILTER))
            after = run.send(event(2, GOOD))

        assert code.value[0] == ended[1][0]
        assert reason_of(after[2])


def test_a_long_call_is_dropped_at_its_deadline(served: Served) -> None:
    """The front has told its caller; what it held is given back."""
    audiences = Audiences(*(False,) * 1_000_000)
    with running(Desks(desk_of(served), audiences=audiences)) as run:
        run.front.coming.put([event(1, b"a", method=FILTER, timeout=b"20m")])
        eventually(lambda: _closed(audiences))
        eventually(lambda: _idle(run.serving))

    assert 1 not in run.front.ended


def _closed(audiences: Audiences) -> None:
    assert audiences.closed == 1


def test_long_calls_take_room_as_others_do(served: Served) -> None:
    """And none begins while the sidecar is not ready."""
    shared = desk_of(served).shared
    few = Desks(shared, limits=Limits(calls_in_flight=1))
    audiences = Audiences(*(False,) * 1_000_000)
    with running(Desks(desk_of(served), shared=few, audiences=audiences)) as run:
        run.front.coming.put([event(1, b"a", method=FILTER, timeout=b"300m")])
        eventually(lambda: _begun(audiences))
        refused = run.send(event(2, GOOD))
        eventually(lambda: _idle(run.serving))
        lifecycle = Lifecycle()
        few._changes["lifecycle"] = lifecycle
        early = run.send(event(3, b"a", method=FILTER))

    assert {2: (grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], TOO_MANY)} == refused
    assert {3: (grpc.StatusCode.UNAVAILABLE.value[0], lifecycle.not_ready_because)} == early


def _begun(audiences: Audiences) -> None:
    assert audiences.steps_taken > 0
