"""Both clients on a stream, and servers that answer one as a test likes."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import grpc
import grpc.aio
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import model_pb2
from sidecar.client import AsyncClient, Client, Decision, Question
from tests.integration.test_client import QUESTION

Ask = Callable[..., list[Decision]]


Handler = Callable[[Iterator[bytes], grpc.ServicerContext], Iterator[bytes]]


def ask_sync(
    address: str, questions: Iterable[Question], *, seconds: float = 5.0, loud: bool = False
) -> list[Decision]:
    """The decisions that the client for threads has for *questions*."""
    with Client(address, timeout_seconds=seconds) as client:
        return list(client.check_stream(questions, raise_on_error=loud))


def ask_async(
    address: str, questions: Iterable[Question], *, seconds: float = 5.0, loud: bool = False
) -> list[Decision]:
    """Those that the client for asyncio has."""

    async def ask() -> list[Decision]:
        async with AsyncClient(address, timeout_seconds=seconds) as client:
            return [decision async for decision in client.check_stream(questions, raise_on_error=loud)]

    return asyncio.run(ask())


EVERY_WAY = pytest.mark.parametrize("ask", [ask_sync, ask_async])


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


def holds(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    """Assert *value*."""
    assert value


def hang(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    """Take a question and say nothing."""
    next(requests)
    gone = Event()
    context.add_callback(gone.set)
    gone.wait(10)
    return iter(())
