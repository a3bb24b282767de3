"""Following a log: an ordered consumer, made again wherever it was interrupted.

Between two heartbeats of the server something always comes, or is asked for: the client's own subscriptions are silent
for 14 seconds after a restart, and for ever after the stream was destroyed. Whether the log is still there, and still
the same, is asked at every start of a consumer and once a second.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Final

from sidecar.consent.log import Fed, Head
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.delivery import delivery
from sidecar.consent.nats.holes import Holes
from sidecar.consent.nats.jetstream import StreamState
from sidecar.consent.nats.life import Life, still
from sidecar.consent.nats.names import ENTRY, pseudonym_in
from sidecar.errors import ConsentLogError, LogLostError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from nats.aio.msg import Msg

    from sidecar.consent.nats.asking import Reply
    from sidecar.model.instant import Instant

HEARTBEAT_SECONDS: Final = 1.0

_SILENCE_SECONDS: Final = 1.5 * HEARTBEAT_SECONDS
"""Without any sign for so long the consumer counts as gone."""

_RETRY_SECONDS: Final = 0.25

_AT_ONCE: Final = 1_000
"""Heads given at once."""

_IDLE_NANOSECONDS: Final = 10_000_000_000
"""How long the server keeps a consumer whose follower is gone."""


class _Session:
    """What one consumer delivers; filled by the thread of the connection, emptied by that of the follower."""

    def __init__(self, wake: Event) -> None:
        self._wake = wake
        self.arrived: deque[Msg] = deque()
        self.number = 0  # of the last message that was taken, as the consumer counts
        self.sign = time.monotonic()  # when there last was one of it

    async def on_message(self, message: "Msg") -> None:
        """Keep *message* for who takes it."""
        self.arrived.append(message)
        if not self._wake.is_set():
            self._wake.set()


@dataclass(slots=True)
class _Gathered:
    """What is about to be given."""

    heads: list[Head] = field(default_factory=list)
    beats: int = 0
    stamp: "Instant | None" = None


class NatsFeed:
    """A ``Feed`` of the log *life*, behind position *after*; ``None``: from the last entries of all subjects.

    *on_beat* gets the position of each heartbeat.
    """

    def __init__(
        self,
        connection: Connection,
        life: Life,
        *,
        after: int | None,
        on_beat: Callable[[int], None],
    ) -> None:
        self._connection = connection
        self._stream = life.reader.stream
        self._life = life
        self._beat_subject = life.names.beat
        self._payloads = life.reader.payloads
        self._on_beat = on_beat
        self._wake = Event()
        self._end_watching = connection.watch(self._wake.set)
        self._connected = 0  # number of the connection that the session is on
        self._session: _Session | None = None
        self._end_session: Callable[[], None] = lambda: None
        self._checking: Future[Reply] | None = None
        self._checked = 0.0  # when that was asked last
        self._asked_at = 0  # what had been taken then
        self._retry_at = 0.0
        self._taken = after or 0  # position of the last message that was taken
        self.whole_at = 0 if after is not None else -1
        """The position of the last message that the bootstrap gives; -1 while it is not known."""
        self._pending = 0
        self._holes = Holes()
        self._live_after = 0  # heartbeats behind this were appended while the session lasted
        self._lost: LogLostError | None = None
        self._closed = False

    @property
    def whole(self) -> bool:
        """Whether the last entry of every subject has been given."""
        return 0 <= self.whole_at <= self._taken

    def take(self, seconds: float) -> Fed | None:
        """What came, waiting at most *seconds* for it, and for servers that do not answer a little longer."""
        deadline = time.monotonic() + seconds
        while True:
            self._wake.clear()
            self._look_after_session()
            fed = self._collected()
            if fed is not None:
                return fed
            now = time.monotonic()
            if now >= deadline:
                return None
            self._wake.wait(min(deadline - now, _RETRY_SECONDS))

    def close(self) -> None:
        """Follow no longer."""
        self._closed = True
        self._end_watching()
        self._leave_session()

    def _look_after_session(self) -> None:
        """Make a session if there is none that works, and find out whether the log is still there."""
        if self._lost is not None:
            raise self._lost
        if self._closed:
            raise ConsentLogError(f"{self._stream.name}: the feed was closed")
        try:
            self._check()
            if self._session is None or self._interrupted(self._session):
                self._start_session()
        except LogLostError as error:
            self._lost = error
            self._leave_session()
            raise
        except ConsentLogError:  # cannot be reached, which is silence
            self._leave_session()
            self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _interrupted(self, session: _Session) -> bool:
        if self._connection.number != self._connected:
            return True
        return not session.arrived and time.monotonic() - session.sign > _SILENCE_SECONDS

    def _check(self) -> None:
        """Ask once a second whether the log is still there, without waiting for the answer."""
        if self._checking is None:
            if time.monotonic() - self._checked >= HEARTBEAT_SECONDS and self._connection.number:
                self._checked = time.monotonic()
                self._checking, self._asked_at = self._stream.ask_state(), self._taken
                self._checking.add_done_callback(lambda _: self._wake.set())
        elif self._checking.done():
            checking, self._checking = self._checking, None
            self._still(self._stream.read_state(checking), self._asked_at)

    def _still(self, state: StreamState | None, applied: int) -> StreamState:
        return still(state, self._life.names, name=self._stream.name, applied=applied)

    def _start_session(self) -> None:
        self._leave_session()
        number = self._connection.number
        if not number or time.monotonic() < self._retry_at:
            return
        state = self._still(self._stream.state(), self._taken)
        if self.whole_at < 0:
            self.whole_at = state.last
        self._live_after = state.last
        inbox = self._connection.inbox()
        self._holes.start_over()
        session = _Session(self._wake)
        end = self._connection.subscribe(inbox, session.on_message)
        try:
            self._stream.consume(self._consumer(inbox))
        except BaseException:
            end()
            raise
        session.sign = time.monotonic()
        self._session, self._end_session, self._connected = session, end, number

    def _consumer(self, inbox: str) -> dict[str, object]:
        start: dict[str, object] = {"deliver_policy": "by_start_sequence", "opt_start_seq": self._taken + 1}
        return {
            "deliver_subject": inbox,
            "filter_subject": self._life.names.everything,
            "ack_policy": "none",
            "max_deliver": 1,
            "flow_control": True,
            "idle_heartbeat": int(HEARTBEAT_SECONDS * 1e9),
            "inactive_threshold": _IDLE_NANOSECONDS,
            "mem_storage": True,
            "num_replicas": 1,
            **(start if self._taken or self.whole else {"deliver_policy": "last_per_subject"}),
        }

    def _leave_session(self) -> None:
        self._end_session()
        self._session, self._end_session = None, lambda: None

    def _collected(self) -> Fed | None:
        """What has arrived, up to a bound; ``None`` if nothing of it tells anything."""
        session = self._session
        if session is None or not session.arrived:
            return None
        gathered = _Gathered()
        before = self._taken
        while session.arrived and len(gathered.heads) < _AT_ONCE and self._session is session:
            message = session.arrived.popleft()
            if message.headers is not None and "Status" in message.headers:
                self._signed(session, message)
                continue
            try:
                self._gather(session, message, gathered)
            except ConsentLogError:
                self._leave_session()  # it must not be passed over: it comes again, first
                if self._taken == before:
                    raise
        session.sign = time.monotonic()
        if self._taken == before:
            return None
        if not self.whole and self._pending == 0:  # the last one it was to be was removed meanwhile
            self.whole_at = self._taken
        through = self._holes.through(self._taken) if self.whole else 0
        pending = self._pending + len(session.arrived)
        return Fed(tuple(gathered.heads), through, gathered.beats, pending, gathered.stamp)

    def _gather(self, session: _Session, message: "Msg", gathered: "_Gathered") -> None:
        """Take over a message of the log; nothing of it if it is damaged, or if one before it was lost on the way."""
        position, number, at, pending = delivery(message.reply)
        if number != session.number + 1:
            self._leave_session()
            return
        pseudonym = pseudonym_in(message.subject, ENTRY)
        if pseudonym is not None:
            gathered.heads.append(self._payloads.head(position, pseudonym, message.data))
        elif message.subject == self._beat_subject:
            self._on_beat(position)
            if position > self._live_after:
                gathered.beats, gathered.stamp = gathered.beats + 1, at
        session.number, self._pending = number, pending
        self._step(position, number)

    def _step(self, position: int, number: int) -> None:
        """Be at *position*, with the message *number*; what is missing before it is waited for."""
        before, was_whole = self._taken, self.whole
        self._taken = position
        if was_whole and position > before + 1:
            self._holes.found(before=before, filled=number + self._pending)
        elif self.whole and not was_whole:  # somebody may have been removed before their last entry was given
            self._holes.found(before=0, filled=number + self._pending)
        self._holes.taken(number, pending=self._pending)

    def _signed(self, session: _Session, message: "Msg") -> None:
        """Take note of what the server itself says; leave the session if it cannot go on."""
        headers = message.headers or {}
        stalled = headers.get("Nats-Consumer-Stalled")
        if not headers["Status"].startswith("100"):
            self._leave_session()
        elif stalled or message.reply:  # it waits until all before this was taken
            self._connection.say(stalled or message.reply)
        elif headers.get("Nats-Last-Consumer") not in (None, str(session.number)):
            self._leave_session()
