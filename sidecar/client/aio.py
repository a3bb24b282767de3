"""The client for asyncio."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing
from types import TracebackType
from typing import Self

import grpc
import grpc.aio

from sidecar.client.audience import (
    FILTER_SECONDS,
    FILTER_SUBJECTS,
    Audience,
    AudienceQuestion,
    FilterExchange,
    settled,
)
from sidecar.client.decision import Decision
from sidecar.client.exchange import CHANNEL_OPTIONS, CHECK, CHECK_BATCH, TIMEOUT_SECONDS, Exchange, returned
from sidecar.client.merging import MOST_BYTES, MOST_TOGETHER, Merging
from sidecar.client.question import Question
from sidecar.client.streaming import AsyncStream


class AsyncClient:
    """Asks one sidecar; belongs to the event loop it was made in, connects by itself, and again after a restart.

    Args:
        address: ``host:port`` or ``unix:path``.
        timeout_seconds: How long a call waits; then it is a deny.
    """

    def __init__(self, address: str = "127.0.0.1:7070", *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._timeout_seconds = timeout_seconds
        self._calls: dict[str, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {
            method: self._channel.unary_unary(method) for method in (CHECK, CHECK_BATCH)
        }

    async def check(self, question: Question, *, raise_on_error: bool = False) -> Decision:
        """The answer to *question*.

        Any failure is a deny with ``failure`` and ``detail`` set; with *raise_on_error* it is a ``CheckFailedError``.
        """
        return (await self._settle(Exchange([question], batch=False), raise_on_error=raise_on_error))[0]

    async def check_batch(self, questions: Iterable[Question], *, raise_on_error: bool = False) -> list[Decision]:
        """The answers to 1 to 64 *questions*, in order, by one call; failures as in ``check``."""
        return await self._settle(Exchange(questions, batch=True), raise_on_error=raise_on_error)

    async def check_stream(
        self, questions: Iterable[Question] | AsyncIterable[Question], *, raise_on_error: bool = False
    ) -> AsyncGenerator[Decision, None]:
        """The answers to *questions*, in order, on one call that stays open; close it if you do not go to its end.

        A question is taken when the answer before it was; waits as long as ``check`` for each. Failures as in
        ``check_batch``; a call that broke denies the question it was at, and the next is asked on another.
        """
        async with aclosing(AsyncStream(self._channel, self._timeout_seconds).each(questions)) as decisions:
            async for decision in decisions:
                yield returned([decision], raise_on_error=raise_on_error)[0]

    async def filter_subjects(
        self, question: AudienceQuestion, *, timeout_seconds: float = FILTER_SECONDS, raise_on_error: bool = False
    ) -> Audience:
        """Those of up to 10,000 people whose fields may all be used; waits *timeout_seconds*.

        Any failure is nobody, with ``failure`` and ``detail`` set; with *raise_on_error* it is a ``FilterFailedError``.
        """
        exchange = FilterExchange(question)
        if exchange.request is None:
            return settled(exchange.unsent(), raise_on_error=raise_on_error)
        try:
            call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(FILTER_SUBJECTS)
            audience = exchange.answered(await call(exchange.request, timeout=timeout_seconds))
        except (grpc.RpcError, grpc.aio.UsageError) as error:  # UsageError: the channel was closed
            audience = exchange.failed(error)
        return settled(audience, raise_on_error=raise_on_error)

    def merged(self, *, most_together: int = MOST_TOGETHER, most_bytes: int = MOST_BYTES) -> Merging:
        """What asks by this client, the questions of many tasks together: see ``Merging``.

        Args:
            most_together: Questions in a call, 1 to 64; not more than ``limits.batch_items`` of the sidecar.
            most_bytes: Of the questions in a call; well below its ``limits.message_bytes``.

        Raises:
            ValueError: One of them is out of range.
        """
        return Merging(self, timeout_seconds=self._timeout_seconds, most_together=most_together, most_bytes=most_bytes)

    async def send(self, exchange: Exchange, *, timeout_seconds: float) -> list[Decision]:
        """The decisions of *exchange*, after at most so long; never raises for what goes wrong."""
        if exchange.request is None:
            return exchange.unsent()
        try:
            call = self._calls[exchange.method]
            return exchange.answered(await call(exchange.request, timeout=timeout_seconds))
        except (grpc.RpcError, grpc.aio.UsageError) as error:  # UsageError: the channel was closed
            return exchange.failed(error)

    async def close(self) -> None:
        """Close the connection; every later question is denied."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _settle(self, exchange: Exchange, *, raise_on_error: bool) -> list[Decision]:
        decisions = await self.send(exchange, timeout_seconds=self._timeout_seconds)
        return returned(decisions, raise_on_error=raise_on_error)
