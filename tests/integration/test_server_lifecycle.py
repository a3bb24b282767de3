"""Starting and stopping: what is refused, what is kept, and that nothing is left half-done."""

import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import grpc
import pytest

from sidecar.api.v1 import authorization_pb2 as pb
from sidecar.app import build
from sidecar.cli.demo.bundle import demo_bundle
from sidecar.config import Config, load
from sidecar.consent.ledger import Ledger
from sidecar.errors import BundleError, ConfigError, ConsentLogError
from sidecar.testing import FixedClock, serving
from tests.integration.caller import calling, choice, ends_with, eventually, question
from tests.unit.policy.source.archives import CONTENTS, KEY, OTHER_KEY, archive, digest, public_pem


def flags(folder: Path, **changes: Any) -> dict[str, Any]:
    """Settings of a sidecar in *folder*, without HTTP."""
    return {
        "bundle.path": demo_bundle(),
        "data.dir": folder / "data",
        "server.listen": "127.0.0.1:0",
        "http.address": "off",
        **{key.replace("__", "."): value for key, value in changes.items()},
    }


def free(address: str) -> bool:
    """Whether nobody has *address*."""
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        try:
            probe.bind((host, int(port)))
        except OSError:
            return False
        return True


def test_the_first_start_makes_everything_private(tmp_path: Path) -> None:
    """Folder 0700, every file in it 0600."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as served:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}

    assert 0o700 == stat.S_IMODE((tmp_path / "data").stat().st_mode)
    assert {0o600} == set(modes.values())
    assert {"consent.db", "pseudonym.key", "operator.token"} <= set(modes)
    assert served.token


def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    """Consent, the token and the log are the same; a revision of before can be asked for."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as served, calling(served) as caller:
        token = served.token
        caller.record("p1", choice("e1", "GIVEN"))
        recorded = caller.record("p1", choice("e2", "WITHDRAWN"))
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as served, calling(served) as caller:
        again = served.token
        reason = caller.reason(question("p1", at_least_as_fresh=recorded.revision))

    assert token == again
    assert "CONSENT_WITHDRAWN" == reason


def test_a_taken_port_is_told_and_nothing_stays_open(tmp_path: Path) -> None:
    """The listeners before it are let go, and so is the log."""
    with socket.socket() as taken, socket.socket() as finder:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        finder.bind(("127.0.0.1", 0))
        first = f"127.0.0.1:{finder.getsockname()[1]}"
        finder.close()
        second = f"127.0.0.1:{taken.getsockname()[1]}"
        sidecar = build(load(flags=flags(tmp_path, server__listen=f"{first} {second}")), clock=FixedClock())
        with pytest.raises(ConfigError) as caught:
            sidecar.start()

    assert second in str(caught.value)
    assert free(first)

    build(load(flags=flags(tmp_path)), clock=FixedClock()).stop(0)


def test_a_taken_http_port_is_told_and_nothing_stays_open(tmp_path: Path) -> None:
    """Half a sidecar would be one without probes."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        sidecar = build(load(flags=flags(tmp_path, http__address=address)), clock=FixedClock())
        with pytest.raises(ConfigError, match="--http") as caught:
            sidecar.start()

    assert address in str(caught.value)
    assert free(sidecar.addresses[0])


def test_a_second_sidecar_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Each would serve what the other's subjects withdrew."""
    with serving(data_dir=tmp_path / "data"), pytest.raises(ConsentLogError, match="another process"):
        build(load(flags=flags(tmp_path)))


def test_a_damaged_log_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Starting with an empty view would forget every no."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as served, calling(served) as caller:
        caller.record("p1", choice("e1", "WITHDRAWN"))
    file = tmp_path / "data" / "consent.db"
    file.write_bytes(b"not a database" * 1_000)

    with pytest.raises(ConsentLogError, match="restore it from a backup"):
        build(load(flags=flags(tmp_path)))


def test_a_log_without_its_key_is_refused_and_no_new_key_written(tmp_path: Path) -> None:
    """Under a new key nobody in it would be found, and the new file would be in the way of the old one."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()):
        pass
    key = tmp_path / "data" / "pseudonym.key"
    key.rename(tmp_path / "kept")
    with pytest.raises(ConfigError, match="restore the key"):
        build(load(flags=flags(tmp_path)))

    assert not key.exists()


def test_a_bad_bundle_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """All of its problems are told, and no data folder appears."""
    (tmp_path / "bundle").mkdir()
    with pytest.raises(BundleError):
        build(load(flags=flags(tmp_path, bundle__path=tmp_path / "bundle")))

    assert not (tmp_path / "data").exists()


def test_a_bundle_that_must_be_signed_is_served_only_signed(tmp_path: Path) -> None:
    """A folder, another key's archive and one below the floor are refused; the right one is served by its revision."""
    (tmp_path / "key.pem").write_bytes(public_pem(KEY))
    signed = tmp_path / "bundle.tar.gz"

    def wanted(path: Path) -> Config:
        settings = {"bundle__path": path, "bundle__public_key": tmp_path / "key.pem", "bundle__min_serial": 5}
        return load(flags=flags(tmp_path, **settings))

    codes = []
    for path, data in ((Path("policies"), b""), (signed, archive(serial=5, key=OTHER_KEY)), (signed, archive(key=KEY))):
        signed.write_bytes(data)
        with pytest.raises(BundleError) as caught:
            build(wanted(path))
        codes += [problem.code for problem in caught.value.problems]
    signed.write_bytes(archive(serial=5, key=KEY))
    sidecar = build(wanted(signed))
    sidecar.stop(0)

    assert ["bundle.signature", "bundle.signature", "bundle.serial"] == codes
    assert digest(CONTENTS) == sidecar.world.policies.snapshot.bundle.revision


