"""Requests that wait for their answers: each gets one, or fails within the time limit."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sidecar.errors import ConsentLogError

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg


class Reply(NamedTuple):
    """What a server answered."""

    data: bytes
    status: str  # of three digits; empty if there is none


@dataclass(slots=True)
class Asked:
    """A request."""

    token: str  # tells it apart
    subject: str
    payload: bytes
    headers: dict[str, str] | None
    answer: Future[Reply] = field(default_factory=Future)
    limit: asyncio.TimerHandle | None = None  # what fails it in the end


class Asking:
    """All that is asked on one connection after another; belongs to one thread.

    *name* is what messages begin with; *unanswered* says why a request was not answered, given whether it was sent.
    """

    def __init__(self, name: str, *, seconds: float, unanswered: Callable[[bool], str]) -> None:
        self._name = name
        self._seconds = seconds
        self._unanswered = unanswered
        self._queue: deque[Asked] = deque()
        self._queued = asyncio.Event()
        self._waiting: dict[str, Asked] = {}  # sent, by token

    def put(self, asked: Asked) -> None:
        """Have *asked* sent as soon as there is a connection."""
        asked.limit = asyncio.get_running_loop().call_later(self._seconds, self._expire, asked)
        self._queue.append(asked)
        self._queued.set()

    async def send(self, client: "Client", inbox: str) -> None:
        """Send what there is, and what comes, until cancelled; answers go to subjects below *inbox*.

        What its caller has given up is never sent.
        """
        from nats.errors import MaxPayloadError  # noqa: PLC0415 - an extra

        while True:
            while self._queue:
                asked = self._queue.popleft()
                if asked.answer.done():
                    continue
                self._waiting[asked.token] = asked
                payload, asked.payload = asked.payload, b""  # it would stay in memory until the time limit
                try:
                    await client.publish(asked.subject, payload, f"{inbox}.{asked.token}", asked.headers)
                except MaxPayloadError:
                    del self._waiting[asked.token]
                    size = f"{len(payload)} bytes, the server takes {client.max_payload}"
                    self._fail((asked,), f"a message is too large ({size}); raise `max_payload` of the server")
            self._queued.clear()
            await self._queued.wait()

    async def on_reply(self, message: "Msg") -> None:
        """Give an answer to who waits for it, if he still does."""
        asked = self._waiting.pop(message.subject.rpartition(".")[2], None)
        if asked is not None:
            assert asked.limit is not None  # it was put
            asked.limit.cancel()  # it would keep the answer in memory until then
            asked.answer.set_result(Reply(message.data, message.headers.get("Status", "") if message.headers else ""))

    def deny(self, said: str, why: str) -> None:
        """Fail what is not permitted, as the server *said*, because of *why*."""
        # Subjects come back in lower case. Without its inbox nothing can be answered.
        denied = [
            asked
            for asked in self._waiting.values()
            if f'"{asked.subject.lower()}"' in said or "for subscription" in said
        ]
        for asked in denied:
            del self._waiting[asked.token]
        self._fail(denied, why)

    def fail_sent(self, why: str) -> None:
        """Fail what was sent and not answered; the rest can still be sent."""
        sent = tuple(self._waiting.values())
        self._waiting.clear()
        self._fail(sent, why)

    def fail_all(self, why: str) -> None:
        """Fail everything."""
        queued = tuple(self._queue)
        self._queue.clear()
        self._fail(queued, why)
        self.fail_sent(why)

    def _expire(self, asked: Asked) -> None:
        if not asked.answer.done():
            sent = self._waiting.pop(asked.token, None) is not None
            self._fail((asked,), self._unanswered(sent))

    def _fail(self, all_asked: Iterable[Asked], why: str) -> None:
        for asked in all_asked:
            if not asked.answer.done():
                asked.answer.set_exception(ConsentLogError(f"{self._name}: {why}"))
