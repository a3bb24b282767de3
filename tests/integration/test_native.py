"""Listeners on the native transport: sockets, what is behind, parked calls, stopping; and which listeners are."""

import logging
import os
import resource
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any, Final

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.api.v1 import consent_pb2, status_pb2
from sidecar.app import build
from sidecar.config import Listener, load
from sidecar.errors import ConfigError
from sidecar.testing import FixedClock, Served, serving
from sidecar.transport.native import fitness, front
from sidecar.transport.native.front import Front, open_front
from tests.conformance.transports.over import CHECK
from tests.integration.caller import calling, choice, ends_with, eventually, question
from tests.integration.consumers import Consumers, consumers, none_open_once_cut, reading_slowly
from tests.integration.test_server_lifecycle import flags, free
from tests.wire.connection import Connection


@pytest.fixture
def fronts() -> Iterator[Callable[[Listener], Front]]:
    """Opens fronts, and closes them in the end."""
    opened: list[Front] = []

    def opening(listener: Listener) -> Front:
        opened.append(open_front(listener))
        return opened[-1]

    yield opening
    for each in opened:
        each.close()


def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra were not installed."""
    monkeypatch.setattr(fitness, "import_module", _absent)


def _absent(name: str) -> None:
    raise ImportError(name)


def transports(served: Served) -> list[str]:
    """The transport of each listener, as the status tells it."""
    with calling(served) as caller:
        answer = caller.status.GetStatus(status_pb2.GetStatusRequest(), metadata=caller.operator)
    return [listener.transport for listener in answer.listeners]


class Lines(logging.Handler):
    """The details of the lines that say who listens."""

    def __init__(self) -> None:
        super().__init__()
        self.details: list[Mapping[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep them."""
        if record.getMessage() == "listening":
            self.details.append(record.details)  # type: ignore[attr-defined]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Whatever else has been done to logging meanwhile."""
    logger, handler = logging.getLogger("sidecar.transport.server"), Lines()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_auto_is_native_where_that_is_possible(lines: Lines) -> None:
    """By TCP on loopback and by Unix socket; the log and the status say which has what."""
    with serving(listen=["127.0.0.1:0,transport=grpcio"]) as served:
        told = transports(served)

    assert ["native", "native", "grpcio"] == told == [line["transport"] for line in lines.details]
    assert [] == [line for line in lines.details if "not_native" in line]


