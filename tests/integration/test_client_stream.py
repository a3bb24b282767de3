"""Both clients ask on a stream: a real sidecar over both transports, ones that misbehave, one that is not there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent import futures
from contextlib import aclosing, contextmanager
from dataclasses import replace
from threading import Event
from threading import enumerate as threads

import grpc
import grpc.aio
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.client import AsyncClient, CheckFailedError, Client, Decision, Failure, Question
from sidecar.client.streaming import AsyncStream, Stream
from sidecar.testing import FixedClock, Served, serving
from tests.integration.caller import calling, choice, eventually
from tests.integration.test_client import QUESTION, unused_address

__all__ = ["unused_address"]  # a fixture

Ask = Callable[..., list[Decision]]
Handler = Callable[[Iterator[bytes], grpc.ServicerContext], Iterator[bytes]]


def _sync(address: str, questions: Iterable[Question], *, seconds: float = 5.0, loud: bool = False) -> list[Decision]:
    with Client(address, timeout_seconds=seconds) as client:
        return list(client.check_stream(questions, raise_on_error=loud))


def _async(address: str, questions: Iterable[Question], *, seconds: float = 5.0, loud: bool = False) -> list[Decision]:
    async def ask() -> list[Decision]:
        async with AsyncClient(address, timeout_seconds=seconds) as client:
            return [decision async for decision in client.check_stream(questions, raise_on_error=loud)]

    return asyncio.run(ask())


EVERY_WAY = pytest.mark.parametrize("ask", [_sync, _async])


@pytest.fixture(scope="module", params=["native", "grpcio"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A sidecar with room for one stream; p1 agreed to the newsletter."""
    settings = {"limits.streams": 1}
    with (
        serving(clock=FixedClock(), settings=settings, transport=str(request.param)) as running,
        calling(running) as caller,
    ):
        caller.record("p1", choice("e1", "GIVEN"))
        yield running


def about(*subjects: str) -> list[Question]:
    """May their addresses be used?"""
    return [replace(QUESTION, subject=subject) for subject in subjects]


class _Streams(grpc.GenericRpcHandler):
    """Answers the first stream by the first of *handlers*, the next by the next, and all others by the last."""

    def __init__(self, *handlers: Handler) -> None:
        self.calls = 0
        self._handlers = handlers

    def service(self, _details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        handler = self._handlers[min(self.calls, len(self._handlers) - 1)]
        self.calls += 1
        return grpc.stream_stream_rpc_method_handler(handler)


@contextmanager
def streaming(*handlers: Handler, address: str = "127.0.0.1:0") -> Iterator[str]:
    """The address of a server whose streams are answered by *handlers*, one after the other."""
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[_Streams(*handlers)])
    port = server.add_insecure_port(address)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


def allow(requests: Iterator[bytes], _context: grpc.ServicerContext) -> Iterator[bytes]:
    """Allow everything."""
    result = pb.FieldResult(field="customer.email", effect=model_pb2.EFFECT_ALLOW, reason=model_pb2.REASON_ALLOWED)
    for data in requests:
        item = pb.CheckStreamRequest.FromString(data)
        response = pb.CheckResponse(results=[result], decision_id=item.request.subject)
        yield pb.CheckStreamResponse(correlation_id=item.correlation_id, response=response).SerializeToString()


@EVERY_WAY
def test_answers_are_those_of_a_batch(ask: Ask, served: Served) -> None:
    """In order, each wrong question with its own error, whether it could be sent or not."""
    asked = [*about("p1", "", "p2"), replace(QUESTION, action="sell"), *about("p1")]
    with Client(served.address, timeout_seconds=5) as client:
        single = [client.check(one) for one in asked]
        batch = client.check_batch([one for one in asked if one.action == "use"])
    streamed = ask(served.address, asked)
    batch.insert(3, single[3])

    assert [True, False, False, False, True] == [one.allowed for one in streamed]
    assert [1, 3] == [place for place, one in enumerate(streamed) if one.failure is Failure.INVALID_QUESTION]
    assert [replace(one, decision_id="") for one in batch] == [replace(one, decision_id="") for one in streamed]
    assert [replace(one, decision_id="") for one in single] == [replace(one, decision_id="") for one in streamed]


