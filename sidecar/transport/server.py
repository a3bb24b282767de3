"""All listeners, on whichever transport each has, and what they serve."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING, Final

from sidecar.config import Config, Listener
from sidecar.transport.desk import Desk
from sidecar.transport.feed import FeedServicer
from sidecar.transport.grpcio.listening import bind
from sidecar.transport.grpcio.services import Services
from sidecar.transport.identity import Identity
from sidecar.transport.shared import Shared
from sidecar.transport.world import Source

if TYPE_CHECKING:
    import grpc

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
        self._servers: list[grpc.Server] = []
        self._started = False

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Those that are bound, in their order, with the ports that were taken."""
        return self._services.status.listeners

    def bind(self) -> None:
        """Bind every listener; after a ``ConfigError`` ``stop`` lets go of those that were bound."""
        bound: list[Listener] = []
        for listener in self._config.server.listen:
            server = self._services.server(Identity(listener.service))
            self._servers.append(server)
            bound.append(bind(server, listener))
        self._services.status.listeners = tuple(bound)

    def start(self) -> None:
        """Begin to take calls; until the lifecycle says ready they end as UNAVAILABLE."""
        self._started = True
        for server in self._servers:
            server.start()

    def stop(self, grace_seconds: float) -> None:
        """Take no more calls, let those in flight finish for *grace_seconds*, then end them."""
        self._shared.lifecycle.drain()
        self.health.drain()
        if not self._started:
            self.start()  # grpc keeps the ports of a server that was never started
        stopped = [server.stop(grace_seconds) for server in self._servers]
        self._shared.streams.end()
        self._feed.end()
        self.health.end()
        for event in stopped:
            event.wait(grace_seconds + _LINGER_SECONDS)
        # A call that was ended may still be at work; it gets a moment, but cannot keep the process.
        finishing = Thread(target=self._executor.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        finishing.start()
        finishing.join(_LINGER_SECONDS)
