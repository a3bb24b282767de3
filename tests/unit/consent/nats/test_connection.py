"""Reaching a server: every way not to is told, with what to do, and within a time limit."""

import asyncio
import contextlib
import datetime as dt
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError

from sidecar.config import Nats
from sidecar.consent.nats import connection as connecting
from sidecar.consent.nats.connection import Connection
from sidecar.consent.nats.dialling import meaning
from sidecar.consent.nats.log import NatsLog
from sidecar.errors import ConfigError, ConsentLogError
from tests.nats_log import PSEUDONYMS, SECONDS, init, opened, wait_for
from tests.nats_server import NatsServer, free_port, nats_server, shared_server

_USERS = """
accounts {
  WITH { jetstream: enabled, users: [{ user: "with", password: "%s" }] }
  WITHOUT { users: [{ user: "without", password: "%s" }] }
}
"""

pytestmark = pytest.mark.nats


@pytest.fixture(scope="module")
def password(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a password."""
    file = tmp_path_factory.mktemp("secret") / "password"
    file.write_text("hush-hush\n")
    return file


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A server with two accounts, one of which may not use JetStream."""
    with nats_server(tmp_path_factory.mktemp("guarded"), _USERS % ("hush-hush", "hush-hush")) as server:
        yield server


def refused(settings: Nats) -> str:
    """What is said when the log cannot be opened."""
    with pytest.raises(ConsentLogError) as caught:
        NatsLog.open(settings, PSEUDONYMS)
    return str(caught.value)


def test_no_server_is_told_with_where_it_was_looked_for() -> None:
    """At once: nobody listens."""
    url = f"nats://127.0.0.1:{free_port()}"
    said = refused(Nats(servers=url))

    assert said.endswith(f"no server can be reached (`{url}`: nothing listens there); see `nats.servers`")


def test_of_several_servers_each_is_told_with_its_trouble() -> None:
    """The last one alone may be the least of it."""
    urls = [f"nats://127.0.0.1:{free_port()}", f"nats://127.0.0.1:{free_port()}"]
    said = refused(Nats(servers=" ".join(urls)))

    assert f"(`{urls[0]}`: nothing listens there; `{urls[1]}`: nothing listens there)" in said


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 99] Cannot"), "nothing listens there"),
        (OSError("Multiple exceptions: [Errno 113] Connect call failed, [Errno 113] Connect"), "no route to host"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (OSError("something else"), "something else"),
    ],
)
def test_errors_of_the_system_are_told_in_words(error: OSError, told: str) -> None:
    """A name may have several addresses."""
    assert told == meaning(error)


def test_of_several_servers_one_is_enough() -> None:
    """The others are tried in turn."""
    settings = shared_server().settings(servers=f"nats://127.0.0.1:{free_port()} {shared_server().url}")
    init(settings)
    with opened(settings) as log:
        log.ping()


def mute_until_the_time_limit(settings: Nats) -> float:
    """How many seconds it takes to be told that a log cannot be made on somebody who says nothing."""
    began = time.monotonic()
    with pytest.raises(ConsentLogError, match="does not answer as a NATS server"):
        NatsLog.draft(settings, PSEUDONYMS)
    return time.monotonic() - began


def test_somebody_who_is_no_server_is_told() -> None:
    """He takes the connection and says nothing; who makes a log waits for a server no longer than others do."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings = Nats(servers=f"nats://127.0.0.1:{mute.getsockname()[1]}", timeout_seconds=0.2)
        said = refused(settings)
        seconds = mute_until_the_time_limit(settings)

    assert "does not answer as a NATS server" in said
    assert seconds < 10  # appending has 30


def test_somebody_who_greets_as_something_else_is_told() -> None:
    """At once: a web server, say, or whoever hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            server.accept()[0].close()

        thread = Thread(target=greet)
        thread.start()
        said = refused(Nats(servers=f"nats://127.0.0.1:{server.getsockname()[1]}"))
        thread.join()

    assert "does not answer as a NATS server" in said


def test_a_wrong_password_is_told_and_not_shown(guarded: NatsServer, tmp_path: Path) -> None:
    """So is a missing one."""
    wrong = tmp_path / "wrong"
    wrong.write_text("secret-guess")
    said = [refused(guarded.settings(user="with", password_file=wrong)), refused(guarded.settings())]

    assert [
        f"user `with` with this password is refused by `{guarded.url}`; see `nats.user` and `nats.password_file`",
        f"a client without user and password is refused by `{guarded.url}`; see `nats.user` and `nats.password_file`",
    ] == [each.partition(": ")[2] for each in said]
    assert "secret-guess" not in said[0]


