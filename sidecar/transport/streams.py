"""Open streams: each holds a worker thread, so they are capped, and told when the process is about to stop."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

import grpc

from sidecar.errors import NotReadyError, OverloadedError
from sidecar.transport.lifecycle import DRAINING

_T = TypeVar("_T")


class Streams:
    """At most *most* streams of callers at a time, and one of the operator's more. Safe for any number of threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Stream] = set()
        self._lock = Lock()
        self._ending = False

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    @contextmanager
    def open(self, context: grpc.ServicerContext, *, operator: bool = False) -> "Iterator[Stream]":
        """A stream for the call of *context*; ``OverloadedError`` if there are too many."""
        stream = Stream(context)
        with self._lock:
            if self._ending:
                raise NotReadyError(DRAINING)
            if len(self._open) >= self._most + operator:
                raise OverloadedError(f"{self._most} streams are open, and there may be no more; use CheckBatch")
            self._open.add(stream)
        try:
            yield stream
        finally:
            with self._lock:
                self._open.discard(stream)

    def end(self) -> None:
        """End idle streams now, the others after the answer they are at."""
        with self._lock:
            self._ending = True
            streams = tuple(self._open)
        for stream in streams:
            stream.end()


class Stream:
    """One open stream; idle while it waits for its caller."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context
        self._lock = Lock()
        self._idle = True
        self._ending = False

    def each(self, messages: Iterable[_T]) -> Iterator[_T]:
        """*messages* as they come; raises ``NotReadyError`` once the stream is to end."""
        for message in messages:
            self._become(idle=False)
            yield message
            self._become(idle=True)

    def end(self) -> None:
        """End after the answer it is at; at once if it is idle, for a thread that waits hears nothing else."""
        with self._lock:
            self._ending = True
            if self._idle:
                self._context.cancel()

    def _become(self, *, idle: bool) -> None:
        with self._lock:
            self._idle = idle
            if self._ending:
                raise NotReadyError(DRAINING)