@EVERY_WAY
def test_a_question_is_taken_when_the_one_before_is_answered(ask: Ask, served: Served) -> None:
    """By whoever asks: a later question can be made of what came of an earlier one."""
    taken: list[str] = []

    def questions() -> Iterator[Question]:
        for subject in ("p1", "p2", "p3"):
            taken.append(subject)
            yield from about(subject)

    with Client(served.address, timeout_seconds=5) as client:
        stream = client.check_stream(questions())
        seen = [(next(stream).allowed, len(taken)) for _ in range(3)]
        stream.close()

    async def one_by_one() -> list[tuple[bool, int]]:
        async with (
            AsyncClient(served.address, timeout_seconds=5) as other,
            aclosing(other.check_stream(questions())) as decisions,
        ):
            return [(decision.allowed, len(taken)) async for decision in decisions]

    if ask is _async:
        taken.clear()
        eventually(lambda: _free(served))
        seen = asyncio.run(one_by_one())

    assert [(True, 1), (False, 2), (False, 3)] == seen


def _free(served: Served) -> None:
    assert 0 == len(served.sidecar._grpc.desk.shared.streams)


@EVERY_WAY
def test_a_stream_that_came_to_its_end_has_left_its_place(ask: Ask, served: Served) -> None:
    """To the next, at once; and it was no call that somebody broke off."""

    def ended(code: str) -> float:
        labels = {"method": "CheckStream", "code": code}
        return served.sidecar.registry.get_sample_value("sidecar_calls_total", labels) or 0.0

    eventually(lambda: _free(served))
    before = ended("OK")
    decisions = [decision for _ in range(5) for decision in ask(served.address, about("p1", "p1"))]
    eventually(lambda: _is(ended("OK") == before + 5))

    assert [True] * 10 == [decision.allowed for decision in decisions]


