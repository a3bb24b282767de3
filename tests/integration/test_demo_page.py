"""The web server of the demo's page: who is let in, and what a page of it may do."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from sidecar.cli.demo.page.person import PersonView, is_invented
from sidecar.cli.demo.page.server import MAX_BODY_BYTES, TOKEN_HEADER, serving_page
from sidecar.cli.failure import CommandError, Failure


class _View:
    """What the page would show, told back."""

    def shown(self, subject: str, language: str) -> dict[str, object]:
        if subject == "person-00013":
            raise CommandError(Failure(code="failed", message="no luck"))
        return {"subject": subject, "language": language}

    def save(self, subject: str, language: str, **ticks: object) -> dict[str, object]:
        return {"subject": subject, "language": language, **ticks}

    def erase(self, subject: str, language: str) -> dict[str, object]:
        return {"erased": subject, "language": language}


@dataclass
class Page:
    """A connection to the page's server."""

    connection: HTTPConnection
    host: str
    token: str = ""

    def get(self, path: str, host: str | None = None) -> HTTPResponse:
        """A file."""
        self.connection.request("GET", path, headers={"Host": host or self.host})
        return self.connection.getresponse()

    def call(self, path: str, body: object, **headers: str) -> tuple[int, Any]:
        """Status and answer of a call."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"Host": self.host, "Content-Type": "application/json", TOKEN_HEADER: self.token}
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("POST", path, sent, {**usual, **wanted})
        answer = self.connection.getresponse()
        return answer.status, json.load(answer)


@pytest.fixture
def page() -> Iterator[Page]:
    """The page as a browser has it once it is loaded."""
    with serving_page(cast("PersonView", _View())) as address:
        host = urlsplit(address).netloc
        connection = HTTPConnection(host, timeout=10)
        try:
            loaded = Page(connection, host)
            text = loaded.get("/").read().decode()
            loaded.token = text.partition('name="page-token" content="')[2].partition('"')[0]
            yield loaded
        finally:
            connection.close()


PERSON = {"subject": "person-00001", "language": "de"}


def test_the_page_calls_for_one_person(page: Page) -> None:
    """What it shows, what is ticked, and erasure."""
    ticked = {**PERSON, "revision": "r", "key": "k", "ticked": True}

    assert (200, PERSON) == page.call("/api/person", PERSON)
    assert (200, ticked) == page.call("/api/save", ticked)
    assert (200, {"erased": "person-00001", "language": "de"}) == page.call("/api/erase", PERSON)
    assert (409, {"error": "no luck"}) == page.call("/api/person", {**PERSON, "subject": "person-00013"})


@pytest.mark.parametrize("path", ["/", "/page.js", "/page.css"])
def test_nothing_is_loaded_from_elsewhere(page: Page, path: str) -> None:
    """The policy lets the page use its own three files, and nobody put it into a frame."""
    answer = page.get(path)
    text = answer.read().decode()
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))

    assert "'none'" == policy["default-src"] == policy["frame-ancestors"] == policy["form-action"]
    assert {"'self'"} == {policy[name] for name in ("script-src", "style-src", "connect-src")}
    assert ("nosniff", "no-store") == (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"])
    assert "//" not in text.replace("http://www.w3.org", "")
    assert "sidecar" == answer.headers["Server"]


@pytest.mark.parametrize("host", ["example.org", "example.org:80", "127.0.0.1", "127.0.0.1:1", "[::1]"])
def test_another_name_is_refused(page: Page, host: str) -> None:
    """A page of another site that lets its name lead here would else be this page's own site."""
    refused = page.get("/", host)

    assert (421, b"token" in refused.read()) == (refused.status, False)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        pytest.param("/api/person", PERSON, {TOKEN_HEADER: ""}, 403, id="no token"),
        pytest.param("/api/person", PERSON, {TOKEN_HEADER: "wrong"}, 403, id="a wrong token"),
        pytest.param("/api/people", PERSON, {}, 404, id="no such call"),
        pytest.param("/api/person", PERSON, {"Content_Type": "text/plain"}, 415, id="what a form can send"),
        pytest.param("/api/person", b"{", {}, 400, id="not JSON"),
        pytest.param("/api/person", b"[" * 10_000, {}, 400, id="deep JSON"),
        pytest.param("/api/person", [], {}, 400, id="no object"),
        pytest.param("/api/person", b"x" * (MAX_BODY_BYTES + 1), {}, 413, id="too much"),
        pytest.param("/api/person", PERSON, {"Content_Length": "-1"}, 413, id="no length"),
        pytest.param("/api/person", {**PERSON, "subject": "ada"}, {}, 403, id="somebody real"),
        pytest.param("/api/person", {**PERSON, "subject": "person-10001"}, {}, 403, id="one too many"),
        pytest.param("/api/person", {**PERSON, "subject": None}, {}, 403, id="nobody"),
        pytest.param("/api/person", {**PERSON, "language": "fr"}, {}, 400, id="another language"),
        pytest.param("/api/save", PERSON, {}, 400, id="no box"),
    ],
)
def test_a_call_that_is_refused(page: Page, path: str, body: object, headers: Mapping[str, str], status: int) -> None:
    """With a reason."""
    found, answer = page.call(path, body, **headers)

    assert status == found
    assert answer["error"]


def test_there_is_nothing_else(page: Page) -> None:
    """No other file can be reached."""
    answer = page.get("/../person.py")

    assert (404, {"error": "there is no such page"}) == (answer.status, json.load(answer))


def test_the_invented_people() -> None:
    """Ten thousand, by their numbers."""
    other_digits = "person-\N{ARABIC-INDIC DIGIT ZERO}0001"
    asked = ("person-00001", "person-10000", "person-00000", "person-10001", "person-1", other_digits)

    assert [True, True, False, False, False, False] == [is_invented(subject) for subject in asked]
