"""Both clients on a stream to sidecars that misbehave, end, or are not there."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import grpc
import grpc.aio
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.client import AsyncClient, CheckFailedError, Client, Decision, Failure, Question
from sidecar.client.streaming import AsyncStream, Stream
from tests.integration.caller import eventually
from tests.integration.streaming import EVERY_WAY, Ask, Handler, about, allow, hang, holds, streaming
from tests.integration.test_client import unused_address

__all__ = ["unused_address"]  # a fixture


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


@EVERY_WAY
@pytest.mark.parametrize(
    ("handler", "failure"),
    [
        (_garbage, Failure.MALFORMED_ANSWER),
        (_of_another, Failure.MALFORMED_ANSWER),
        (_without_outcome, Failure.MALFORMED_ANSWER),
        (_end, Failure.UNREACHABLE),
        (_refuse, Failure.NOT_PERMITTED),
        (hang, Failure.TIMEOUT),
    ],
)
def test_what_is_no_answer_is_a_deny_and_the_next_question_is_asked_anew(
    ask: Ask, handler: Handler, failure: Failure
) -> None:
    """On another call: on the same one another's answer might come, or nothing ever."""
    with streaming(handler, allow) as address:
        decisions = ask(address, about("a", "b", "c"), seconds=0.5 if handler is hang else 5.0)

    assert [(False, failure), (True, None), (True, None)] == [(one.allowed, one.failure) for one in decisions]
    assert ["b", "c"] == [one.decision_id for one in decisions[1:]]


@EVERY_WAY
def test_nobody_there_denies_every_question(ask: Ask, unused_address: str) -> None:
    """One by one; as an exception if that is asked for."""
    decisions = ask(unused_address, about("a", "b"))

    assert [(False, Failure.UNREACHABLE)] * 2 == [(one.allowed, one.failure) for one in decisions]
    with pytest.raises(CheckFailedError, match="UNREACHABLE"):
        ask(unused_address, about("a", "b"), loud=True)


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
        eventually(lambda: holds(stream._on_call is not None and not stream._on_call.alive))
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

    with streaming(hang) as address:
        assert (True, Failure.UNREACHABLE) == asyncio.run(ask(address))