def _is(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    assert value


@EVERY_WAY
def test_one_stream_too_many_is_a_deny(ask: Ask, served: Served) -> None:
    """For as long as there is no room; who closes a stream leaves it."""
    eventually(lambda: _free(served))
    with Client(served.address, timeout_seconds=5) as client:
        first = client.check_stream(about("p1", "p1"))
        held = next(first)
        refused = ask(served.address, about("p1"))
        first.close()
        eventually(lambda: _free(served))
        after = ask(served.address, about("p1"))

    assert [True, False, True] == [one.allowed for one in (held, *refused, *after)]
    assert [(Failure.SERVER_ERROR, True)] == [(one.failure, "CheckBatch" in one.detail) for one in refused]


@EVERY_WAY
def test_questions_may_come_to_nothing(ask: Ask, unused_address: str) -> None:
    """Nobody is called then."""
    assert [] == ask(unused_address, [])


def test_questions_may_come_asynchronously(served: Served) -> None:
    """As from a queue."""

    async def questions() -> AsyncIterator[Question]:
        for question in about("p1", "p2"):
            await asyncio.sleep(0)
            yield question

    async def ask() -> list[bool]:
        async with AsyncClient(served.address, timeout_seconds=5) as client:
            return [decision.allowed async for decision in client.check_stream(questions())]

    eventually(lambda: _free(served))

    assert [True, False] == asyncio.run(ask())


def _garbage(requests: Iterator[bytes], _context: grpc.ServicerContext) -> Iterator[bytes]:
    for _ in requests:
        yield b"\xff\xfe"


def _of_another(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    for data in allow(requests, context):
        message = pb.CheckStreamResponse.FromString(data)
        message.correlation_id += "0"
        yield message.SerializeToString()


def _without_outcome(requests: Iterator[bytes], _context: grpc.ServicerContext) -> Iterator[bytes]:
    for data in requests:
        name = pb.CheckStreamRequest.FromString(data).correlation_id
        yield pb.CheckStreamResponse(correlation_id=name).SerializeToString()


def _end(requests: Iterator[bytes], _context: grpc.ServicerContext) -> Iterator[bytes]:
    next(requests)
    return iter(())


def _refuse(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    next(requests)
    context.abort(grpc.StatusCode.PERMISSION_DENIED, "no")


def _hang(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    next(requests)
    gone = Event()
    context.add_callback(gone.set)
    gone.wait(10)
    return iter(())


@EVERY_WAY
@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        (_garbage, Failure.MALFORMED_ANSWER),
        (_of_another, Failure.MALFORMED_ANSWER),
        (_without_outcome, Failure.MALFORMED_ANSWER),
        (_end, Failure.UNREACHABLE),
        (_refuse, Failure.NOT_PERMITTED),
        (_hang, Failure.TIMEOUT),
    ],
)
def test_what_is_no_answer_is_a_deny_and_the_next_question_is_asked_anew(
    ask: Ask, handler: Handler, failure: Failure
) -> None:
    """On another call: on the same one another's answer might come, or nothing ever."""
    with streaming(handler, allow) as address:
        decisions = ask(address, about("a", "b", "c"), seconds=0.5 if handler is _hang else 5.0)

    assert [(False, failure), (True, None), (True, None)] == [(one.allowed, one.failure) for one in decisions]
    assert ["b", "c"] == [one.decision_id for one in decisions[1:]]


@EVERY_WAY
def test_nobody_there_denies_every_question(ask: Ask, unused_address: str) -> None:
    """One by one; as an exception if that is asked for."""
    decisions = ask(unused_address, about("a", "b"))

    assert [(False, Failure.UNREACHABLE)] * 2 == [(one.allowed, one.failure) for one in decisions]
    with pytest.raises(CheckFailedError, match="UNREACHABLE"):
        ask(unused_address, about("a", "b"), loud=True)


@EVERY_WAY
def test_what_is_no_question_is_raised(ask: Ask, served: Served) -> None:
    """As by every other way to ask."""
    eventually(lambda: _free(served))
    with pytest.raises(TypeError, match="`Question`"):
        ask(served.address, [*about("p1"), None])
    eventually(lambda: _free(served))


def test_a_stream_outlives_a_restart_of_the_sidecar() -> None:
    """Whoever asks nothing meanwhile is denied nothing."""

    def until_allowed(stream: Iterator[Decision]) -> Decision:
        decision = next(stream)
        assert decision.allowed, decision
        return decision

    def questions() -> Iterator[Question]:
        while True:
            yield from about("a")

    with streaming(allow) as address:
        client = Client(address, timeout_seconds=5)
        stream = client.check_stream(questions())
        before = next(stream)
    with streaming(allow, address=address), client:
        after = eventually(lambda: until_allowed(stream))
        stream.close()

    assert before.allowed
    assert after.allowed


def test_a_stream_that_broke_while_nobody_asked_costs_no_question() -> None:
    """The next is asked on another."""

    def first_only(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        yield next(allow(requests, context))

    def ask(channel: grpc.Channel) -> list[Decision]:
        stream = Stream(channel, 5)
        decisions = stream.each(about("a", "b"))
        first = next(decisions)
        eventually(lambda: _is(stream._on_call is not None and not stream._on_call.alive))
        return [first, *decisions]

    async def ask_async(address: str) -> list[Decision]:
        async with grpc.aio.insecure_channel(address) as channel:
            stream = AsyncStream(channel, 5)
            decisions = stream.each(about("a", "b"))
            first = await anext(decisions)
            async with asyncio.timeout(5):
                while stream._call is not None and not stream._call.done():  # noqa: ASYNC110 - grpc tells nobody
                    await asyncio.sleep(0.01)
            return [first, *[decision async for decision in decisions]]

    with streaming(first_only, allow) as address, grpc.insecure_channel(address) as channel:
        answers = ask(channel)
    with streaming(first_only, allow) as address:
        answers += asyncio.run(ask_async(address))

    assert [(None, "a"), (None, "b")] * 2 == [(one.failure, one.decision_id) for one in answers]


def test_a_closed_client_denies() -> None:
    """Before the first question and between two."""
    client = Client()
    client.close()

    async def ask() -> list[Failure | None]:
        other = AsyncClient()
        await other.close()
        return [decision.failure async for decision in other.check_stream(about("a", "b"))]

    before = [decision.failure for decision in client.check_stream(about("a", "b"))]
    with streaming(allow) as address:
        between = Client(address, timeout_seconds=5)
        stream = between.check_stream(about("a", "b"))
        opened = next(stream)
        between.close()
        left = next(stream)

    assert [Failure.UNREACHABLE] * 2 == before == asyncio.run(ask())
    assert (None, Failure.UNREACHABLE) == (opened.failure, left.failure)


def test_a_task_that_is_cancelled_ends_and_one_whose_client_is_closed_is_denied() -> None:
    """Both while they wait for an answer: only the first is its own doing."""

    async def ask(address: str) -> tuple[bool, Failure | None]:
        async def one(client: AsyncClient) -> Decision:
            async with aclosing(client.check_stream(about("a"))) as decisions:
                return await anext(decisions)

        client = AsyncClient(address, timeout_seconds=5)
        cancelled, closed = (asyncio.create_task(one(client)) for _ in range(2))
        await asyncio.sleep(0.2)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        await client.close()
        return cancelled.cancelled(), (await closed).failure

    with streaming(_hang) as address:
        assert (True, Failure.UNREACHABLE) == asyncio.run(ask(address))


@EVERY_WAY
def test_no_thread_is_left(ask: Ask, served: Served) -> None:
    """Of a stream that ended, one that was closed, and one that broke."""
    eventually(lambda: _free(served))
    ask(served.address, about("p1"))
    with Client(served.address, timeout_seconds=5) as client:
        stream = client.check_stream(about("p1", "p2"))
        next(stream)
        stream.close()
    with streaming(_hang) as address:
        ask(address, about("a"), seconds=0.2)

    eventually(lambda: _is([] == [one.name for one in threads() if one.name.startswith("check-stream")]))
