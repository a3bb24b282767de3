"""The client against sidecars that misbehave, one that is not there, and a real one."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2, model_pb2
from sidecar.client import AsyncClient, CheckFailedError, Client, Decision, Failure, Question
from sidecar.testing import FixedClock, serving
from tests.integration.caller import calling, choice

QUESTION = Question(
    service="newsletter", fields="customer.email", subject="p1", purpose="marketing.communications.email"
)

Handler = Callable[[bytes, grpc.ServicerContext], bytes]
Ask = Callable[[str], Decision]


class _Everything(grpc.GenericRpcHandler):
    """Answers every method by the same handler, from bytes to bytes."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def service(self, _details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return grpc.unary_unary_rpc_method_handler(self._handler)


@contextmanager
def answering(handler: Handler, *, address: str = "127.0.0.1:0", most: int = 65_536) -> Iterator[str]:
    """The address of a server that answers everything of up to *most* bytes by *handler*."""
    options = [("grpc.max_receive_message_length", most)]
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[_Everything(handler)], options=options)
    port = server.add_insecure_port(address)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


@pytest.fixture
def unused_address() -> Iterator[str]:
    """An address that is taken but where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def _ask_sync(address: str) -> Decision:
    with Client(address) as client:
        return client.check(QUESTION)


def _ask_sync_batch(address: str) -> Decision:
    with Client(address) as client:
        return client.check_batch([QUESTION])[0]


def _ask_async(address: str) -> Decision:
    async def ask() -> Decision:
        async with AsyncClient(address) as client:
            return await client.check(QUESTION)

    return asyncio.run(ask())


def _ask_async_batch(address: str) -> Decision:
    async def ask() -> Decision:
        async with AsyncClient(address) as client:
            return (await client.check_batch([QUESTION]))[0]

    return asyncio.run(ask())


EVERY_WAY = pytest.mark.parametrize("ask", [_ask_sync, _ask_sync_batch, _ask_async, _ask_async_batch])


def _unknown_effect(_request: bytes, _context: grpc.ServicerContext) -> bytes:
    result = authorization_pb2.FieldResult(field="customer.email", effect=7, reason=model_pb2.REASON_ALLOWED)  # type: ignore[arg-type]
    return authorization_pb2.CheckResponse(results=[result]).SerializeToString()


@EVERY_WAY
@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(lambda _request, _context: b"\xff\xfe\xfd", id="garbage"),
        pytest.param(lambda _request, _context: b"", id="an empty answer"),
        pytest.param(_unknown_effect, id="an unknown effect"),
    ],
)
def test_a_malformed_answer_is_a_deny(ask: Ask, handler: Handler) -> None:
    """Whatever bytes come back, only a well-formed answer to this very question can allow."""
    with answering(handler) as address:
        decision = ask(address)

    assert not decision.allowed
    assert Failure.MALFORMED_ANSWER is decision.failure


@EVERY_WAY
def test_no_answer_in_time_is_a_deny(ask: Ask) -> None:
    """A sidecar that hangs does not hang its callers."""
    over = Event()

    def hang(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        over.wait(10)
        return b""

    with answering(hang) as address:
        decision = ask(address)
        over.set()

    assert not decision.allowed
    assert Failure.TIMEOUT is decision.failure


@EVERY_WAY
def test_an_error_is_a_deny_with_its_text(ask: Ask) -> None:
    """What the sidecar says is wrong reaches the developer."""

    def refuse(_request: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "`fields`: more than 64")

    with answering(refuse) as address:
        decision = ask(address)

    assert Failure.INVALID_QUESTION is decision.failure
    assert "`fields`: more than 64" in decision.detail


def test_a_question_above_the_limit_is_the_callers_to_mend() -> None:
    """A server that takes no message of that size says nothing else; the client says what to do."""
    with answering(lambda _request, _context: b"", most=8) as address, Client(address, timeout_seconds=10) as client:
        decision = client.check(QUESTION)

    assert Failure.INVALID_QUESTION is decision.failure
    assert "limits.message_bytes" in decision.detail


@EVERY_WAY
def test_nobody_there_is_a_deny(ask: Ask, unused_address: str) -> None:
    """A service whose sidecar is gone denies itself."""
    decision = ask(unused_address)

    assert not decision.allowed
    assert decision.failure in {Failure.UNREACHABLE, Failure.TIMEOUT}


def test_exceptions_are_for_who_asks(unused_address: str) -> None:
    """With raise_on_error the same failure is an exception."""
    with Client(unused_address) as client, pytest.raises(CheckFailedError) as raised:
        client.check(QUESTION, raise_on_error=True)

    assert not raised.value.decision.allowed


def test_a_closed_client_denies() -> None:
    """After close every question is denied, not raised."""
    client = Client()
    client.close()

    decision = client.check(QUESTION)

    assert Failure.UNREACHABLE is decision.failure


def test_a_closed_async_client_denies() -> None:
    """After close every question is denied, not raised."""

    async def ask() -> Decision:
        client = AsyncClient()
        await client.close()
        return await client.check(QUESTION)

    assert Failure.UNREACHABLE is asyncio.run(ask()).failure


def test_the_client_connects_again_after_a_restart() -> None:
    """A sidecar that comes back is asked again within a second or so, not after grpc's two minutes."""
    result = authorization_pb2.FieldResult(
        field="customer.email", effect=model_pb2.EFFECT_ALLOW, reason=model_pb2.REASON_ALLOWED
    )
    good = authorization_pb2.CheckResponse(results=[result]).SerializeToString()
    with answering(lambda _request, _context: good) as address:
        client = Client(address)
        before = client.check(QUESTION)
    for _ in range(3):
        gone = client.check(QUESTION)
    with answering(lambda _request, _context: good, address=address), client:
        until = time.monotonic() + 5
        while not (again := client.check(QUESTION)).allowed and time.monotonic() < until:
            time.sleep(0.05)

    assert [True, False, True] == [before.allowed, gone.allowed, again.allowed]


def test_many_tasks_are_answered_like_one_by_one() -> None:
    """By a real sidecar, merged: to each the own answer; a client that is closed denies those on the way."""

    async def ask(address: str) -> tuple[list[Decision], list[Decision], Decision]:
        async with AsyncClient(address, timeout_seconds=10) as client, client.merged() as merged:
            asked = [
                Question(
                    service="newsletter",
                    fields="customer.email" if number % 3 else ("customer.email", "no.such"),
                    subject=f"p{number % 7}" if number % 11 else "",
                    purpose=QUESTION.purpose,
                )
                for number in range(200)
            ]
            together = await asyncio.gather(*map(merged.check, asked))
            alone = [await client.check(one) for one in asked]
            on_the_way = asyncio.create_task(merged.check(asked[1]))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await client.close()
            return together, alone, await on_the_way

    with serving(clock=FixedClock()) as served, calling(served) as caller:
        caller.record("p1", choice("e1", "GIVEN"))
        together, alone, last = asyncio.run(ask(served.address))

    assert [replace(one, decision_id="") for one in alone] == [replace(one, decision_id="") for one in together]
    assert {True, False} == {one.allowed for one in together}
    assert len({one.decision_id for one in together if one.failure is None}) == sum(
        one.failure is None for one in together
    )
    assert (False, Failure.UNREACHABLE) == (last.allowed, last.failure)
