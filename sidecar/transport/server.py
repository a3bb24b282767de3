"""The gRPC server: one grpc server for each listener, because a call does not say which one it came through."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from sidecar.api.v1 import authorization_pb2, choices_pb2, consent_pb2, feed_pb2, holds_pb2, log_pb2, status_pb2
from sidecar.config import Config, Listener
from sidecar.transport.authorization import AuthorizationServicer, Desk
from sidecar.transport.choices import ChoiceServicer
from sidecar.transport.consent import ConsentServicer
from sidecar.transport.consentlog import LogServicer
from sidecar.transport.feed import FeedServicer
from sidecar.transport.handlers import add_service
from sidecar.transport.health import Health
from sidecar.transport.holds import HoldServicer
from sidecar.transport.identity import Identity
from sidecar.transport.listening import bind
from sidecar.transport.operations import StatusServicer
from sidecar.transport.reflection import Reflection
from sidecar.transport.shared import Shared
from sidecar.transport.world import Source

_AUTHORIZATION: Final[ServiceDescriptor] = authorization_pb2.DESCRIPTOR.services_by_name["AuthorizationService"]
_CHOICES: Final[ServiceDescriptor] = choices_pb2.DESCRIPTOR.services_by_name["ChoiceService"]
_CONSENT: Final[ServiceDescriptor] = consent_pb2.DESCRIPTOR.services_by_name["ConsentService"]
_FEED: Final[ServiceDescriptor] = feed_pb2.DESCRIPTOR.services_by_name["FeedService"]
_LOG: Final[ServiceDescriptor] = log_pb2.DESCRIPTOR.services_by_name["LogService"]
_HOLDS: Final[ServiceDescriptor] = holds_pb2.DESCRIPTOR.services_by_name["HoldService"]
_STATUS: Final[ServiceDescriptor] = status_pb2.DESCRIPTOR.services_by_name["StatusService"]
_HEALTH: Final[ServiceDescriptor] = health_pb2.DESCRIPTOR.services_by_name["Health"]
_REFLECTION: Final[ServiceDescriptor] = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]

_LINGER_SECONDS: Final = 1.0


class GrpcServer:
    """All listeners and what they serve: bind, start, stop, each once."""

    def __init__(self, shared: Shared, config: Config, feed: FeedServicer, source: Source) -> None:
        self.health = Health()
        self.desk = Desk(shared)
        self._shared = shared
        self._config = config
        self._choices = ChoiceServicer(shared)
        self._consent = ConsentServicer(shared)
        self._feed = feed
        self._holds = HoldServicer(shared)
        self._log = LogServicer(shared, tombstone_days=config.consent.tombstone_days)
        self._status = StatusServicer(shared, source)
        services = (_AUTHORIZATION, _CHOICES, _CONSENT, _FEED, _HOLDS, _LOG, _STATUS, _HEALTH, _REFLECTION)
        names = tuple(service.full_name for service in services)
        self._reflection = Reflection(names, edge=shared.edge, streams=shared.streams)
        self._executor = ThreadPoolExecutor(config.server.threads, thread_name_prefix="grpc")
        self._servers: list[grpc.Server] = []
        self._started = False

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Those that are bound, in their order, with the ports that were taken."""
        return self._status.listeners

    def bind(self) -> None:
        """Bind every listener; after a ``ConfigError`` ``stop`` lets go of those that were bound."""
        bound: list[Listener] = []
        for listener in self._config.server.listen:
            server = self._server(Identity(listener.service))
            self._servers.append(server)
            bound.append(bind(server, listener))
        self._status.listeners = tuple(bound)

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

    def _server(self, identity: Identity) -> grpc.Server:
        limits, edge = self._config.limits, self._shared.edge
        server = grpc.server(
            self._executor,
            options=(
                ("grpc.so_reuseport", 0),  # else a second process on the same port would get half of the calls
                ("grpc.max_receive_message_length", limits.message_bytes),
            ),
            maximum_concurrent_rpcs=limits.calls_in_flight,
        )
        add_service(server, _AUTHORIZATION, AuthorizationServicer(self.desk, identity), edge)
        add_service(server, _CHOICES, self._choices, edge)
        add_service(server, _CONSENT, self._consent, edge)
        add_service(server, _FEED, self._feed, edge)
        add_service(server, _LOG, self._log, edge)
        add_service(server, _HOLDS, self._holds, edge)
        add_service(server, _STATUS, self._status, edge)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(self._reflection, server)
        return server