def test_auto_is_grpcio_where_it_must_be_and_says_why(monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    """Without the extra everything works all the same."""
    no_extra(monkeypatch)
    with serving(clock=FixedClock()) as served, calling(served) as caller:
        told, reason = transports(served), caller.reason(question())

    assert (["grpcio", "grpcio"], "CONSENT_UNKNOWN") == (told, reason)
    assert ["it needs the extra `native`: pip install 'consent-sidecar[native]'"] * 2 == [
        line["not_native"] for line in lines.details
    ]


def test_native_where_it_cannot_be_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which names the setting and what to do; what was bound before is let go of."""
    no_extra(monkeypatch)
    first = tmp_path / "first.sock"
    sidecar = build(
        load(flags=flags(tmp_path, server__listen=[f"unix:{first}", "127.0.0.1:0,transport=native"])),
    )
    with pytest.raises(ConfigError, match=r"`server.listen`: `127.0.0.1:0,transport=native`.*pip install"):
        sidecar.start()

    assert not first.exists()


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_a_socket_file_has_the_mode_that_was_asked_for(
    fronts: Callable[[Listener], Front], tmp_path: Path, mode: int
) -> None:
    """Whatever the process's mask is, which is left as it was."""
    path = tmp_path / "s.sock"
    before = os.umask(0o027)
    try:
        fronts(Listener(address=f"unix:{path}", mode=mode))
        after = os.umask(0o027)
    finally:
        os.umask(before)

    assert mode == stat.S_IMODE(path.stat().st_mode)
    assert 0o027 == after


def test_a_socket_file_is_private_from_its_first_moment(
    fronts: Callable[[Listener], Front], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made with mode 0600, and only then given its own."""
    modes: list[int] = []
    chmod = Path.chmod

    def looking(path: Path, mode: int) -> None:
        modes.append(stat.S_IMODE(path.stat().st_mode))
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", looking)
    fronts(Listener(address=f"unix:{tmp_path / 's.sock'}", mode=0o666))

    assert [0o600] == modes


def test_a_socket_file_that_nobody_listens_on_is_replaced(fronts: Callable[[Listener], Front], tmp_path: Path) -> None:
    """A process that was killed leaves one behind."""
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    fronts(Listener(address=f"unix:{path}"))
    with socket.socket(socket.AF_UNIX) as caller:
        refused = caller.connect_ex(str(path))

    assert 0 == refused


def test_an_address_that_cannot_be_had_is_an_error(fronts: Callable[[Listener], Front], tmp_path: Path) -> None:
    """In the words that grpcio's listeners have, too."""
    (tmp_path / "file").touch()
    with socket.socket() as port, socket.socket(socket.AF_UNIX) as other:
        port.bind(("127.0.0.1", 0))
        port.listen()
        other.bind(str(tmp_path / "taken"))
        other.listen()
        taken = f"127.0.0.1:{port.getsockname()[1]}"
        wanted = {
            f"unix:{tmp_path / 'taken'}": "is in use; stop what listens there",
            f"unix:{tmp_path / 'file'}": "exists and is no socket",
            f"unix:{tmp_path / 'absent' / 's.sock'}": "No such file or directory",
            taken: "Address already in use; stop what listens there",
        }
        for address, words in wanted.items():
            with pytest.raises(ConfigError, match=words) as caught:
                fronts(Listener(address=address))

            assert "`server.listen`" in str(caught.value)


def test_the_socket_file_is_gone_after_a_stop(tmp_path: Path) -> None:
    """And what is behind it; a new start finds the way free."""
    path = tmp_path / "s.sock"
    behind: list[Path] = []
    for _ in range(2):
        with serving(listen=[f"unix:{path}"]) as served:
            behind += [each._behind._folder for each in served.sidecar._grpc._listening]  # type: ignore[attr-defined]
            modes = {stat.S_IMODE(folder.stat().st_mode) for folder in behind[-3:]}
            with calling(served, f"unix:{path}") as caller:
                caller.check(question())

        assert {0o700} == modes

    assert [] == [gone for gone in (path, *behind) if gone.exists()]


def test_a_folder_for_what_is_behind_that_cannot_be_made_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which says where to put it, or how to do without; nothing stays bound."""
    sidecar = build(load(flags=flags(tmp_path)))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match=r"TMPDIR.*transport=grpcio"):
        sidecar.start()


def test_what_is_behind_knows_who_its_callers_are() -> None:
    """The pin of the listener holds for methods that grpcio answers."""
    with (
        serving(listen=["127.0.0.1:0,service=fraud"]) as served,
        calling(served, served.sidecar.addresses[2]) as caller,
    ):
        item = pb.CheckStreamRequest(request=question())
        (streamed,) = caller.authorization.CheckStream(iter([item]), timeout=5)
        text = ends_with(grpc.StatusCode.PERMISSION_DENIED, lambda: caller.check(question()))

    assert (grpc.StatusCode.PERMISSION_DENIED.value[0], text) == (streamed.error.code, streamed.error.message)


def test_a_call_with_a_deadline_is_denied_before_it_and_one_without_is_held_no_longer() -> None:
    """A revision that does not come: who said how long they wait is told in time why not."""
    with serving(clock=FixedClock(), settings={"limits.park_seconds": 60}) as served, calling(served) as caller:
        later = question(at_least_as_fresh=_future(served))
        response = caller.check(later, timeout=0.5)

    assert pb.CheckResponse is type(response)
    assert 1 == len(response.results)


def test_parked_calls_hold_up_nobody() -> None:
    """Not other calls, nor other parked ones: beyond `limits.parked` they are denied at once."""
    settings = {"limits.park_seconds": 60, "limits.parked": 2}
    with serving(clock=FixedClock(), settings=settings) as served, calling(served) as caller:
        later = question(at_least_as_fresh=_future(served))
        parked = [caller.authorization.Check.future(later, timeout=60) for _ in range(2)]
        decider = served.sidecar._grpc.desk.decider
        eventually(lambda: _equal(2, decider.parked))
        third = caller.check(later, timeout=60)
        served_meanwhile = caller.reason(question())
        caller.record("p2", choice("e1", "GIVEN"))  # the revision arrives
        arrived = [call.result(timeout=5).results[0].reason for call in parked]

    assert "CONSENT_UNKNOWN" == served_meanwhile
    assert third.results[0].reason not in arrived


def _future(served: Served) -> str:
    revision = served.sidecar.world.cache.revision()
    return f"{revision.log_id}.{revision.position + 1}"


def _draining(served: Served) -> None:
    assert served.sidecar.lifecycle.drained_within(0)


def _equal(expected: object, actual: object) -> None:
    assert expected == actual


def test_a_stop_answers_what_is_in_flight_then_takes_no_more() -> None:
    """Parked calls end with their deny; one that comes while draining is UNAVAILABLE, in the words of the lifecycle."""
    settings = {"limits.park_seconds": 60}
    with serving(clock=FixedClock(), settings=settings) as served, calling(served) as caller:
        caller.check(question())
        desk = served.sidecar._grpc.desk
        held, holding = threading.Event(), threading.Event()
        wait = desk.wait

        def slow(*asked: Any) -> bytes:
            holding.set()
            response = wait(*asked)
            held.wait(10)
            return response

        desk.wait = slow  # type: ignore[assignment, method-assign]
        in_flight = caller.authorization.Check.future(question(at_least_as_fresh=_future(served)), timeout=30)
        assert holding.wait(5)
        desk.wait = wait  # type: ignore[method-assign]
        with ThreadPoolExecutor(1) as executor:
            stopping = executor.submit(served.sidecar.stop, 20)
            eventually(lambda: _draining(served))
            until, texts = monotonic() + 0.4, set()
            while monotonic() < until:  # it stays there for the one in flight
                texts.add(ends_with(grpc.StatusCode.UNAVAILABLE, lambda: caller.check(question())))
            held.set()
            code = in_flight.code()
            stopping.result(timeout=30)

    assert {"draining: the process is about to stop"} == texts
    assert grpc.StatusCode.OK is code


def test_answers_that_were_given_reach_their_callers_at_a_stop() -> None:
    """Closing cuts nothing that was answered before: many times over, with the stop right behind the answer."""
    lost: list[str] = []
    for _ in range(5):
        with serving(clock=FixedClock()) as served, calling(served) as caller:
            caller.check(question())
            calls = [caller.authorization.Check.future(question(), timeout=10) for _ in range(50)]
            eventually(lambda: _answered(served, 51))
            served.sidecar.stop(5)
            lost += [call.details() for call in calls if call.code() is not grpc.StatusCode.OK]

    assert [] == lost


def _answered(served: Served, number: int) -> None:
    labels = {"method": "Check", "code": "OK"}
    assert number == served.sidecar.registry.get_sample_value("sidecar_calls_total", labels)


def test_a_sidecar_that_is_not_ready_refuses_on_both_ways() -> None:
    """What the front answers, and what is behind it."""
    with serving(clock=FixedClock()) as served, calling(served) as caller:
        served.sidecar.lifecycle._because = "starting: the view of consent is not complete yet"
        texts = {
            ends_with(grpc.StatusCode.UNAVAILABLE, lambda: caller.check(question())),
            ends_with(
                grpc.StatusCode.UNAVAILABLE,
                lambda: list(caller.authorization.CheckStream(iter([pb.CheckStreamRequest(request=question())]))),
            ),
        }

    assert {"starting: the view of consent is not complete yet"} == texts


def test_a_port_is_free_after_a_stop() -> None:
    """Also one that never served."""
    with serving() as served:
        address = served.address
    sidecar = build(load(flags={**_minimal(served), "server.listen": address}))
    sidecar._grpc.bind()
    sidecar.stop(0)

    assert free(address)


def _minimal(served: Served) -> dict[str, Any]:
    config = served.sidecar.config
    config.data.dir.mkdir(parents=True, exist_ok=True)
    return {"bundle.path": config.bundle.path, "data.dir": config.data.dir, "http.address": "off"}


def test_a_slow_reader_behind_a_native_listener_is_cut(tmp_path: Path) -> None:
    """Only once 4 MiB lie in the front, but with the same words; others are served meanwhile."""
    with consumers(tmp_path, transport="native", watch_stall_seconds=0.1, watches=1) as feed:
        import_much(feed)
        with reading_slowly(feed) as slow:
            next(slow)
            eventually(lambda: none_open_once_cut(feed), within_seconds=20)
            served_meanwhile = feed.caller.reason(question("somebody else"))
            text = ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: list(slow))

    assert "after_revision" in text
    assert "CONSENT_UNKNOWN" == served_meanwhile


_THEN: Final = Timestamp(seconds=1_700_000_000)


def import_much(feed: Consumers) -> None:
    """More than fits into the buffers between: some 6 MB."""
    scopes = [
        consent_pb2.Scope(recipients=["*"], channels=[channel], categories=[category])
        for channel in ("email", "sms", "phone", "push")
        for category in ("user.contact.email", "user.content", "user.device", "user.financial")
    ]
    choices = [consent_pb2.Choice(kind="CHOICE_KIND_WITHDRAWN", scope=scope) for scope in scopes]
    submission = consent_pb2.Submission(choices=choices)
    event = consent_pb2.Event(id="e" * 100, occurred_at=_THEN, submission=submission)
    lines = [consent_pb2.ImportLine(line=n + 1, subject=f"p{n}", event=event) for n in range(2_000)]
    requests = (consent_pb2.ImportEventsRequest(lines=lines[n : n + 20]) for n in range(0, len(lines), 20))
    for response in feed.caller.consent.ImportEvents(requests, metadata=feed.caller.operator, timeout=60):
        assert [] == list(response.rejections)


def test_half_sent_messages_take_no_more_than_is_stated() -> None:
    """As many as one connection may have: others are served, and all of it is given back (ADR 34)."""
    head, part = b"\0" + (65_536).to_bytes(4, "big"), b"x" * 60_000
    with serving(clock=FixedClock()) as served, calling(served) as caller:
        caller.check(question())
        before = resident_bytes()
        with Connection(served.address) as connection:
            connection.read(0.1)
            for _ in range(front.STREAMS):
                connection.data(connection.call(CHECK), head + part, end=False)
            reason = caller.reason(question())
            grown = resident_bytes() - before
            one_more = connection.call(CHECK)
            reply = connection.reply(one_more)

    assert "CONSENT_UNKNOWN" == reason
    assert grown < 64 * 2**20
    assert "reset 7" == reply.outcome  # REFUSED_STREAM: a proper client has further calls wait


def resident_bytes() -> int:
    """What this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
