"""The feed of changes, for systems downstream: what people decide, as it happens, resumed by itself.

with Feed("127.0.0.1:7070", token=token) as feed:
    for update in feed.follow():
        if update.change is not None:
            apply(update.change)  # durably, and so that doing it twice does no harm
        if update.caught_up:
            feed.ack(update.revision)
"""

import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

import grpc

from sidecar.api.v1 import feed_pb2 as pb
from sidecar.client.exchange import CHANNEL_OPTIONS

WATCH: Final = "/sidecar.api.v1.FeedService/WatchRecords"
ACK: Final = "/sidecar.api.v1.FeedService/Ack"

SILENCE_SECONDS: Final = 20.0
"""A sidecar says something every 5 s; one that does not is taken for gone."""

_ACK_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 10.0

_FOR_GOOD: Final = frozenset(
    {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
"""Trying again changes nothing."""


class FeedError(Exception):
    """The feed cannot go on by itself; *code* is the status, *detail* says what to do."""

    def __init__(self, code: grpc.StatusCode, detail: str) -> None:
        super().__init__(f"{code.name}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def start_over(self) -> bool:
        """Whether following with *from_start* is what helps: the place to go on from is lost."""
        return self.code is grpc.StatusCode.FAILED_PRECONDITION


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Something changed, or a sign of life without a change."""

    revision: str  # acknowledge it once everything up to here is applied
    change: pb.RecordChange | None
    caught_up: bool  # this was all that there is; before that, what was given may be withdrawn in the next update
    from_start: bool  # all is told again: forget whoever is not told of until `caught_up`


class Feed:
    """Follows one sidecar as one consumer; ``follow`` from one thread, the rest from any.

    Args:
        address: ``host:port`` or ``unix:path``.
        token: The bearer token of a consumer, or of the operator.
        consumer: Who follows; empty means whose token it is.
        on_cut: Told why, each time that the stream broke, or there was none, before it is tried again.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:7070",
        *,
        token: str,
        consumer: str = "",
        on_cut: Callable[[FeedError], None] = lambda _: None,
    ) -> None:
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._consumer = consumer
        self._on_cut = on_cut
        self._closed = Event()
        self._owed = ""  # acknowledged here, and not yet kept there

    def follow(self, after: str = "", *, from_start: bool = False) -> Generator[Update, None, None]:
        """Every change behind the revision *after*, and then as they come, without an end, until ``close``.

        Empty goes on behind what was acknowledged last, or begins at the start if nothing was. *from_start* begins
        there, and nothing counts as acknowledged any more. A stream that breaks is taken up where it broke. Raises
        ``FeedError`` when that cannot be.
        """
        request = pb.WatchRecordsRequest(consumer=self._consumer, after_revision=after, from_start=from_start)
        if from_start:
            self._owed = ""  # of what counts for nothing now
        pause = _FIRST_PAUSE
        while not self._closed.is_set():
            try:
                for update in self._stream(request):
                    self._settle()
                    yield update
                    request = pb.WatchRecordsRequest(consumer=self._consumer, after_revision=update.revision)
                    if update.change is not None or update.caught_up:
                        pause = _FIRST_PAUSE
            except (grpc.RpcError, ValueError) as error:  # ValueError: the channel was closed
                if self._closed.is_set():
                    return
                if not isinstance(error, grpc.RpcError):
                    raise
                self._on_cut(_raised(error))
                self._closed.wait(pause * random.uniform(0.5, 1))  # noqa: S311 - so that not all come at once
                pause = min(pause * 2, _LONGEST_PAUSE)

    def ack(self, revision: str) -> bool:
        """Say that everything up to *revision* is applied: whether that is kept.

        If the sidecar cannot be reached, ``follow`` makes up for it. Raises ``FeedError`` if it is refused.
        """
        self._owed = revision
        self._settle()
        return not self._owed

    def close(self) -> None:
        """Follow no longer; calling it again does nothing."""
        self._closed.set()
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _settle(self) -> None:
        """Send an acknowledgement that is owed."""
        if not self._owed:
            return
        request = pb.AckRequest(consumer=self._consumer, revision=self._owed)
        call: grpc.UnaryUnaryMultiCallable[pb.AckRequest, pb.AckResponse] = self._channel.unary_unary(
            ACK,
            request_serializer=pb.AckRequest.SerializeToString,
            response_deserializer=pb.AckResponse.FromString,
        )
        try:
            call(request, metadata=self._metadata, timeout=_ACK_SECONDS)
        except grpc.RpcError as error:
            owed, self._owed = self._owed, ""
            _raised(error)
            self._owed = owed
        else:
            self._owed = ""

    def _stream(self, request: pb.WatchRecordsRequest) -> Iterator[Update]:
        """What one call sends; a sidecar that falls silent ends it."""
        watch: grpc.UnaryStreamMultiCallable[pb.WatchRecordsRequest, pb.WatchRecordsResponse] = (
            self._channel.unary_stream(
                WATCH,
                request_serializer=pb.WatchRecordsRequest.SerializeToString,
                response_deserializer=pb.WatchRecordsResponse.FromString,
            )
        )
        call = watch(request, metadata=self._metadata)
        ear = _Ear(call.cancel)
        try:
            for response in ear.each(call):
                yield Update(
                    revision=response.revision,
                    change=response.change if response.HasField("change") else None,
                    caught_up=response.caught_up,
                    from_start=response.from_start,
                )
        finally:
            ear.close()
            call.cancel()


class _Ear:
    """Listens to a stream, and gives it up after too long a silence; what its reader does in between is no silence."""

    def __init__(self, give_up: Callable[[], Any]) -> None:
        self._give_up = give_up
        self._done = Event()
        self._waiting_since: float | None = None
        Thread(target=self._listen, name="feed-silence", daemon=True).start()

    def each(self, messages: Iterator[pb.WatchRecordsResponse]) -> Iterator[pb.WatchRecordsResponse]:
        """*messages*, as they come."""
        while True:
            self._waiting_since = monotonic()
            message = next(messages, None)
            self._waiting_since = None
            if message is None:
                return
            yield message

    def close(self) -> None:
        """Listen no longer."""
        self._done.set()

    def _listen(self) -> None:
        while not self._done.wait(SILENCE_SECONDS / 8):
            since = self._waiting_since
            if since is not None and monotonic() - since > SILENCE_SECONDS:
                self._give_up()
                return


def _raised(error: grpc.RpcError) -> FeedError:
    """What *error* says; raised if it is for good."""
    known = isinstance(error, grpc.Call)
    code = error.code() if known else grpc.StatusCode.UNKNOWN
    told = FeedError(code, (error.details() if known else str(error)) or code.name)
    if code in _FOR_GOOD:
        raise told from error
    return told