def test_the_right_password_opens(guarded: NatsServer, password: Path) -> None:
    """Without the line break at the end of its file."""
    settings = guarded.settings(user="with", password_file=password)
    log_id = init(settings)
    with opened(settings) as log:
        assert log_id == log.log_id


def test_a_server_or_account_without_jetstream_is_told(guarded: NatsServer, password: Path, tmp_path: Path) -> None:
    """With what is to be enabled."""
    said = [refused(guarded.settings(user="without", password_file=password))]
    with nats_server(tmp_path, jetstream=False) as server:
        said.append(refused(server.settings()))

    assert [True, True] == ["JetStream is not enabled" in each for each in said]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    """As a mistake of the configuration."""
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"nats\.password_file.*password"):
        NatsLog.open(Nats(user="a", password_file=file), PSEUDONYMS)


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is not installed with the rest."""
    monkeypatch.setitem(sys.modules, "nats.aio.client", None)
    with pytest.raises(ConfigError, match=r"extra `nats`.*pip install"):
        NatsLog.open(Nats(), PSEUDONYMS)


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """As a mistake of the configuration."""
    (tmp_path / "ca.pem").write_text("no certificate")
    for settings in (Nats(tls_ca=tmp_path / "ca.pem"), Nats(tls_ca=tmp_path / "none.pem")):
        with pytest.raises(ConfigError, match=r"nats\.tls_ca"):
            NatsLog.open(settings, PSEUDONYMS)
    with pytest.raises(ConfigError, match=r"nats\.tls_cert"):
        NatsLog.open(Nats(tls_cert=tmp_path / "ca.pem", tls_key=tmp_path / "none.pem"), PSEUDONYMS)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nats")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_a_server_is_known_by_its_certificate(tmp_path: Path) -> None:
    """And knows its clients by theirs; a server that nobody vouches for is refused, so is a client without one."""
    cert, key = certificate(tmp_path)
    tls = f'tls {{ cert_file: "{cert}", key_file: "{key}", ca_file: "{cert}", verify: true }}'
    with nats_server(tmp_path / "nats", tls) as server:
        url = server.url.replace("nats:", "tls:")
        settings = server.settings(servers=url, tls_ca=cert, tls_cert=cert, tls_key=key)
        init(settings)
        with opened(settings) as log:
            log.ping()
        unknown = refused(server.settings(servers=url, tls_cert=cert, tls_key=key))
        nameless = refused(server.settings(servers=url, tls_ca=cert))

    assert "certificate verify failed" in unknown
    assert "no server can be reached" in nameless


def test_what_is_asked_of_a_closed_connection_fails() -> None:
    """Also what is still asked when it is closed, and what is done on its thread."""
    connection = Connection.open(shared_server().settings(), "log")
    asked = connection.ask("nobody.answers.this.subject")
    pending = [connection.ask("$JS.API.INFO") for _ in range(3)]
    connection.close()
    connection.close()

    for answer in (asked, *pending):
        if answer.exception(5) is not None:
            assert "closed" in str(answer.exception(5))
    for call in (
        connection.expect_open,
        lambda: connection.wait(connection.ask("$JS.API.INFO")),
        lambda: connection.subscribe("inbox", nothing),
    ):
        with pytest.raises(ConsentLogError, match="closed"):
            call()
    connection.say("subject")


async def nothing(_: object) -> None:
    """Take a message."""


def test_who_watches_is_told_of_each_connection(tmp_path: Path) -> None:
    """Until he no longer wants to know."""
    with (
        nats_server(tmp_path) as server,
        closing(Connection.open(server.settings(timeout_seconds=1.0), "log")) as connection,
    ):
        told: list[int] = []
        end = connection.watch(lambda: told.append(connection.number))
        before = connection.number
        server.kill()
        with pytest.raises(ConsentLogError, match=r"connection broke|no server|no answer"):
            connection.wait(connection.ask("$JS.API.INFO"))
        with pytest.raises(ConsentLogError, match="no server"):
            connection.subscribe("inbox", nothing)
        connection.say("subject")
        server.start()
        connection.wait(connection.ask("$JS.API.INFO"))
        end()

    assert 1 == len(told)
    assert told[0] not in (0, before)


def test_a_client_that_closed_and_was_not_looked_at_yet_is_a_connection_that_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not an error of the library, which nobody expects."""
    monkeypatch.setattr(connecting, "_LOOK_SECONDS", SECONDS)
    with closing(Connection.open(shared_server().settings(), "log")) as connection:
        client = connection._client
        assert client is not None
        monkeypatch.setattr(client, "subscribe", broken)
        with pytest.raises(ConsentLogError, match="log: the connection broke"):
            connection.subscribe("inbox", nothing)
        monkeypatch.undo()


