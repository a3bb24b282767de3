"""A connection to NATS with a thread of its own, for callers that wait.

Whatever is asked is answered, or fails within a time limit. A connection that breaks is made again and again; nothing
is sent on a new one that its caller has given up.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

from sidecar.config.nats import Nats
from sidecar.consent.nats.dialling import leave, meaning, options_of
from sidecar.errors import ConsentLogError

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

_Result = TypeVar("_Result")

_PAUSE_SECONDS: Final = 0.25
"""Between two attempts to connect."""

_LOOK_SECONDS: Final = 0.25
"""How often to look whether the client has given up its connection: it may hang while it takes leave."""

_INBOX: Final = "_INBOX"

_GRACE_SECONDS: Final = 5.0
"""How much longer than its time limit to wait for an answer that always comes: only a thread that died takes it."""


class Reply(NamedTuple):
    """What a server answered."""

    data: bytes
    status: str  # of three digits; empty if there is none


@dataclass(slots=True)
class _Asked:
    token: str
    subject: str
    payload: bytes
    headers: dict[str, str] | None
    answer: Future[Reply] = field(default_factory=Future)
    sent: bool = False


class Connection:
    """Connected to one of the servers of *settings*, or trying to be; *name* is what it is for, for messages.

    Safe for any number of threads.
    """

    def __init__(self, settings: Nats, name: str) -> None:
        self._settings = settings
        self.name: Final = name
        self._options = options_of(settings)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="consent-nats", daemon=True)
        self._closing = Lock()
        self._closed = False
        # The rest belongs to the thread.
        self._numbers = count()
        self._queue: deque[_Asked] = deque()
        self._queued = asyncio.Event()
        self._waiting: dict[str, _Asked] = {}
        self._client: Client | None = None
        self._broken = asyncio.Event()
        self._trouble = ""  # why there is no connection
        self._watching: tuple[Callable[[], None], ...] = ()
        self._number = 0
        self._small: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, settings: Nats, name: str) -> Self:
        """A connection that is there; raises ``ConsentLogError`` if no server takes it, which says what to do."""
        connection = cls(settings, name)
        connection._thread.start()
        try:
            connection.run(connection._begin(), seconds=settings.timeout_seconds * len(settings.addresses) + 1)
        except BaseException:
            connection.close()
            raise
        return connection

    def run(self, work: Awaitable[_Result], *, seconds: float) -> _Result:
        """The result of *work*, done on the thread of the connection; ``ConsentLogError`` if it takes longer."""

        async def bounded() -> _Result:
            async with asyncio.timeout(seconds):
                return await work

        coroutine = bounded()
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds + _GRACE_SECONDS)
        except TimeoutError as error:
            raise ConsentLogError(f"{self.name}: {self._no_answer(seconds)}") from error
        except RuntimeError as error:  # the loop is closed
            coroutine.close()
            raise ConsentLogError(f"{self.name}: it was closed") from error

    def ask(self, subject: str, payload: bytes = b"", headers: Mapping[str, str] | None = None) -> Future[Reply]:
        """Send a request, and return at once; the answer is there, or is a ``ConsentLogError``, within the time limit.

        Requests of one thread are sent in their order.
        """
        asked = _Asked(f"{next(self._numbers):x}", subject, payload, None if headers is None else dict(headers))
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._enqueue, asked)
            return asked.answer
        asked.answer.set_exception(ConsentLogError(f"{self.name}: it was closed"))
        return asked.answer

    def wait(self, answer: Future[_Result]) -> _Result:
        """What was answered; raises ``ConsentLogError``, also if it takes much longer than the time limit."""
        try:
            return answer.result(self._settings.timeout_seconds + _GRACE_SECONDS)
        except TimeoutError as error:
            raise ConsentLogError(f"{self.name}: {self._no_answer(self._settings.timeout_seconds)}") from error

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have *callback* called, on the thread of the connection, whenever one was made; returns what ends that."""
        self._watching = (*self._watching, callback)

        def end() -> None:
            self._watching = tuple(each for each in self._watching if each is not callback)

        return end

    @property
    def number(self) -> int:
        """Tells connections apart; 0 while there is none."""
        return self._number

    def subscribe(self, inbox: str, callback: Callable[["Msg"], Awaitable[None]]) -> Callable[[], None]:
        """Have what comes for *inbox* given to *callback*, on the thread of the connection; returns what ends that.

        Lasts as long as the present connection. Raises ``ConsentLogError`` if there is none.
        """
        subscription = self.run(self._subscribe(inbox, callback), seconds=self._settings.timeout_seconds)

        def end() -> None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._unsubscribe, subscription)

        return end

    def expect_open(self) -> None:
        """Raise ``ConsentLogError`` once it was closed."""
        if self._closed:
            raise ConsentLogError(f"{self.name}: it was closed")

    def inbox(self) -> str:
        """A subject that nobody else has."""
        return f"{_INBOX}.{secrets.token_hex(12)}"

    def say(self, subject: str, payload: bytes = b"", inbox: str = "") -> None:
        """Send a message on the present connection, if there is one; what comes back goes to *inbox*."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._say, subject, payload, inbox)

    def close(self) -> None:
        """Let go of the connection, and fail what is still asked; calling it again does nothing."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            with contextlib.suppress(ConsentLogError):
                self.run(self._end(), seconds=self._settings.timeout_seconds)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        finally:
            self._loop.close()

    async def _begin(self) -> None:
        client = None
        for address in self._settings.addresses:
            client = await self._connect(address)
            if client is not None:
                break
        if client is None:
            raise ConsentLogError(f"{self.name}: {self._unreachable()}")
        self._keeping = asyncio.create_task(self._keep(client))

    async def _end(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self._fail((*self._waiting.values(), *self._queue), "it was closed")
        self._waiting.clear()
        self._queue.clear()

    async def _keep(self, client: "Client | None") -> None:
        """Serve on *client* until it breaks, then on others."""
        attempt = 0
        while True:
            if client is not None:
                try:
                    await self._serve(client)
                finally:
                    self._client, self._number = None, 0
                    self._fail(
                        tuple(self._waiting.values()), "the connection broke; whether it was carried out is not known"
                    )
                    self._waiting.clear()
                    await leave(client)
            attempt += 1
            await asyncio.sleep(_PAUSE_SECONDS)
            client = await self._connect(self._settings.addresses[attempt % len(self._settings.addresses)])

    async def _connect(self, address: str) -> "Client | None":
        from nats.aio.client import Client  # noqa: PLC0415 - an extra

        client = Client()
        self._trouble = ""
        self._broken.clear()
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                await client.connect(
                    servers=[address], error_cb=self._on_error, closed_cb=self._on_close, **self._options
                )
        except Exception as error:  # noqa: BLE001 - the client lets through whatever its transport raises
            self._trouble = f"`{address}`: {self._trouble or meaning(error)}"
            await leave(client)
            return None
        except BaseException:
            await leave(client)
            raise
        self._trouble = ""
        return client

    async def _serve(self, client: "Client") -> None:
        inbox = self.inbox()
        await client.subscribe(f"{inbox}.*", cb=self._on_reply)
        self._client = client
        pumping = asyncio.create_task(self._pump(client, inbox))
        self._number = next(self._numbers) + 1
        for callback in self._watching:
            callback()
        try:
            while not client.is_closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._broken.wait()
        finally:
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)

    async def _subscribe(self, inbox: str, callback: Callable[["Msg"], Awaitable[None]]) -> "Subscription":
        if self._client is None:
            raise ConsentLogError(f"{self.name}: {self._unreachable()}")
        # No bounds: the server is told to wait by flow control, and whoever subscribes keeps count.
        return await self._client.subscribe(inbox, cb=callback, pending_msgs_limit=0, pending_bytes_limit=0)

    def _unsubscribe(self, subscription: "Subscription") -> None:
        self._start(self._unsubscribed(subscription))

    async def _unsubscribed(self, subscription: "Subscription") -> None:
        with contextlib.suppress(Exception):  # its connection may be gone
            await subscription.unsubscribe()

    def _say(self, subject: str, payload: bytes, inbox: str) -> None:
        if self._client is not None:
            self._start(self._client.publish(subject, payload, inbox))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._small.add(task)
        task.add_done_callback(self._small.discard)

    def _enqueue(self, asked: _Asked) -> None:
        if self._keeping is None or self._keeping.done():
            self._fail((asked,), "it was closed")
            return
        self._loop.call_later(self._settings.timeout_seconds, self._expire, asked)
        self._queue.append(asked)
        self._queued.set()

    def _expire(self, asked: _Asked) -> None:
        if not asked.answer.done():
            self._waiting.pop(asked.token, None)
            self._fail((asked,), self._no_answer(self._settings.timeout_seconds, sent=asked.sent))

    async def _pump(self, client: "Client", inbox: str) -> None:
        from nats.errors import MaxPayloadError  # noqa: PLC0415 - an extra

        while True:
            while self._queue:
                asked = self._queue.popleft()
                if asked.answer.done():  # given up: never send it late
                    continue
                self._waiting[asked.token] = asked
                asked.sent = True
                try:
                    await client.publish(asked.subject, asked.payload, f"{inbox}.{asked.token}", asked.headers)
                except MaxPayloadError:
                    del self._waiting[asked.token]
                    size = f"{len(asked.payload)} bytes, the server takes {client.max_payload}"
                    self._fail((asked,), f"a message is too large ({size}); raise `max_payload` of the server")
            self._queued.clear()
            await self._queued.wait()

    async def _on_reply(self, message: "Msg") -> None:
        asked = self._waiting.pop(message.subject.rpartition(".")[2], None)
        if asked is not None and not asked.answer.done():
            headers = message.headers
            asked.answer.set_result(Reply(message.data, headers.get("Status", "") if headers else ""))

    async def _on_close(self) -> None:
        self._broken.set()

    async def _on_error(self, error: Exception) -> None:
        said = str(error)
        if "permissions violation" not in said:
            self._trouble = self._trouble or meaning(error)
            return
        # The server tells subjects in lower case, and ours are apart from the names of streams.
        denied = [a for a in self._waiting.values() if f'"{a.subject.lower()}"' in said or "for subscription" in said]
        for asked in denied:
            del self._waiting[asked.token]
        who = f"user `{self._settings.user}`" if self._settings.user else "the account"
        self._fail(denied, f"{who} has not the permission it needs ({said.removeprefix('nats: ')}); see the runbook")

    def _fail(self, all_asked: Iterable[_Asked], why: str) -> None:
        for asked in all_asked:
            if not asked.answer.done():
                asked.answer.set_exception(ConsentLogError(f"{self.name}: {why}"))

    def _no_answer(self, seconds: float, *, sent: bool = True) -> str:
        if self._client is None:
            return self._unreachable()
        known = "; whether it was carried out is not known" if sent else ""
        return f"no answer within {seconds:g} s{known}"

    def _unreachable(self) -> str:
        return f"no server can be reached ({self._trouble or 'the connection broke'}); see `nats.servers`"