def test_an_empty_token_file_is_refused_and_the_log_let_go(tmp_path: Path) -> None:
    """It would let everybody in; once mended the same data can be used."""
    (tmp_path / "token").touch()
    with pytest.raises(ConfigError, match=r"token\.file"):
        build(load(flags=flags(tmp_path, token__file=tmp_path / "token")))

    build(load(flags=flags(tmp_path))).stop(0)


def test_the_socket_file_is_gone_after_a_stop(tmp_path: Path) -> None:
    """And a new start finds the way free."""
    path = tmp_path / "s.sock"
    for _ in range(2):
        with serving(listen=[f"unix:{path},mode=0600"]) as served:
            mode = stat.S_IMODE(path.stat().st_mode)
            with calling(served, f"unix:{path}") as caller:
                caller.check(question())

        assert 0o600 == mode
        assert not path.exists()


def test_calls_in_flight_are_finished_and_new_ones_turned_away(tmp_path: Path) -> None:
    """A question that waits for a revision when the stop begins gets its answer; the log is closed only then."""
    with serving(data_dir=tmp_path / "data", clock=FixedClock()) as served, calling(served) as caller:
        revision = served.sidecar.world.cache.revision()
        future = f"{revision.log_id}.{revision.position + 1}"
        answers: list[pb.CheckResponse] = []
        asking = Thread(target=lambda: answers.append(caller.check(question(at_least_as_fresh=future))))
        asking.start()
        decider = served.sidecar._grpc.desk.decider
        eventually(lambda: _is_true(decider.parked == 1))
        began = time.monotonic()
        served.sidecar.stop(10)
        took = time.monotonic() - began
        asking.join(5)
        ends_with(grpc.StatusCode.UNAVAILABLE, lambda: caller.check(question()))

    assert [pb.CheckResponse] == [type(answer) for answer in answers]
    assert took < 5


def _is_true(value: bool) -> None:  # noqa: FBT001 - an assertion as a function
    assert value


def test_idle_streams_do_not_hold_up_a_stop() -> None:
    """They are ended at once; their callers ask again elsewhere."""
    with serving(clock=FixedClock()) as served, calling(served) as caller:
        done = Event()

        def questions() -> Iterator[pb.CheckStreamRequest]:
            yield pb.CheckStreamRequest(request=question())
            done.wait(30)

        stream = caller.authorization.CheckStream(questions(), timeout=30)
        next(stream)
        began = time.monotonic()
        served.sidecar.stop(30)
        took = time.monotonic() - began
        with pytest.raises(grpc.RpcError) as caught:
            next(stream)
        done.set()

    assert caught.value.code() in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
    assert took < 10


def test_the_drain_is_bounded() -> None:
    """A call that does not finish is ended when the time is over."""
    settings = {"limits.park_seconds": 60}
    with serving(clock=FixedClock(), settings=settings) as served, calling(served) as caller:
        # A handler that hears of no drain: it holds its thread until the test lets it go.
        held, holding = Event(), Event()
        world = served.sidecar.world
        age = world.cache.age_ms

        def stuck(ticks: int) -> int:
            holding.set()
            held.wait(30)
            return age(ticks)

        world.cache.age_ms = stuck  # type: ignore[method-assign]
        call = caller.authorization.Check.future(question(), timeout=30)
        assert holding.wait(5)
        world.cache.age_ms = age  # type: ignore[method-assign]
        began = time.monotonic()
        served.sidecar.stop(0.2)
        took = time.monotonic() - began
        held.set()

    assert call.code() is not grpc.StatusCode.OK
    assert took < 10


def test_old_erasures_are_forgotten_at_the_start(tmp_path: Path) -> None:
    """Once they are older than what is configured; the process that answers has forgotten them too."""
    clock = FixedClock()
    with serving(clock=clock, data_dir=tmp_path) as served:
        served.ledger.erase("ada", "e1")
        served.ledger.erase("bob", "e1")  # the last entry stays
    clock.advance(41 * 86_400)
    with serving(clock=clock, data_dir=tmp_path, settings={"consent.tombstone_days": 40}) as served:
        ledger = served.ledger
        eventually(lambda: _has_history(ledger, "ada", entries=0))

        assert 1 == len(ledger.history("bob", after=0, limit=9))


def _has_history(ledger: Ledger, subject: str, *, entries: int) -> None:
    assert entries == len(ledger.history(subject, after=0, limit=9))
