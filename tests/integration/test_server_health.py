"""Health and readiness, over gRPC and HTTP, from before the first answer to the last."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from sidecar.app import Sidecar, build
from sidecar.cli.demo.bundle import demo_bundle
from sidecar.config import load
from sidecar.model.instant import SECOND
from sidecar.testing import FixedClock, Served, serving
from sidecar.transport.http import THREADS
from tests.integration.caller import calling, ends_with, question

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICES = ("", "authz", "authz.fresh")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One sidecar for the tests that do not change it."""
    with serving(clock=FixedClock()) as running:
        yield running


def health_of(channel: grpc.Channel, service: str) -> Any:
    """What Check says of *service*."""
    request = health_pb2.HealthCheckRequest(service=service)
    return health_pb2_grpc.HealthStub(channel).Check(request, timeout=5).status


def get(address: str, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one HTTP request."""
    host, port = address.rsplit(":", 1)
    connection = HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


@contextmanager
def watching(channel: grpc.Channel, service: str) -> Iterator[Any]:
    """A Watch of *service*."""
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=service), timeout=10)
    yield watch
    watch.cancel()


def test_all_is_well(served: Served) -> None:
    """Once started every service is SERVING, on every listener; an unknown one is NOT_FOUND."""
    for address in (served.address, served.unix):
        with served.channel(address) as channel:
            assert [SERVING] * 3 == [health_of(channel, service) for service in SERVICES]

            ends_with(grpc.StatusCode.NOT_FOUND, lambda: health_of(channel, "no.such"))


def test_watchers_hold_no_thread(served: Served) -> None:
    """More of them than there are threads, and questions are still answered."""
    with served.channel() as channel, calling(served) as caller:
        watches = [
            health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="authz"), timeout=10)
            for _ in range(served.sidecar.config.server.threads + 5)
        ]
        assert [SERVING] * len(watches) == [next(watch).status for watch in watches]

        assert "CONSENT_UNKNOWN" == caller.reason(question())

        for watch in watches:
            watch.cancel()


def test_tools_can_ask_what_is_offered(served: Served) -> None:
    """Reflection lists our services, health, and itself, and knows their messages."""
    with served.channel() as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        services = set(database.get_services())
        file = database.FindFileContainingSymbol("sidecar.api.v1.CheckRequest")

    assert services == {
        "sidecar.api.v1.AuthorizationService",
        "sidecar.api.v1.ChoiceService",
        "sidecar.api.v1.ConsentService",
        "sidecar.api.v1.FeedService",
        "sidecar.api.v1.LogService",
        "sidecar.api.v1.HoldService",
        "sidecar.api.v1.StatusService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    assert "sidecar/api/v1/authorization.proto" == file.name


def test_probes_and_metrics_are_served(served: Served) -> None:
    """Live, ready, and what was counted."""
    with calling(served) as caller:
        caller.check(question())
    metrics = get(served.http, "/metrics")[2].decode()

    assert (200, {"live": True}) == (get(served.http, "/livez")[0], json.loads(get(served.http, "/livez")[2]))
    assert (200, {"ready": True}) == (get(served.http, "/readyz")[0], json.loads(get(served.http, "/readyz?v=1")[2]))
    assert 'sidecar_decisions_total{effect="deny",reason="CONSENT_UNKNOWN"}' in metrics
    assert "sidecar_ready 1.0" in metrics


def test_head_is_get_without_a_body(served: Served) -> None:
    """The same status and size."""
    status, headers, body = get(served.http, "/livez", "HEAD")

    assert (200, str(len(get(served.http, "/livez")[2])), b"") == (status, headers["Content-Length"], body)


@pytest.mark.parametrize("path", ["/", "/metrics/", "/livez/../metrics", "/debug", "/readyz%00"])
def test_there_is_nothing_else(served: Served, path: str) -> None:
    """404, without repeating the path."""
    status, _, body = get(served.http, path)

    assert 404 == status
    assert b"debug" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent(served: Served, method: str) -> None:
    """405, saying what is allowed."""
    status, headers, _ = get(served.http, "/metrics", method)

    assert (405, "GET, HEAD") == (status, headers["Allow"])


def test_connections_are_bounded(served: Served) -> None:
    """With one more than there are threads the oldest is hung up on: those who say nothing do not stop a probe."""
    host, port = served.http.rsplit(":", 1)
    silent = [socket.create_connection((host, int(port)), timeout=5) for _ in range(THREADS)]
    statuses = [get(served.http, "/livez")[0] for _ in range(3)]
    hung_up = silent[0].recv(1)
    for connection in silent:
        connection.close()

    assert [200, 200, 200] == statuses
    assert b"" == hung_up


class Gate:
    """Holds the loading of the view until it is opened."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.reached = Event()
        self.opened = Event()
        self._load = sidecar.world.cache.load
        sidecar.world.cache.load = self  # type: ignore[method-assign]

    def __call__(self, *, now: int, ticks: int = 0) -> None:
        """Wait, then load."""
        self.reached.set()
        self.opened.wait(10)
        self._load(now=now, ticks=ticks)


def test_nothing_is_answered_before_the_view_is_complete(tmp_path: Path) -> None:
    """Listening and NOT_SERVING: a half-loaded view would know of no noes. Watchers hear when it is ready."""
    config = load(
        flags={
            "bundle.path": demo_bundle(),
            "data.dir": tmp_path / "data",
            "server.listen": f"unix:{tmp_path / 's.sock'}",
            "http.address": "127.0.0.1:0",
        }
    )
    sidecar = build(config, clock=FixedClock())
    gate = Gate(sidecar)
    starting = Thread(target=sidecar.start)
    starting.start()
    assert gate.reached.wait(10)
    with grpc.insecure_channel(f"unix:{tmp_path / 's.sock'}") as channel, watching(channel, "authz") as watch:
        before = [health_of(channel, service) for service in SERVICES]
        seen = [next(watch).status]
        served = Served(
            sidecar=sidecar,
            address=sidecar.addresses[0],
            unix=sidecar.addresses[0],
            http=sidecar.http_address,
            token=config.token_file.read_text(encoding="ascii").strip(),
            token_file=config.token_file,
        )
        with calling(served) as caller:
            refused = ends_with(grpc.StatusCode.UNAVAILABLE, lambda: caller.check(question()))
        ready, live = get(served.http, "/readyz"), get(served.http, "/livez")
        gate.opened.set()
        seen.append(next(watch).status)
        starting.join(10)
        after = [health_of(channel, service) for service in SERVICES]
    sidecar.stop(1)

    assert [SERVING, NOT_SERVING, NOT_SERVING] == before
    assert [SERVING] * 3 == after
    assert [NOT_SERVING, SERVING] == seen
    assert "starting" in refused
    assert (503, 200) == (ready[0], live[0])
    assert "starting" in json.loads(ready[2])["because"]


def test_stale_sources_are_told_apart_from_not_answering() -> None:
    """`authz.fresh` follows the age of both sources, `authz` does not: some purposes are served all the same."""
    clock = FixedClock()
    settings = {"freshness.max_policy_age_seconds": 60}
    with serving(clock=clock, settings=settings) as served, served.channel() as channel:
        pulse = served.sidecar._pulse
        with watching(channel, "authz.fresh") as watch:
            seen = [next(watch).status]
            clock.advance(61)
            pulse.look()
            seen.append(next(watch).status)
            authz = health_of(channel, "authz")
            with calling(served) as caller:
                reason = caller.reason(question())
            clock.now -= 61 * SECOND
            pulse.look()
            seen.append(next(watch).status)

    assert [SERVING, NOT_SERVING, SERVING] == seen
    assert SERVING == authz
    assert "STALE_POLICY" == reason


def test_a_stop_says_so_first_and_ends_watchers() -> None:
    """NOT_SERVING, then the end of the stream: no Watch holds up the stop."""
    with serving(clock=FixedClock()) as served, served.channel() as channel:
        watches = [
            health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=service), timeout=10)
            for service in SERVICES
        ]
        before = [next(watch).status for watch in watches]
        began = time.monotonic()
        stopping = Thread(target=served.sidecar.stop, args=(30,))
        stopping.start()
        after = [[response.status for response in watch] for watch in watches]
        stopping.join(30)
        took = time.monotonic() - began

    assert [SERVING] * 3 == before
    assert [[NOT_SERVING]] * 3 == after
    assert took < 10