async def broken(*_: object, **__: object) -> None:
    """Fail as the client does then."""
    raise ConnectionClosedError


def test_work_on_the_thread_of_the_connection_is_bounded() -> None:
    """Whatever it waits for."""
    with (
        closing(Connection.open(shared_server().settings(), "log")) as connection,
        pytest.raises(ConsentLogError, match=r"no answer within 0\.05 s"),
    ):
        connection.run(asyncio.sleep(SECONDS), seconds=0.05)


def test_whoever_waits_waits_no_longer_than_he_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even for an answer that never comes, though each does."""
    monkeypatch.setattr(connecting, "_GRACE_SECONDS", 0.0)
    with closing(Connection.open(shared_server().settings(), "log")) as connection:
        hurry(connection)
        with pytest.raises(ConsentLogError, match="no answer"):
            connection.wait(Future())
        with pytest.raises(ConsentLogError, match="no answer"):
            connection.wait_until(Event())


def hurry(connection: Connection) -> None:
    """Have it wait a tenth of a second only; not yet while it is opened, on a busy machine."""
    connection._settings = replace(connection._settings, timeout_seconds=0.1)
    connection._asking._seconds = 0.1


def test_what_was_answered_is_not_kept_until_its_time_limit() -> None:
    """A thousand answers a second would be kept for as long as one may take."""
    with closing(Connection.open(shared_server().settings(), "log")) as connection:
        for _ in range(300):
            connection.wait(connection.ask("$JS.API.INFO"))
        kept = connection.run(limits_of(connection), seconds=SECONDS)

    assert kept < 200  # a loop lets go of limits that are over once they are many


async def limits_of(connection: Connection) -> int:
    """How many time limits the thread of the connection keeps."""
    return len(connection._loop._scheduled)  # type: ignore[attr-defined]


def test_an_answer_that_comes_too_late_is_for_nobody() -> None:
    """Who asked was told that there was none."""
    late = Event()

    async def answer(message: Msg) -> None:
        await asyncio.sleep(0.2)
        await message.respond(b"late")
        late.set()

    with closing(Connection.open(shared_server().settings(), "log")) as connection:
        hurry(connection)
        subject = connection.inbox()
        end = connection.subscribe(subject, answer)
        with pytest.raises(ConsentLogError, match=r"no answer within 0\.1 s; whether it was carried out is not known"):
            connection.wait(connection.ask(subject))
        assert late.wait(SECONDS)
        end()


def test_closing_does_not_wait_for_a_server_that_is_silent(tmp_path: Path) -> None:
    """Neither for one that is connected to just now, nor for what was given up while none was there."""
    with nats_server(tmp_path) as server:
        connection = Connection.open(server.settings(timeout_seconds=0.5), "log")
        server.kill()
        with socket.create_server(("127.0.0.1", server.port)) as silent, contextlib.ExitStack() as opened:
            wait_for(lambda: connection.number == 0)
            with pytest.raises(ConsentLogError, match="no server can be reached"):
                connection.wait(connection.ask("subject"))
            silent.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while True:
                    opened.enter_context(silent.accept()[0])
            silent.settimeout(SECONDS)
            opened.enter_context(silent.accept()[0])  # it is connecting just now
            connection.close()

    assert not connection._thread.is_alive()


def test_a_message_that_is_too_large_is_told(tmp_path: Path) -> None:
    """With what the server takes."""
    with (
        nats_server(tmp_path, "max_payload: 1000") as server,
        closing(Connection.open(server.settings(), "log")) as connection,
        pytest.raises(ConsentLogError, match="2000 bytes, the server takes 1000"),
    ):
        connection.wait(connection.ask("subject", b"x" * 2_000))
