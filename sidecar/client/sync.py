"""The client for threads."""

from collections.abc import Generator, Iterable
from contextlib import closing
from types import TracebackType
from typing import Self

import grpc

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
from sidecar.client.question import Question
from sidecar.client.streaming import Stream


class Client:
    """Asks one sidecar; safe to share between threads, connects by itself, and again after a restart.

    Args:
        address: ``host:port`` or ``unix:path``.
        timeout_seconds: How long a call waits; then it is a deny.
    """

    def __init__(self, address: str = "127.0.0.1:7070", *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._timeout_seconds = timeout_seconds
        self._calls: dict[str, grpc.UnaryUnaryMultiCallable[bytes, bytes]] = {
            method: self._channel.unary_unary(method) for method in (CHECK, CHECK_BATCH)
        }

    def check(self, question: Question, *, raise_on_error: bool = False) -> Decision:
        """The answer to *question*.

        Any failure is a deny with ``failure`` and ``detail`` set; with *raise_on_error* it is a ``CheckFailedError``.
        """
        return self._settle(Exchange([question], batch=False), raise_on_error=raise_on_error)[0]

    def check_batch(self, questions: Iterable[Question], *, raise_on_error: bool = False) -> list[Decision]:
        """The answers to 1 to 64 *questions*, in order, by one call; failures as in ``check``."""
        return self._settle(Exchange(questions, batch=True), raise_on_error=raise_on_error)

    def check_stream(
        self, questions: Iterable[Question], *, raise_on_error: bool = False
    ) -> Generator[Decision, None, None]:
        """The answers to *questions*, in order, on one call that stays open; close it if you do not go to its end.

        A question is taken when the answer before it was; waits as long as ``check`` for each. Failures as in
        ``check_batch``; a call that broke denies the question it was at, and the next is asked on another.
        """
        with closing(Stream(self._channel, self._timeout_seconds).each(questions)) as decisions:
            for decision in decisions:
                yield returned([decision], raise_on_error=raise_on_error)[0]

    def filter_subjects(
        self, question: AudienceQuestion, *, timeout_seconds: float = FILTER_SECONDS, raise_on_error: bool = False
    ) -> Audience:
        """Those of up to 10,000 people whose fields may all be used; waits *timeout_seconds*.

        Any failure is nobody, with ``failure`` and ``detail`` set; with *raise_on_error* it is a ``FilterFailedError``.
        """
        exchange = FilterExchange(question)
        if exchange.request is None:
            return settled(exchange.unsent(), raise_on_error=raise_on_error)
        try:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(FILTER_SUBJECTS)
            audience = exchange.answered(call(exchange.request, timeout=timeout_seconds))
        except (grpc.RpcError, ValueError) as error:  # ValueError: the channel was closed
            audience = exchange.failed(error)
        return settled(audience, raise_on_error=raise_on_error)

    def close(self) -> None:
        """Close the connection; every later question is denied."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _settle(self, exchange: Exchange, *, raise_on_error: bool) -> list[Decision]:
        if exchange.request is None:
            return returned(exchange.unsent(), raise_on_error=raise_on_error)
        try:
            call = self._calls[exchange.method]
            decisions = exchange.answered(call(exchange.request, timeout=self._timeout_seconds))
        except (grpc.RpcError, ValueError) as error:  # ValueError: the channel was closed
            decisions = exchange.failed(error)
        return returned(decisions, raise_on_error=raise_on_error)
