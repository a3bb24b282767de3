"""A connection to NATS with a thread of its own, for callers that wait.

Whatever is asked is answered, or fails within a time limit. A connection that breaks is made again and again; nothing
is sent on a new one that its caller has given up.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import replace
from itertools import count, cycle
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from sidecar.config.nats import Nats
from sidecar.consent.nats.asking import Asked, Asking, Reply
from sidecar.consent.nats.dialling import LEAVING_SECONDS, leave, meaning, options_of, unreachable
from sidecar.errors import ConsentLogError

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

_Result = TypeVar("_Result")

_PAUSE_SECONDS: Final = 0.25
"""From one attempt to connect to the next."""

_LOOK_SECONDS: Final = 0.25
"""How often to look whether the client has given up its connection: it may hang while it takes leave."""

_SILENT: Final = "; if this goes on, see the server's log: one whose disk is full does not answer"

_INBOX: Final = "_INBOX"

_GRACE_SECONDS: Final = 5.0
"""How much longer than its time limit to wait for an answer that always comes: only a thread that died takes it."""


class Connection:
    """Connected to one of the servers of *settings*, or trying to be; *name* is what it is for, for messages.

    An answer may take *patience* seconds, if that is longer than the settings have it. Safe for any number of threads.
    """

    def __init__(self, settings: Nats, name: str, *, patience: float = 0.0) -> None:
        self._dialling_seconds = settings.timeout_seconds
        self._settings = replace(settings, timeout_seconds=max(settings.timeout_seconds, patience))
        self.name: Final = name
        self._options = options_of(settings)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="consent-nats", daemon=True)
        self._guard = Lock()
        self._closed = False
        self._tokens = count()
        self._outbox: deque[Asked] = deque()
        self._waking = False
        # The rest belongs to the thread.
        self._numbers = count(1)
        self._asking = Asking(name, seconds=self._settings.timeout_seconds, unanswered=self._unanswered)
        self._client: Client | None = None
        self._broken = asyncio.Event()
        self._trouble = ""  # what is the matter with the present connection
        self._troubles: dict[str, str] = {}  # with each server, since there was a connection
        self._denied = ""  # what was not permitted last, on this connection
        self._watching: tuple[Callable[[], None], ...] = ()
        self._number = 0
        self._small: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, settings: Nats, name: str, *, patience: float = 0.0) -> Self:
        """A connection that is there; raises ``ConsentLogError`` if no server takes it, which says what to do."""
        connection = cls(settings, name, patience=patience)
        connection._thread.start()
        try:
            connection.run(connection._begin(), seconds=_most_seconds(settings))
        except BaseException:
            connection.close()
            raise
        return connection

    def run(self, work: Coroutine[Any, Any, _Result], *, seconds: float) -> _Result:
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
            work.close()
            raise ConsentLogError(f"{self.name}: it was closed") from error

    def ask(self, subject: str, payload: bytes = b"", headers: Mapping[str, str] | None = None) -> Future[Reply]:
        """Send a request, and return at once; the answer is there, or is a ``ConsentLogError``, within the time limit.

        Requests of one thread are sent in their order.
        """
        asked = Asked(f"{next(self._tokens):x}", subject, payload, None if headers is None else dict(headers))
        if self._closed:
            asked.answer.set_exception(ConsentLogError(f"{self.name}: it was closed"))
            return asked.answer
        self._outbox.append(asked)
        if not self._waking:  # waking the thread costs as much as all the rest
            self._waking = True
            with contextlib.suppress(RuntimeError):  # closed this very moment: whoever waits waits for a bounded time
                self._loop.call_soon_threadsafe(self._take_outbox)
        return asked.answer

    def wait_until(self, there: Event) -> None:
        """Wait for *there*; raises ``ConsentLogError`` at the time limit."""
        if not there.wait(self._settings.timeout_seconds):
            raise ConsentLogError(f"{self.name}: {self._no_answer(self._settings.timeout_seconds)}")

    def wait(self, answer: Future[_Result]) -> _Result:
        """What was answered; raises ``ConsentLogError``, also if it takes much longer than the time limit."""
        try:
            return answer.result(self._settings.timeout_seconds + _GRACE_SECONDS)
        except TimeoutError as error:
            raise ConsentLogError(f"{self.name}: {self._no_answer(self._settings.timeout_seconds)}") from error

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have *callback* called, on the thread of the connection, whenever one was made; returns what ends that."""
        with self._guard:
            self._watching = (*self._watching, callback)

        def end() -> None:
            with self._guard:
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
        with self._guard:
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
            left = [task for task in asyncio.all_tasks(self._loop) if task.cancel()]
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
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
        self._take_outbox()
        self._asking.fail_all("it was closed")
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep(self, client: "Client | None") -> None:
        """Serve on *client* until it breaks, then on others."""
        addresses = cycle(self._settings.addresses)
        tried_at = 0.0
        while True:
            if client is None:
                await asyncio.sleep(max(0.0, tried_at + _PAUSE_SECONDS - time.monotonic()))
                tried_at = time.monotonic()
                client = await self._connect(next(addresses))
                continue
            try:
                await self._serve(client)
            finally:
                self._client, self._number = None, 0
                self._asking.fail_sent("the connection broke; whether it was carried out is not known")
                await leave(client)
            client = None

    async def _connect(self, address: str) -> "Client | None":
        from nats.aio.client import Client  # noqa: PLC0415 - an extra

        client = Client()
        self._trouble = ""
        self._broken.clear()
        try:
            async with asyncio.timeout(self._dialling_seconds):
                await client.connect(
                    servers=[address], error_cb=self._on_error, closed_cb=self._on_close, **self._options
                )
        except Exception as error:  # noqa: BLE001 - the client lets through whatever its transport raises
            self._troubles[address] = self._trouble or meaning(error)
            await leave(client)
            return None
        except BaseException:
            await leave(client)
            raise
        self._trouble = ""
        self._troubles.clear()
        return client

    async def _serve(self, client: "Client") -> None:
        inbox = self.inbox()
        await client.subscribe(f"{inbox}.*", cb=self._asking.on_reply)
        self._client, self._denied = client, ""
        sending = asyncio.create_task(self._asking.send(client, inbox))
        self._number = next(self._numbers)
        for callback in self._watching:
            callback()
        try:
            while not (client.is_closed or sending.done()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._broken.wait()
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _subscribe(self, inbox: str, callback: Callable[["Msg"], Awaitable[None]]) -> "Subscription":
        if self._client is None:
            raise ConsentLogError(f"{self.name}: {self._unreachable()}")
        try:  # without bounds: the server is told to wait by flow control, and whoever subscribes keeps count
            return await self._client.subscribe(inbox, cb=callback, pending_msgs_limit=0, pending_bytes_limit=0)
        except Exception as error:  # it broke this moment, and that is not known yet
            raise ConsentLogError(f"{self.name}: the connection broke ({meaning(error)})") from error

    def _unsubscribe(self, subscription: "Subscription") -> None:
        self._start(_tried(subscription.unsubscribe()))

    def _say(self, subject: str, payload: bytes, inbox: str) -> None:
        if self._client is not None:
            self._start(_tried(self._client.publish(subject, payload, inbox)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._small.add(task)
        task.add_done_callback(self._small.discard)

    def _take_outbox(self) -> None:
        self._waking = False  # first: what comes now is taken below, or wakes again
        while self._outbox:
            self._asking.put(self._outbox.popleft())

    async def _on_close(self) -> None:
        self._broken.set()

    async def _on_error(self, error: Exception) -> None:
        said = str(error)
        if "permissions violation" not in said:
            self._trouble = self._trouble or meaning(error)
            return
        who = f"user `{self._settings.user}`" if self._settings.user else "the account"
        said = said.removeprefix("nats: ")
        self._denied = f"{who} has not the permission it needs ({said}); see the runbook"
        self._asking.deny(said, self._denied)

    def _unanswered(self, sent: bool) -> str:  # noqa: FBT001 - its only argument
        return self._no_answer(self._settings.timeout_seconds, sent=sent)

    def _no_answer(self, seconds: float, *, sent: bool = True) -> str:
        if self._client is None:
            return self._unreachable()
        known = "; whether it was carried out is not known" if sent else ""
        denied = f"; {self._denied}" if self._denied else ""
        return f"no answer within {seconds:g} s{known}{denied or _SILENT}"

    def _unreachable(self) -> str:
        return unreachable(self._troubles, self._settings.user, before=self._trouble)


def _most_seconds(settings: Nats) -> float:
    """How long it may take to try every server, and to leave each."""
    return (settings.timeout_seconds + LEAVING_SECONDS) * len(settings.addresses) + 1


async def _tried(work: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(Exception):  # the connection may be gone
        await work
