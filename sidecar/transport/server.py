"""All listeners, on whichever transport each has, and what they serve."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from time import monotonic
from typing import Final

from sidecar.config import AUTO, GRPCIO, Config, Listener
from sidecar.errors import ConfigError
from sidecar.transport.desk import Desk
from sidecar.transport.feed import FeedServicer
from sidecar.transport.grpcio.listening import GrpcioListening
from sidecar.transport.grpcio.services import Services
from sidecar.transport.identity import Identity
from sidecar.transport.listening import Listening
from sidecar.transport.native.fitness import why_not
from sidecar.transport.native.listening import NativeListening
from sidecar.transport.shared import Shared
from sidecar.transport.world import Source

_log = logging.getLogger(__name__)

_LINGER_SECONDS: Final = 1.0


class GrpcServer:
    """All listeners and what they serve: bind, start, stop, each once."""

    def __init__(self, shared: Shared, config: Config, feed: FeedServicer, source: Source) -> None:
        self.desk = Desk(shared)
        self._shared = shared
        self._config = config
        self._feed = feed
        self._executor = ThreadPoolExecutor(config.server.threads, thread_name_prefix="grpc")
        self._services = Services(self.desk, self._executor, config, feed, source)
        self.health = self._services.health
        self._listening: list[Listening] = []

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Those that are bound, in their order, with the ports that were taken."""
        return self._services.status.listeners

    def bind(self) -> None:
        """Bind every listener; after a ``ConfigError`` ``stop`` lets go of those that were bound."""
        bound: list[Listener] = []
        for listener in self._config.server.listen:
            because = why_not(listener)
            listening = self._listening_of(listener, because)
            self._listening.append(listening)
            bound.append(listening.bind())
            _report(bound[-1], "" if listener.transport == GRPCIO else because)
        self._services.status.listeners = tuple(bound)

    def start(self) -> None:
        """Begin to take calls; until the lifecycle says ready they end as UNAVAILABLE."""
        for listening in self._listening:
            listening.start()

    def stop(self, grace_seconds: float) -> None:
        """Take no more calls, let those in flight finish for *grace_seconds*, then end them."""
        self._shared.lifecycle.drain()
        self.health.drain()
        until = monotonic() + grace_seconds + _LINGER_SECONDS
        for listening in self._listening:
            listening.drain(grace_seconds)
        self._shared.streams.end()
        self._feed.end()
        self.health.end()
        for listening in self._listening:
            listening.close(max(0.0, until - monotonic()))
        # A call that was ended may still be at work; it gets a moment, but cannot keep the process.
        finishing = Thread(target=self._executor.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        finishing.start()
        finishing.join(_LINGER_SECONDS)

    def _listening_of(self, listener: Listener, because: str) -> Listening:
        """On the native transport, unless *because* of something that is impossible, or not wanted."""
        server = self._services.server(Identity(listener.service))
        if listener.transport == GRPCIO or (because and listener.transport == AUTO):
            return GrpcioListening(listener, server)
        if because:
            raise ConfigError(f"`server.listen`: `{listener}` cannot be native: {because}")
        return NativeListening(listener, self.desk, self._executor, server)


def _report(listener: Listener, because: str) -> None:
    details = {"address": listener.address, "transport": listener.transport}
    _log.info("listening", extra={"details": details | ({"not_native": because} if because else {})})
