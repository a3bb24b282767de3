"""A server of grpcio with all that it serves; one for each listener, since a call does not say where it came in."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from sidecar.api.v1 import authorization_pb2, choices_pb2, consent_pb2, feed_pb2, holds_pb2, log_pb2, status_pb2
from sidecar.config import Config
from sidecar.transport.authorization import AuthorizationServicer
from sidecar.transport.choices import ChoiceServicer
from sidecar.transport.consent import ConsentServicer
from sidecar.transport.consentlog import LogServicer
from sidecar.transport.desk import Desk
from sidecar.transport.feed import FeedServicer
from sidecar.transport.grpcio.handlers import Intake, add_service
from sidecar.transport.health import Health
from sidecar.transport.holds import HoldServicer
from sidecar.transport.identity import Identity
from sidecar.transport.operations import StatusServicer
from sidecar.transport.reflection import Reflection
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

_OFFERED: Final = (_AUTHORIZATION, _CHOICES, _CONSENT, _FEED, _HOLDS, _LOG, _STATUS, _HEALTH, _REFLECTION)


class Services:
    """What every server serves, on *executor*'s threads. Safe for any number of threads."""

    def __init__(
        self, desk: Desk, executor: ThreadPoolExecutor, config: Config, feed: FeedServicer, source: Source
    ) -> None:
        shared = desk.shared
        self.health = Health()
        self.status = StatusServicer(shared, source)
        self._desk = desk
        self._shared = shared
        self._executor = executor
        names = tuple(service.full_name for service in _OFFERED)
        self._reflection = Reflection(names, edge=shared.edge, streams=shared.streams)
        self._same: tuple[tuple[ServiceDescriptor, object], ...] = (
            (_CHOICES, ChoiceServicer(shared)),
            (_CONSENT, ConsentServicer(shared)),
            (_FEED, feed),
            (_HOLDS, HoldServicer(shared)),
            (_LOG, LogServicer(shared, tombstone_days=config.consent.tombstone_days)),
            (_STATUS, self.status),
        )

    def server(self, identity: Identity) -> grpc.Server:
        """A server, not bound and not started, whose callers have *identity*."""
        limits, intake = self._shared.limits, Intake(self._shared.edge, self._shared.limits.message_bytes)
        server = grpc.server(
            self._executor,
            options=(
                ("grpc.so_reuseport", 0),  # else a second process on the same port would get half of the calls
                ("grpc.max_receive_message_length", limits.largest_bytes),
            ),
            maximum_concurrent_rpcs=limits.calls_in_flight,
        )
        authorization = AuthorizationServicer(self._desk, identity)
        add_service(server, _AUTHORIZATION, authorization, intake, in_bytes=authorization.IN_BYTES)
        for service, servicer in self._same:
            add_service(server, service, servicer, intake)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(self._reflection, server)
        return server
