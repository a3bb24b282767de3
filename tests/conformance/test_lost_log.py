"""A shared log that is not the one any more that was followed is lost, and only what descends from it is taken up."""

import subprocess
from pathlib import Path

import pytest

from sidecar.config import Nats
from sidecar.consent.nats.log import NatsLog
from sidecar.errors import ConsentLogError, LogLostError
from tests.conformance.backends import ADA, BOB, append
from tests.nats_log import PSEUDONYMS, eventually, followed, init, opened, request
from tests.nats_server import NatsServer
from tests.unit.consent.desk import no, yes

pytestmark = pytest.mark.nats


def test_a_log_that_was_deleted_is_lost(log: NatsLog, settings: Nats) -> None:
    """Not empty, and not silence; nor can it be read or written, or made again by itself."""
    append(log, ADA, yes("a"))
    with followed(log) as reader:
        reader.reach(log.last_position())
        request(log, f"STREAM.DELETE.{settings.stream}")
        said = reader.lose()

    assert "deleted" in said
    assert "sidecar consent restore" in said
    with pytest.raises(LogLostError):
        log.ping()
    for call in (lambda: log.head(ADA), lambda: append(log, BOB, yes("b")), log.beat, lambda: list(log.heads())):
        with pytest.raises(ConsentLogError):
            call()
    with pytest.raises(ConsentLogError, match="sidecar consent init"):
        NatsLog.open(settings, PSEUDONYMS)


def test_a_log_that_was_made_anew_is_lost(log: NatsLog, settings: Nats) -> None:
    """Its followers do not go over to it, and nothing of theirs gets into it."""
    append(log, ADA, yes("a"))
    with followed(log) as reader:
        reader.reach(log.last_position())
        request(log, f"STREAM.DELETE.{settings.stream}")
        init(settings)
        said = reader.lose()

    assert "replaced" in said
    for call in (log.ping, lambda: append(log, BOB, yes("b")), log.beat):
        with pytest.raises(ConsentLogError):
            call()
    with pytest.raises(LogLostError):
        log.follow(after=None)
    assert log.renew() is False
    with opened(settings) as other:
        assert () == other.entries(after=0, limit=10)


def test_a_log_that_was_emptied_is_lost(log: NatsLog, settings: Nats) -> None:
    """Its heartbeats would go on; what is appended to it is not acknowledged."""
    append(log, ADA, yes("a"))
    with followed(log) as reader:
        reader.reach(log.last_position())
        request(log, f"STREAM.PURGE.{settings.stream}")
        with pytest.raises(LogLostError, match="emptied"):
            append(log, BOB, yes("b"))
        said = reader.lose()

    assert "emptied" in said
    with pytest.raises(LogLostError):
        log.ping()
    with pytest.raises(ConsentLogError, match="emptied"):
        log.renew()
    with pytest.raises(ConsentLogError, match="emptied"):
        NatsLog.open(settings, PSEUDONYMS)


def test_a_log_whose_beginning_is_gone_is_lost(log: NatsLog, settings: Nats) -> None:
    """Though what it is, and the last entries, are still there."""
    last = append(log, ADA, yes("a"), no("b"))
    with followed(log, last) as reader:
        request(log, f"STREAM.PURGE.{settings.stream}", {"seq": 2})
        said = reader.lose()

    assert "emptied" in said


def test_a_log_that_went_back_is_lost(own: tuple[NatsServer, Nats], tmp_path: Path) -> None:
    """Of a server whose store was put back to an older state nobody learns what was there since."""
    server, settings = own
    store = tmp_path / "nats" / "store"
    with opened(settings) as log, followed(log) as reader:
        append(log, ADA, yes("a"))
        server.kill()
        subprocess.run(["cp", "-r", str(store), str(tmp_path / "older")], check=True)
        server.start()
        reader.reach(eventually(lambda: append(log, ADA, no("b"))))  # type: ignore[arg-type]
        server.kill()
        subprocess.run(["rm", "-r", str(store)], check=True)
        subprocess.run(["mv", str(tmp_path / "older"), str(store)], check=True)
        server.start()
        said = reader.lose()

    assert "ends at" in said


def test_a_log_that_descends_from_the_lost_one_is_taken_up(log: NatsLog, settings: Nats) -> None:
    """A restored one says so; its id is another, and a feed of it starts from the beginning."""
    append(log, ADA, yes("a"))
    before = log.log_id
    assert log.renew() is True  # nothing was lost
    request(log, f"STREAM.DELETE.{settings.stream}")
    with pytest.raises(ConsentLogError):
        log.renew()
    restored = init(settings, descends_from=("0" * 16, before))
    renewed = log.renew()
    position = append(log, BOB, yes("b"))
    with followed(log) as reader:
        reader.reach(position)

    assert (True, restored) == (renewed, log.log_id)
    assert ("0" * 16, before) == log.descends_from
    assert [position] == reader.positions
