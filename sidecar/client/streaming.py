"""Questions one after the other on one call: each is taken when the answer before it has been given out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Final

import grpc
import grpc.aio

from sidecar.client.answer import denied, from_stream
from sidecar.client.decision import Decision, Failure
from sidecar.client.exchange import Exchange
from sidecar.client.question import Question, to_item

CHECK_STREAM: Final = "/sidecar.api.v1.AuthorizationService/CheckStream"

_OUT_OF_STEP: Final = (Failure.MALFORMED_ANSWER, Failure.UNREACHABLE)
"""After these nothing comes any more on the same call, or the answer to another question."""


class Turn:
    """One question, at *place* of a stream, seen without I/O; used like an ``Exchange``, but for one decision."""

    def __init__(self, question: Question, place: int) -> None:
        self._exchange = Exchange([question], batch=False)
        self._question = question
        self._place = place
        request = self._exchange.request
        self.request = None if request is None else to_item(place, request)

    def unsent(self) -> Decision:
        """The decision without a call."""
        return self._exchange.unsent()[0]

    def answered(self, data: bytes | None) -> Decision:
        """The decision that *data* has, ``None`` if the stream ended instead; never raises."""
        if data is None:
            return denied(self._question, Failure.UNREACHABLE, "the sidecar ended the stream")
        return from_stream(self._question, self._place, data)

    def late(self) -> Decision:
        """The decision when nothing came in time."""
        return denied(self._question, Failure.TIMEOUT, "no answer in time")

    def failed(self, error: Exception) -> Decision:
        """The decision when the call ended with *error*; never raises."""
        return self._exchange.failed(error)[0]


class Stream:
    """Asks on one call over *channel*, and on another after one that broke; waits *seconds* for each answer.

    For one thread. A thread of its own reads, for grpc has no deadline for one message.
    """

    def __init__(self, channel: grpc.Channel, seconds: float) -> None:
        self._open: grpc.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(CHECK_STREAM)
        self._seconds = seconds
        self._on_call: _OnCall | None = None

    def each(self, questions: Iterable[Question]) -> Generator[Decision, None, None]:
        """The decisions on *questions*, in order."""
        try:
            for place, question in enumerate(questions):
                yield self._decided(Turn(question, place))
            if self._on_call is not None:
                with suppress(TimeoutError, grpc.RpcError):
                    self._on_call.ask(None, self._seconds)  # it has ended, and left its place to others
        finally:
            self._hang_up()

    def _decided(self, turn: Turn) -> Decision:
        if turn.request is None:
            return turn.unsent()
        try:
            if self._on_call is None or not self._on_call.alive:  # it may have been ended while nobody asked
                self._hang_up()
                self._on_call = _OnCall(self._open)
            decision = turn.answered(self._on_call.ask(turn.request, self._seconds))
        except TimeoutError:
            decision = turn.late()
        except (grpc.RpcError, ValueError) as error:  # ValueError: the channel was closed
            decision = turn.failed(error)
        else:
            if decision.failure not in _OUT_OF_STEP:
                return decision
        self._hang_up()
        return decision

    def _hang_up(self) -> None:
        if self._on_call is not None:
            self._on_call.close()
            self._on_call = None


class _OnCall:
    """One call."""

    def __init__(self, open_call: "grpc.StreamStreamMultiCallable[bytes, bytes]") -> None:
        self._requests: SimpleQueue[bytes | None] = SimpleQueue()
        self._call = open_call(iter(self._requests.get, None))
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="check-stream")

    @property
    def alive(self) -> bool:
        """Whether nobody has ended it."""
        return self._call.is_active()

    def ask(self, request: bytes | None, seconds: float) -> bytes | None:
        """What comes after *request*, ``None`` at the end; a request that is ``None`` is the last."""
        self._requests.put(request)
        return self._reader.submit(next, self._call, None).result(seconds)

    def close(self) -> None:
        """End it, and the threads that it has."""
        self._requests.put(None)
        self._call.cancel()
        self._reader.shutdown(wait=False)


class AsyncStream:
    """What ``Stream`` is, for the event loop that *channel* belongs to."""

    def __init__(self, channel: grpc.aio.Channel, seconds: float) -> None:
        self._open: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(CHECK_STREAM)
        self._seconds = seconds
        self._call: grpc.aio.StreamStreamCall[bytes, bytes] | None = None

    async def each(self, questions: Iterable[Question] | AsyncIterable[Question]) -> AsyncGenerator[Decision, None]:
        """The decisions on *questions*, in order."""
        place = 0
        try:
            async for question in _each(questions):
                yield await self._decided(Turn(question, place))
                place += 1
            if self._call is not None:
                with suppress(TimeoutError, grpc.RpcError, asyncio.InvalidStateError):
                    async with asyncio.timeout(self._seconds):
                        await self._call.done_writing()
                        await self._call.read()  # it has ended, and left its place to others
        finally:
            self._hang_up()

    async def _decided(self, turn: Turn) -> Decision:
        if turn.request is None:
            return turn.unsent()
        try:
            decision = turn.answered(await self._ask(turn.request))
        except TimeoutError:
            decision = turn.late()
        except (grpc.RpcError, grpc.aio.UsageError, asyncio.InvalidStateError) as error:
            decision = turn.failed(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            decision = turn.failed(ValueError("this client is closed"))  # grpc cancels what is on its way
        else:
            if decision.failure not in _OUT_OF_STEP:
                return decision
        self._hang_up()
        return decision

    async def _ask(self, request: bytes) -> bytes | None:
        if self._call is None or self._call.done():  # it may have been ended while nobody asked
            self._call = self._open()
        async with asyncio.timeout(self._seconds):
            await self._call.write(request)
            data = await self._call.read()
        return data if isinstance(data, bytes) else None

    def _hang_up(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None


async def _each(questions: Iterable[Question] | AsyncIterable[Question]) -> AsyncGenerator[Question, None]:
    if isinstance(questions, AsyncIterable):
        async for question in questions:
            yield question
    else:
        for question in questions:
            yield question
