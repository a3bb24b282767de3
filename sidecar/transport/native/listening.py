"""A listener on the native transport."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic, sleep
from typing import Final

import grpc

from sidecar.config import NATIVE, Listener, join_host_port, split_host_port
from sidecar.transport.desk import Desk
from sidecar.transport.identity import Identity
from sidecar.transport.native.behind import Behind
from sidecar.transport.native.front import Front, open_front
from sidecar.transport.native.serving import Serving

_LOOK_SECONDS: Final = 0.01
_FLUSH_SECONDS: Final = 0.1
"""How long the last answers may take to their callers: closing cuts what is not written yet, and nothing tells."""

_JOIN_SECONDS: Final = 1.0


class NativeListening:
    """Questions to *desk* on a front, and whatever else *server* serves behind it."""

    def __init__(self, listener: Listener, desk: Desk, executor: ThreadPoolExecutor, server: grpc.Server) -> None:
        self._listener = listener
        self._desk = desk
        self._executor = executor
        self._behind = Behind(server)
        self._front: Front | None = None
        self._serving: Serving | None = None

    def bind(self) -> Listener:
        """See ``Listening``."""
        path = self._behind.bind()
        front = open_front(self._listener)
        front.set_fallback(path)
        self._front = front
        listener = replace(self._listener, transport=NATIVE)
        if listener.path:
            return listener
        host, _ = split_host_port(listener.address)
        return replace(listener, address=join_host_port(host, front.bound_port))

    def start(self) -> None:
        """Begin to take calls."""
        assert self._front is not None
        self._behind.start()
        self._serving = Serving(self._front, self._desk, Identity(self._listener.service), self._executor)
        self._serving.start()
        self._front.start()

    def drain(self, grace_seconds: float) -> None:
        """Take no more calls: the lifecycle has questions refused, and grpcio the rest."""
        self._behind.drain(grace_seconds)

    def close(self, seconds: float) -> None:
        """See ``Listening``."""
        until = monotonic() + seconds
        self._behind.wait(seconds)
        if self._serving is not None:
            while not self._serving.idle and monotonic() < until:
                sleep(_LOOK_SECONDS)
            sleep(_FLUSH_SECONDS)
        if self._front is not None:
            self._front.close()
        if self._serving is not None:
            self._serving.join(_JOIN_SECONDS)
        self._behind.close()
