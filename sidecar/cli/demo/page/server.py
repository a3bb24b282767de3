"""The page's own web server: loopback only, one page, and calls that only this page can make."""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Thread
from typing import Any, Final

from sidecar.cli.demo.page.person import LANGUAGES, PersonView, is_invented
from sidecar.cli.failure import CommandError

HOST: Final = "127.0.0.1"
TOKEN_HEADER: Final = "X-Page-Token"  # noqa: S105 - the name, not the token
MAX_BODY_BYTES: Final = 16_384

_LOOK_SECONDS: Final = 0.05  # how often it looks whether it is to end

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}
_LENGTH: Final = re.compile(r"[0-9]{1,6}")


class _RefusedError(Exception):
    """A request that is not answered; *status* says why to whoever sent it."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


@contextmanager
def serving_page(view: PersonView) -> Iterator[str]:
    """The address of the page, which is served until the block ends."""
    server = _PageServer(view)
    thread = Thread(target=server.serve_forever, args=(_LOOK_SECONDS,), name="page", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _PageServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, view: PersonView) -> None:
        super().__init__((HOST, 0), _Handler)
        self.token = secrets.token_urlsafe(32)
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}
        self.calls: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
            "/api/person": lambda sent: view.shown(_subject(sent), _language(sent)),
            "/api/save": lambda sent: view.save(
                _subject(sent),
                _language(sent),
                revision=_text(sent, "revision"),
                key=_text(sent, "key"),
                ticked=sent.get("ticked") is True,
            ),
            "/api/erase": lambda sent: view.erase(_subject(sent), _language(sent)),
        }


class _Handler(BaseHTTPRequestHandler):
    server: _PageServer
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds that a connection may be idle

    def do_GET(self) -> None:
        """Answer with a file of the page."""
        self._answer(self._file)

    def do_POST(self) -> None:
        """Answer a call of the page."""
        self._answer(self._call)

    def version_string(self) -> str:
        """Nothing that helps whoever should not be here."""
        return "sidecar"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the demo owns the terminal."""

    def _answer(self, answer: Callable[[], tuple[bytes, str]]) -> None:
        try:
            self._require_host()
            body, kind = answer()
            self._send(HTTPStatus.OK, body, kind)
        except _RefusedError as error:
            self.close_connection = True  # what is left of the request is not read
            self._send_json(error.status, {"error": str(error)})
        except CommandError as error:
            self._send_json(HTTPStatus.CONFLICT, {"error": error.failure.message})

    def _require_host(self) -> None:
        """Another name for this address is how a page of another site would get here."""
        if self.headers.get("Host") not in self.server.hosts:
            raise _RefusedError(HTTPStatus.MISDIRECTED_REQUEST, "this server has another name")

    def _file(self) -> tuple[bytes, str]:
        if self.path not in _FILES:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such page")
        name, kind = _FILES[self.path]
        text = files(__package__).joinpath(name).read_text(encoding="utf-8")
        return text.replace("{{token}}", self.server.token).encode(), kind

    def _call(self) -> tuple[bytes, str]:
        call = self.server.calls.get(self.path)
        if call is None:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such call")
        token = self.headers.get(TOKEN_HEADER, "")
        if not secrets.compare_digest(token.encode("latin-1", "replace"), self.server.token.encode()):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "only the page itself may call: load it again")
        return _to_json(call(self._sent())), "application/json"

    def _sent(self) -> Mapping[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length) or int(length) > MAX_BODY_BYTES:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a call has at most {MAX_BODY_BYTES} bytes")
        if self.headers.get_content_type() != "application/json":
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a call is JSON")
        try:
            sent = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "a call is JSON") from error
        if not isinstance(sent, dict):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "a call is an object")
        return sent

    def _send_json(self, status: HTTPStatus, value: object) -> None:
        self._send(status, _to_json(value), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _subject(sent: Mapping[str, Any]) -> str:
    subject = sent.get("subject")
    if not is_invented(subject):
        raise _RefusedError(HTTPStatus.FORBIDDEN, "the page is about person-00001 to person-10000 only")
    return str(subject)


def _language(sent: Mapping[str, Any]) -> str:
    language = _text(sent, "language")
    if language not in LANGUAGES:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"the page is in {' or '.join(LANGUAGES)}")
    return language


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str):
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"`{name}` must be a text")
    return value
