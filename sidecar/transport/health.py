"""Health over gRPC: ``""`` the process, ``authz`` it answers, ``authz.fresh`` from sources within their bounds."""

from collections.abc import Callable
from threading import Thread
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import HealthServicer

PROCESS: Final = ""
AUTHZ: Final = "authz"
AUTHZ_FRESH: Final = "authz.fresh"

_Send = Callable[[health_pb2.HealthCheckResponse | None], None]


class Health(HealthServicer):  # type: ignore[misc] # the library has no types
    """Health of this process; a Watch holds no thread. Safe for any number of threads."""

    def __init__(self) -> None:
        super().__init__()
        self._watches: set[_Send] = set()
        self._told: dict[str, bool] = {}
        self.tell(serving=False, fresh=False)

    def tell(self, *, serving: bool, fresh: bool) -> None:
        """Say whether questions are answered, and whether from fresh sources; only changes are sent to watchers."""
        for service, healthy in ((PROCESS, True), (AUTHZ, serving), (AUTHZ_FRESH, serving and fresh)):
            if self._told.get(service) is not healthy:
                self._told[service] = healthy
                response = health_pb2.HealthCheckResponse
                self.set(service, response.SERVING if healthy else response.NOT_SERVING)

    def List(  # noqa: N802
        self,
        request: health_pb2.HealthListRequest,
        context: grpc.ServicerContext,
    ) -> health_pb2.HealthListResponse:
        """Tell the health of every service at once."""
        del request
        names = (PROCESS, AUTHZ, AUTHZ_FRESH)
        return health_pb2.HealthListResponse(
            statuses={name: self.Check(health_pb2.HealthCheckRequest(service=name), context) for name in names}
        )

    def Watch(  # noqa: N802
        self,
        request: health_pb2.HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: _Send | None = None,
    ) -> Any:  # noqa: ANN401 - the library's own type
        """Tell the health of a service whenever it changes."""
        if send_response_callback is not None:
            send = send_response_callback
            self._watches.add(send)
            context.add_callback(lambda: self._watches.discard(send))
        return super().Watch(request, _Ending(context), send_response_callback)

    def drain(self) -> None:
        """Say NOT_SERVING, for good."""
        self.enter_graceful_shutdown()

    def end(self) -> None:
        """End every Watch, or the server would wait for it."""
        for send in tuple(self._watches):
            send(None)


class _Ending:
    """A call, as the library sees it: what it does when the call ends is done on a thread of its own.

    It takes a lock then, which it also holds while it waits for grpc to confirm what was sent to watchers. grpc
    confirms that on the very thread that ends calls: a watcher who left at a wrong moment would stop the server.
    """

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Have *callback* called once the call ends; whether it is still under way."""
        under_way: bool = self._context.add_callback(
            lambda: Thread(target=callback, name="health-ending", daemon=True).start()
        )
        return under_way
