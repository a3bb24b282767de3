"""Questions of many tasks, asked together: whatever is asked at about the same time goes as one batch."""

import asyncio
from collections import deque
from functools import partial
from types import TracebackType
from typing import Final, Protocol, Self

from sidecar.client.answer import denied
from sidecar.client.decision import Decision, Failure
from sidecar.client.exchange import Exchange, returned
from sidecar.client.question import Question

MOST_TOGETHER: Final = 64
"""Questions of a batch."""

MOST_BYTES: Final = 48 * 1024
"""Of the questions of a batch; the sidecar takes no message above 64 KiB."""

LANES: Final = 2
"""Batches on their way at a time: while these are, what is asked gathers, so that the next ones are fuller."""

MOST_WAITING: Final = 4_096
"""Questions that wait for their answers; whoever comes with one more waits for room first."""

CLOSED: Final = "this client is closed"


class Sends(Protocol):
    """What can send an exchange; never raises for what goes wrong, but ``CancelledError``."""

    async def send(self, exchange: Exchange, *, timeout_seconds: float) -> list[Decision]:
        """The decisions of *exchange*, after at most *timeout_seconds*."""
        ...


class _Waiting:
    """A question that waits for its answer."""

    __slots__ = ("answer", "deadline", "question", "request")

    def __init__(self, question: Question, request: bytes, answer: "asyncio.Future[Decision]", deadline: float) -> None:
        self.question: Final = question
        self.request: Final = request
        self.answer: Final = answer
        self.deadline: Final = deadline

    def settle(self, decision: Decision) -> None:
        """Give it its answer, unless its asker has gone or was told that it is too late."""
        if not self.answer.done():
            self.answer.set_result(decision)


class Merging:
    """Asks like an ``AsyncClient``, in as few calls as it takes; ``AsyncClient.merged`` makes one.

    Questions of one turn of the event loop become one batch of at most 64; while two batches are on their way, others
    gather. Each asker gets the own answer, at the latest after the own time. For the event loop that it was made in.
    """

    def __init__(
        self,
        client: Sends,
        *,
        timeout_seconds: float,
        most_together: int = MOST_TOGETHER,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        if not 1 <= most_together <= MOST_TOGETHER:
            raise ValueError(f"`most_together` is 1 to {MOST_TOGETHER}, not {most_together}")
        if most_bytes < 1:
            raise ValueError(f"`most_bytes` is 1 or more, not {most_bytes}")
        self._client = client
        self._most_together = most_together
        self._most_bytes = most_bytes
        self._timeout_seconds = timeout_seconds
        self._waiting: deque[_Waiting] = deque()
        self._room = asyncio.Semaphore(MOST_WAITING)
        self._lanes: set[asyncio.Task[None]] = set()
        self._flushing = False
        self._closed = False

    def __len__(self) -> int:
        """How many questions wait for their turn; others are on their way."""
        return len(self._waiting)

    async def check(
        self, question: Question, *, timeout_seconds: float | None = None, raise_on_error: bool = False
    ) -> Decision:
        """The answer to *question*; waits *timeout_seconds*, or as long as the client does.

        Any failure is a deny with ``failure`` and ``detail`` set; with *raise_on_error* it is a ``CheckFailedError``.
        """
        seconds = self._timeout_seconds if timeout_seconds is None else timeout_seconds
        deadline = asyncio.get_running_loop().time() + seconds
        return returned([await self._settled(question, deadline)], raise_on_error=raise_on_error)[0]

    async def close(self) -> None:
        """Deny whoever waits, and every later question; nothing is on its way afterwards. The client stays open."""
        self._closed = True
        self._deny_waiting()
        lanes = tuple(self._lanes)
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _settled(self, question: Question, deadline: float) -> Decision:
        exchange = Exchange([question], batch=False)
        if exchange.request is None:
            return exchange.unsent()[0]
        try:
            async with asyncio.timeout_at(deadline), self._room:
                if self._closed:
                    return denied(question, Failure.UNREACHABLE, CLOSED)
                answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
                self._waiting.append(_Waiting(question, exchange.request, answer, deadline))
                self._flush_soon()
                return await answer
        except TimeoutError:
            return denied(question, Failure.TIMEOUT, "no answer in time")

    def _flush_soon(self) -> None:
        """Once whoever else asks in this turn has asked."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        while len(self._lanes) < LANES and (batch := self._batch()):
            lane = asyncio.get_running_loop().create_task(self._ask(batch))
            self._lanes.add(lane)
            lane.add_done_callback(partial(self._end, batch))

    def _batch(self) -> list[_Waiting]:
        """The first of those who wait, as many as go together; without those whose askers have gone."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < self._most_together:
            one = self._waiting[0]
            if not one.answer.done():
                size += len(one.request)
                if batch and size > self._most_bytes:
                    break
                batch.append(one)
            self._waiting.popleft()
        return batch

    def _end(self, batch: list[_Waiting], lane: "asyncio.Task[None]") -> None:
        for one in batch:  # not settled if it was cancelled, perhaps before it began
            one.settle(denied(one.question, Failure.UNREACHABLE, CLOSED))
        self._lanes.discard(lane)
        if not self._closed:
            self._flush()

    async def _ask(self, batch: list[_Waiting]) -> None:
        """Have *batch* answered; raises ``CancelledError`` if this client or the other is closed meanwhile."""
        exchange = Exchange.of([one.question for one in batch], [one.request for one in batch])
        seconds = max(one.deadline for one in batch) - asyncio.get_running_loop().time()
        decisions = await self._client.send(exchange, timeout_seconds=seconds)
        for one, decision in zip(batch, decisions, strict=True):
            one.settle(decision)

    def _deny_waiting(self) -> None:
        for one in self._waiting:
            one.settle(denied(one.question, Failure.UNREACHABLE, CLOSED))
        self._waiting.clear()
