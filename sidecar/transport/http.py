"""The HTTP listener for probes and metrics: GET and HEAD of three paths, bounded in threads and time."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer
from threading import Semaphore, Thread
from time import monotonic
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from sidecar.config import join_host_port, split_host_port
from sidecar.errors import ConfigError
from sidecar.telemetry.errors import ErrorReports
from sidecar.transport.lifecycle import Lifecycle

THREADS: Final = 8
READ_SECONDS: Final = 2.0
"""How long a connection may stay silent."""
LIVE_SECONDS: Final = 10.0
"""How long a connection may live."""

_GIVE_WAY_SECONDS: Final = 0.5

_JSON: Final = "application/json"


class Pages:
    """What is served: path to status, type and body."""

    def __init__(self, registry: CollectorRegistry, lifecycle: Lifecycle) -> None:
        self._registry = registry
        self._lifecycle = lifecycle

    def get(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """The page at *path*."""
        match path:
            case "/metrics":
                return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry)
            case "/livez":
                return HTTPStatus.OK, _JSON, _json(live=True)
            case "/readyz":
                because = self._lifecycle.not_ready_because
                if because:
                    return HTTPStatus.SERVICE_UNAVAILABLE, _JSON, _json(ready=False, because=because)
                return HTTPStatus.OK, _JSON, _json(ready=True)
            case _:
                return HTTPStatus.NOT_FOUND, _JSON, _json(error="there are /metrics, /livez and /readyz")


class HttpListener:
    """Serves *pages* on *address* from its construction to ``stop``."""

    def __init__(self, address: str, pages: Pages, errors: ErrorReports) -> None:
        try:
            self._server = _Server(split_host_port(address), pages, errors)
        except OSError as error:
            raise ConfigError(
                f"`http.address`: cannot listen on `{address}`: {error.strerror}; "
                "stop what listens there, or choose another address with --http (`off` for none)"
            ) from error
        host, port = self._server.server_address[:2]
        self.address = join_host_port(str(host), int(port))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="http")
        self._thread.start()

    def stop(self) -> None:
        """Close the listener and what is open."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(HTTPServer):
    def __init__(self, address: tuple[str, int], pages: Pages, errors: ErrorReports) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.pages = pages
        self._errors = errors
        self._free = Semaphore(THREADS)
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="http")
        self._began: dict[socket.socket, float] = {}
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind, without asking who we are: the library looks the host's name up, which may take seconds."""
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's types
        """Answer on a thread; if none is free, on that of the oldest connection, which is hung up on.

        So those who connect and say nothing do not keep a probe from its answer.
        """
        if not self._free.acquire(blocking=False):
            for oldest in tuple(self._began)[:1]:
                _hang_up(oldest)
            if not self._free.acquire(timeout=_GIVE_WAY_SECONDS):
                self.shutdown_request(request)
                return
        self._began[request] = monotonic()
        self._executor.submit(self._answer, request, client_address)

    def service_actions(self) -> None:
        """Hang up on those who dawdle; called several times a second."""
        oldest = monotonic() - LIVE_SECONDS
        for request, began in tuple(self._began.items()):
            if began < oldest:
                _hang_up(request)

    def server_close(self) -> None:
        """Close everything."""
        super().server_close()
        for request in tuple(self._began):
            _hang_up(request)
        self._executor.shutdown()

    def _answer(self, request: socket.socket, client_address: Any) -> None:  # noqa: ANN401
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the other side went away
        except Exception as error:  # noqa: BLE001 - a page that fails must not end the thread unseen
            self._errors.report("http", error)
        finally:
            self._began.pop(request, None)
            self.shutdown_request(request)
            self._free.release()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = READ_SECONDS

    def version_string(self) -> str:
        return "sidecar"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's signature
        """Probes come every second: nothing is logged."""

    def do_GET(self) -> None:
        self._send(*self.server.pages.get(self._path()))

    def do_HEAD(self) -> None:
        self._send(*self.server.pages.get(self._path()))

    def _path(self) -> str:
        return self.path.partition("?")[0]

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self) -> None:
        self.send_response(HTTPStatus.METHOD_NOT_ALLOWED)
        self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = _refuse  # noqa: N815


def _json(**content: object) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _hang_up(request: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        request.shutdown(socket.SHUT_RDWR)
