"""Health over gRPC: what watchers do must not stop the server."""

from collections.abc import Callable
from threading import Thread
from typing import Any, cast

from grpc_health.v1 import health_pb2

from sidecar.transport.health import AUTHZ, Health


class FakeCall:
    """A call that ends when it is told to, on the thread that tells it."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Have *callback* called at the end."""
        self._callbacks.append(callback)
        return True

    def end(self) -> None:
        """End it, as grpc does."""
        for callback in self._callbacks:
            callback()


def test_a_watcher_who_leaves_while_it_is_told_does_not_stop_the_server() -> None:
    """Grpc confirms what was sent on the thread that ends calls: that thread must not wait for whoever is sending."""
    health, call = Health(), FakeCall()
    grpcs = Thread(target=call.end, daemon=True)
    waited: list[bool] = []

    def send(response: health_pb2.HealthCheckResponse | None) -> None:
        if response is not None and response.status == health_pb2.HealthCheckResponse.SERVING:
            grpcs.start()
            grpcs.join(5)
            waited.append(grpcs.is_alive())

    health.Watch(health_pb2.HealthCheckRequest(service=AUTHZ), cast("Any", call), send)
    health.tell(serving=True, fresh=True)

    assert [False] == waited
