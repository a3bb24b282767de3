"""Open streams of changes: each holds a thread, so they are capped; one whose reader lets messages lie is cut."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TypeVar

import grpc

from sidecar.errors import NotReadyError, OverloadedError, SidecarError
from sidecar.transport.lifecycle import DRAINING
from sidecar.transport.status import status_of

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class Watches:
    """At most *most* streams at a time; a message may lie for *stall_seconds*. Safe for any number of threads."""

    def __init__(self, most: int, *, stall_seconds: float) -> None:
        self._most = most
        self._stall_seconds = stall_seconds
        self._open: set[Watch] = set()
        self._lock = Lock()
        self._ending = False

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    @contextmanager
    def open(self, context: grpc.ServicerContext, reader: str) -> "Iterator[Watch]":
        """A stream to *reader* for the call of *context*; ``OverloadedError`` if there are too many."""
        watch = Watch(context, reader)
        with self._lock:
            if self._ending:
                raise NotReadyError(DRAINING)
            if len(self._open) >= self._most:
                raise OverloadedError(
                    f"{self._most} streams of changes are open, and `limits.watches` allows no more; try again later"
                )
            self._open.add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._open.discard(watch)

    def cut_stalled(self) -> None:
        """End those whose readers have let a message lie for too long; call it now and then."""
        for watch in self._each():
            watch.cut(self._stall_seconds)

    def end(self) -> None:
        """End all, and let no more be opened."""
        with self._lock:
            self._ending = True
        for watch in self._each():
            watch.end()

    def _each(self) -> "tuple[Watch, ...]":
        with self._lock:
            return tuple(self._open)


class Watch:
    """One open stream. While a message lies, its thread hangs in the sending and hears nothing."""

    def __init__(self, context: grpc.ServicerContext, reader: str) -> None:
        self._context = context
        self._reader = reader
        self._lock = Lock()
        self._lying_since: float | None = None  # on the monotonic clock
        self._ends_with: SidecarError | None = None

    @property
    def active(self) -> bool:
        """Whether anybody is there to be told; raises what the stream is to end with."""
        if self._ends_with is not None:
            raise self._ends_with
        return self._context.is_active()

    def each(self, messages: Iterable[_T]) -> Iterator[_T]:
        """*messages*, each timed until the reader has taken it; raises what the stream is to end with."""
        for message in messages:
            with self._lock:
                self._lying_since = monotonic()
            yield message
            with self._lock:
                self._lying_since = None
                if self._ends_with is not None:
                    raise self._ends_with

    def cut(self, seconds: float) -> None:
        """End it if a message has been lying for *seconds*."""
        with self._lock:
            if self._ends_with is None and self._lying_since is not None:
                lies = monotonic() - self._lying_since
                if lies >= seconds:
                    _log.warning("a reader of changes is too slow and was cut", extra={"details": self._who})
                    self._end(
                        OverloadedError(
                            f"the reader is too slow: a message was left lying for {lies:.1f} s; go on behind the last "
                            "revision that was applied (`after_revision`), or acknowledged (without it)"
                        )
                    )

    def end(self) -> None:
        """End it because the process stops; at once if its thread hangs in the sending."""
        with self._lock:
            if self._lying_since is None:
                self._ends_with = NotReadyError(DRAINING)
            else:
                self._end(NotReadyError(DRAINING))

    @property
    def _who(self) -> dict[str, object]:
        return {"consumer": self._reader or "(operator)"}

    def _end(self, error: SidecarError) -> None:
        self._ends_with = error
        status = status_of(error)
        # Only the thread that answers may say with what a call ends, and that one hangs; `cancel` would not tell the
        # reader why. What grpc itself ends calls with is below its public face; a test holds that it is there.
        call = getattr(getattr(self._context, "_rpc_event", None), "call", None)
        if call is None:
            self._context.cancel()
        else:
            code: tuple[int, str] = status.code.value
            call.cancel(code[0], status.text)
